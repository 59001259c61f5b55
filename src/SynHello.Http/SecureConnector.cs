using System.Diagnostics;
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

    /// <summary>For servers that have chosen HTTP/1.1 of both.</summary>
    private readonly SecureClient _settledHttp11;
    private readonly OriginProtocols _protocols;
    private readonly EarlyRequests _earlyRequests;
    private readonly TimeSpan _connectTimeout;
    private readonly TimeProvider _timeProvider;
    private readonly Func<Uri, Uri?> _findProxy;

    /// <param name="options">How connections are made.</param>
    /// <param name="earlyRequests">Which requests may be early.</param>
    /// <param name="connectTimeout">How long connecting may take.</param>
    /// <param name="findProxy">The proxy for a URI; null where there is none.</param>
    /// <exception cref="ArgumentException">An option says what is not allowed.</exception>
    public SecureConnector(
        SecureClientOptions options, EarlyRequests earlyRequests, TimeSpan connectTimeout, Func<Uri, Uri?> findProxy)
    {
        SecureClientOptions shared = options.Clone();
        if (shared.AllowResumption)
            shared.SessionStore ??= CreateSessionStore(shared.TimeProvider);
        shared.FastOpenPaths ??= new Sockets.FastOpenPaths(timeProvider: shared.TimeProvider);
        if (shared.TicketRequest is null)
            (shared.TicketRequest, shared.ResumptionTicketRequest) = (TicketRequest, shared.ResumptionTicketRequest ?? ResumptionTicketRequest);
        shared.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
        _http2 = new SecureClient(shared);
        shared.ApplicationProtocols = [SslApplicationProtocol.Http11];
        _http11 = new SecureClient(shared);
        _settledHttp11 = new SecureClient(shared, sharing: _http2);
        _protocols = new OriginProtocols(shared.TimeProvider);
        _earlyRequests = earlyRequests;
        _connectTimeout = connectTimeout;
        _timeProvider = shared.TimeProvider;
        _findProxy = findProxy;
    }

    /// <summary>
    /// Whether Negotiate or NTLM may ask a token of HTTP/1.1 for its channel binding. One that has negotiated that, so that a request
    /// that allows HTTP/2 may be spoken in HTTP/1.1, has another connection's: no binding is better than a false one, so such a request is made
    /// again as one of HTTP/1.1.
    /// </summary>
    public required bool BindsNobody { get; init; }

    /// <summary>One of the clients that connect, for what they have in common.</summary>
    public SecureClient Client => _http2;

    /// <summary>Room for the sessions of handlers, of which several origins have many at once.</summary>
    public static SessionStore CreateSessionStore(TimeProvider? timeProvider = null) =>
        new MemorySessionStore(4 * MemorySessionStore.DefaultCapacity, SessionsPerOrigin, timeProvider);

    /// <summary>Whether a request is to be made as one of HTTP/1.1, because its server has chosen that.</summary>
    public bool IsForHttp11(HttpRequestMessage message, SecureRequest request) =>
        BindsNobody
        && SecureRequest.OffersHttp2(message)
        && SecureRequest.OffersHttp11(message)
        && request.Uri is { IsAbsoluteUri: true } uri
        && _protocols.TryFind(Origin.Of(request, uri), out SslApplicationProtocol? known)
        && known == SslApplicationProtocol.Http11;

    /// <summary>The callback that connects.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        HttpRequestMessage message = context.InitialRequestMessage;
        var request = SecureRequest.Of(message);
        if (Origin.Of(message, request, context.DnsEndPoint, _findProxy) is not { } origin)
            return await Origin.ConnectPlainAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);

        // A connection that a pool makes serves many requests, and is no part of the one that it happens to be made for.
        Activity.Current = null;
        if (!SecureRequest.OffersHttp2(message))
        {
            Stream own = await ConnectHttp11Async(_http11, request, origin, cancellationToken).ConfigureAwait(false);
            return SecureConnectionToken.ForHttp11(origin, own);
        }

        // As SocketsHttpHandler decides it for HTTPS.
        SslApplicationProtocol? known = await FindProtocolAsync(request, origin).ConfigureAwait(false);
        bool isHttp11Enough = SecureRequest.OffersHttp11(message);
        bool isHttp2 = false;
        Stream connection;
        if (isHttp11Enough && known == SslApplicationProtocol.Http11)
        {
            if (BindsNobody)
                throw ToBeMadeAgain(request!);
            connection = await ConnectHttp11Async(_settledHttp11, request, origin, cancellationToken).ConfigureAwait(false);
        }
        else if (known == SslApplicationProtocol.Http2 && TryDeferHttp2(request, origin) is { } deferred)
        {
            connection = deferred;
            isHttp2 = true;
        }
        else
        {
            SecureConnectionToken.PrepareHttp2();
            SecureStream made = await _http2.ConnectAsync(origin.EndPoint, origin.ServerName, cancellationToken).ConfigureAwait(false);
            isHttp2 = made.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;
            _protocols.Set(origin, isHttp2);
            connection = made;
            if (BindsNobody && !isHttp2 && isHttp11Enough)
            {
                await made.DisposeAsync().ConfigureAwait(false);
                throw ToBeMadeAgain(request!);
            }
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
            return new ExchangeStream(token.Connection);

        // The server took HTTP/2 this time, and the pool has settled on HTTP/1.1 for as long as it lives.
        Origin origin = token.Origin;
        await token.DisposeAsync().ConfigureAwait(false);
        _protocols.Set(origin, isHttp2: false);
        Activity.Current = null;
        SecureRequest? request = SecureRequest.Of(context.InitialRequestMessage);
        return new ExchangeStream(await ConnectHttp11Async(_http11, request, origin, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// What the server will choose, as far as that is known. On the first visit after a start it is in the session, if there is one.
    /// </summary>
    private async ValueTask<SslApplicationProtocol?> FindProtocolAsync(SecureRequest? request, Origin origin)
    {
        if (_protocols.TryFind(origin, out SslApplicationProtocol? known))
            return known;
        if (request?.MayBeEarlyTo(origin) != true
            || await _http2.FindSessionProtocolAsync(origin.EndPoint, origin.ServerName).ConfigureAwait(false) is not { } last)
        {
            return null;
        }

        // From now on, so that a server that has learned HTTP/2 meanwhile is asked in a while. One without ALPN speaks HTTP/1.1.
        if (last != SslApplicationProtocol.Http2)
            _protocols.Set(origin, isHttp2: false);
        return last == SslApplicationProtocol.Http2 ? last : SslApplicationProtocol.Http11;
    }

    private static HttpRequestException ToBeMadeAgain(SecureRequest request)
    {
        request.IsForHttp11 = true;
        return new HttpRequestException(HttpRequestError.VersionNegotiationError, "The server has chosen HTTP/1.1.");
    }

    private async ValueTask<Stream> ConnectHttp11Async(
        SecureClient client, SecureRequest? request, Origin origin, CancellationToken cancellationToken) =>
        request?.MayBeEarlyTo(origin) == true
            ? Defer(client, isHttp2: false, origin)
            : await client.ConnectAsync(origin.EndPoint, origin.ServerName, cancellationToken).ConfigureAwait(false);

    private FirstRequestStream? TryDeferHttp2(SecureRequest? request, Origin origin)
    {
        if (request?.MayBeEarlyTo(origin) != true || !_earlyRequests.Deferred.TryBegin(origin.Host, origin.Port))
            return null;
        FirstRequestStream stream = Defer(_http2, isHttp2: true, origin);
        _ = EndWhenDecidedAsync();
        return stream;

        async Task EndWhenDecidedAsync()
        {
            await stream.Decided.ConfigureAwait(false);
            _earlyRequests.Deferred.End(origin.Host, origin.Port);
        }
    }

    private FirstRequestStream Defer(SecureClient client, bool isHttp2, Origin origin) => new(
        client.OpenStream(origin.EndPoint, origin.ServerName, firstWriteIsReplaySafe: false, demandsProtocol: isHttp2),
        isHttp2,
        origin,
        _earlyRequests,
        _protocols,
        _connectTimeout,
        _timeProvider);
}
