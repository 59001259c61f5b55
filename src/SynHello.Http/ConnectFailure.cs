using System.Net.Sockets;
using System.Security.Authentication;

namespace SynHello.Http;

/// <summary>
/// What failed before a request could be sent, as <see cref="SocketsHttpHandler"/> would have said it.
/// </summary>
internal static class ConnectFailure
{
    public static HttpRequestException Wrap(Exception exception, Origin origin) => new(
        ErrorOf(exception), $"{exception.Message} ({origin.Host}:{origin.Port})", exception);

    private static HttpRequestError ErrorOf(Exception exception) => exception switch
    {
        AuthenticationException => HttpRequestError.SecureConnectionError,
        SocketException
        {
            SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery,
        } => HttpRequestError.NameResolutionError,
        _ => HttpRequestError.ConnectionError,
    };
}
