using System.Net;
using System.Net.Sockets;

namespace SynHello.Http;

/// <summary>Where connections lead to.</summary>
/// <param name="Host">The host that is dialed: a name in ASCII or an IP address.</param>
/// <param name="Port">The port that is dialed.</param>
/// <param name="ServerName">Whom the certificate has to be for.</param>
internal readonly record struct Origin(string Host, int Port, string ServerName)
{
    /// <summary>What is dialed.</summary>
    public EndPoint EndPoint =>
        IPAddress.TryParse(Host, out IPAddress? address) ? new IPEndPoint(address, Port) : new DnsEndPoint(Host, Port);

    /// <summary>
    /// The origin of a request over a connection of its own; null where the connection is not for HTTPS, or leads to a proxy.
    /// </summary>
    /// <param name="message">The request that the connection is made for.</param>
    /// <param name="request">What is known of it; null where it is a CONNECT for a proxy.</param>
    /// <param name="dialed">What is to be dialed: for a proxy, the proxy.</param>
    /// <param name="findProxy">The proxy for a URI; null where there is none.</param>
    /// <exception cref="HttpRequestException">
    /// Nobody can tell what the connection is for: the request was answered over another one and redirected meanwhile, perhaps more than
    /// once. A connection without TLS of ours could end up among those for HTTPS.
    /// </exception>
    public static Origin? Of(HttpRequestMessage message, SecureRequest? request, DnsEndPoint dialed, Func<Uri, Uri?> findProxy)
    {
        if (request is null)
            return null;
        bool isPlain = true;
        foreach (Uri? known in (ReadOnlySpan<Uri?>)[message.RequestUri, request.Uri])
        {
            if (known is not { IsAbsoluteUri: true } uri)
                continue;
            bool isSecure = uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeWss;
            if (LeadsTo(uri, dialed))
                return isSecure ? Of(request, uri) with { Host = dialed.Host } : null;
            if (findProxy(uri) is { } proxy && LeadsTo(proxy, dialed))
                return null;
            isPlain &= !isSecure;
        }

        return isPlain
            ? null
            : throw new HttpRequestException(
                HttpRequestError.ConnectionError, $"The request that a connection to {dialed.Host}:{dialed.Port} was for is for another host by now.");
    }

    private static bool LeadsTo(Uri uri, DnsEndPoint dialed) =>
        uri.Port == dialed.Port && string.Equals(uri.IdnHost, dialed.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The origin of a request to a URI. As <see cref="SocketsHttpHandler"/> does it, who sets Host wants a certificate for that one.
    /// </summary>
    public static Origin Of(SecureRequest request, Uri uri) =>
        new(uri.IdnHost, uri.Port, request.Host is { Length: > 0 } host ? HostOf(host) : uri.IdnHost);

    /// <summary>The host in a Host header: without its port, and an IPv6 address without its brackets.</summary>
    private static string HostOf(string header)
    {
        if (header.StartsWith('['))
            return header.IndexOf(']', StringComparison.Ordinal) is > 1 and int end ? header[1..end] : header;
        int colon = header.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 ? header[..colon] : header;
    }

    /// <summary>Connects without TLS, as <see cref="SocketsHttpHandler"/> itself does.</summary>
    public static async ValueTask<Stream> ConnectPlainAsync(DnsEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
