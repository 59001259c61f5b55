using System.Net;
using System.Net.Security;

namespace SynHello.Http;

/// <summary>
/// Gives <see cref="SocketsHttpHandler"/> its connections, which does everything else of HTTP. What is not HTTPS, and what leads
/// to a proxy, is plain TCP, and secured by it where need be. Thread-safe.
/// </summary>
internal sealed class SecureConnector
{
    /// <summary>As many as browsers open connections to a host over HTTP/1.1, and some to spare.</summary>
    private const int TicketRequest = 8;

    /// <summary>The one that is used up, and one more; a server's early answer stands behind them.</summary>
    private const int ResumptionTicketRequest = 2;

    /// <summary>Enough for a burst of connections, each of which brings new ones.</summary>
    private const int SessionsPerOrigin = 64;

    private readonly SecureClient _http11;
    private readonly SecureClient _http2;
    private readonly OriginProtocols _protocols;
    private readonly EarlyRequests _earlyRequests;
    private readonly TimeSpan _connectTimeout;

    /// <exception cref="ArgumentException">An option says what is not allowed.</exception>
    public SecureConnector(SecureClientOptions options, EarlyRequests earlyRequests, TimeSpan connectTimeout)
    {
        SecureClientOptions shared = options.Clone();
        if (shared.AllowResumption)
            shared.SessionStore ??= CreateSessionStore(shared.TimeProvider);
        shared.FastOpenPaths ??= new Sockets.FastOpenPaths(timeProvider: shared.TimeProvider);
        if (shared.TicketRequest is null)
            (shared.TicketRequest, shared.ResumptionTicketRequest) = (TicketRequest, ResumptionTicketRequest);
        shared.ApplicationProtocols = [SslApplicationProtocol.Http11];
        _http11 = new SecureClient(shared);
        shared.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
        _http2 = new SecureClient(shared);
        _protocols = new OriginProtocols(shared.TimeProvider);
        _earlyRequests = earlyRequests;
        _connectTimeout = connectTimeout;
    }

    /// <summary>Room for the sessions of handlers, of which several origins have many at once.</summary>
    public static SessionStore CreateSessionStore(TimeProvider? timeProvider = null) =>
        new MemorySessionStore(4 * MemorySessionStore.DefaultCapacity, SessionsPerOrigin, timeProvider);

    /// <summary>The callback that connects.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        HttpRequestMessage message = context.InitialRequestMessage;
        var request = SecureRequest.Of(message);
        if (Origin.Of(message, request, context.DnsEndPoint) is not { } origin)
            return await Origin.ConnectPlainAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);

        // As SocketsHttpHandler decides it for HTTPS.
        bool offersHttp2 = message.Version.Major >= 2 || message.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher;
        SslApplicationProtocol? known = offersHttp2 ? await FindProtocolAsync(request, origin).ConfigureAwait(false) : null;
        bool isHttp11Enough = !offersHttp2
            || (message.VersionPolicy == HttpVersionPolicy.RequestVersionOrLower && known == SslApplicationProtocol.Http11);
        bool isHttp2 = false;
        Stream connection;
        if (isHttp11Enough)
        {
            connection = await ConnectHttp11Async(request, origin, cancellationToken).ConfigureAwait(false);
            if (!offersHttp2)
                return SecureConnectionToken.ForHttp11(origin, connection);
        }
        else if (known == SslApplicationProtocol.Http2 && request is { MayBeEarly: true })
        {
            connection = Defer(_http2, isHttp2: true, origin);
            isHttp2 = true;
        }
        else
        {
            SecureConnectionToken.PrepareHttp2();
            SecureStream made = await _http2.ConnectAsync(origin.EndPoint, origin.ServerName, cancellationToken).ConfigureAwait(false);
            isHttp2 = made.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;
            _protocols.Set(origin, isHttp2);
            connection = made;
        }

        try
        {
            return await SecureConnectionToken.ForChoiceAsync(origin, connection, isHttp2).ConfigureAwait(false);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The callback that puts the connection in the place of its token.</summary>
    public async ValueTask<Stream> ExchangeTokenAsync(
        SocketsHttpPlaintextStreamFilterContext context, CancellationToken cancellationToken)
    {
        if (context.PlaintextStream is not SecureConnectionToken token)
            return context.PlaintextStream;
        if (token.IsHttp2 == (context.NegotiatedHttpVersion.Major == HttpVersion.Version20.Major))
            return token.Connection;

        // The server took HTTP/2 this time, and the pool has settled on HTTP/1.1 for as long as it lives.
        Origin origin = token.Origin;
        await token.DisposeAsync().ConfigureAwait(false);
        _protocols.Set(origin, isHttp2: false);
        return await ConnectHttp11Async(SecureRequest.Of(context.InitialRequestMessage), origin, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// What the server will choose, as far as that is known. On the first visit after a start it is in the session, if there is one.
    /// </summary>
    private async ValueTask<SslApplicationProtocol?> FindProtocolAsync(SecureRequest? request, Origin origin)
    {
        if (_protocols[origin] is { } known)
            return known;
        return request is { MayBeEarly: true }
            && await _http2.FindSessionProtocolAsync(origin.EndPoint, origin.ServerName).ConfigureAwait(false)
                == SslApplicationProtocol.Http2
            ? SslApplicationProtocol.Http2
            : null;
    }

    private async ValueTask<Stream> ConnectHttp11Async(SecureRequest? request, Origin origin, CancellationToken cancellationToken) =>
        request is { MayBeEarly: true }
            ? Defer(_http11, isHttp2: false, origin)
            : await _http11.ConnectAsync(origin.EndPoint, origin.ServerName, cancellationToken).ConfigureAwait(false);

    private FirstRequestStream Defer(SecureClient client, bool isHttp2, Origin origin) => new(
        client.OpenStream(origin.EndPoint, origin.ServerName), isHttp2, origin, _earlyRequests, _protocols, _connectTimeout);
}
