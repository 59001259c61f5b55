using System.Net.Sockets;

using SynHello.Wire;

namespace SynHello.Cli;

/// <summary>Why a request failed, as a sentence for a person.</summary>
internal static class FailureText
{
    public static string Explain(Exception exception, string host, int port)
    {
        // HttpClient wraps what its stream throws, and the stream what the protocol or the socket says: the cause is
        // inside.
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case TlsProtocolException or TimeoutException:
                    return cause.Message;
                case SocketException socket:
                    return Explain(socket, host, port);
            }

            exception = cause;
        }

        return exception.Message;
    }

    private static string Explain(SocketException exception, string host, int port) => exception.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => $"Port {port} of {host} refuses connections.",
        SocketError.HostNotFound or SocketError.NoData => $"The host name {host} has no address.",
        SocketError.TryAgain => $"The host name {host} cannot be resolved at the moment.",
        SocketError.ConnectionReset or SocketError.Shutdown => "The connection was reset.",
        SocketError.TimedOut => $"Port {port} of {host} does not answer.",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable =>
            $"There is no way to {host}: {exception.Message}.",
        _ => $"{exception.Message}.",
    };
}
