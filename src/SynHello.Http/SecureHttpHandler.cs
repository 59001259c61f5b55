using System.Net;

namespace SynHello.Http;

/// <summary>
/// Sends HTTP requests over SynHello: HTTPS connections are set up in as few round trips as their server allows, and a returning
/// client's GET rides in the SYN. It is a <see cref="SocketsHttpHandler"/> in all that is HTTP (pooling, HTTP/1.1 and HTTP/2,
/// redirects, cookies, decompression, credentials), with connections of a <see cref="SecureClient"/>. What is not HTTPS, and what goes
/// through a proxy, is left to <see cref="SocketsHttpHandler"/> alone. Thread-safe; properties can be set until the first request.
/// </summary>
/// <remarks>
/// A GET, HEAD or OPTIONS without a body that is the first request on a new connection to a server that was visited before leaves with
/// the ClientHello, as early data. That saves a round trip, and has a price: somebody who has recorded it can send it
/// again, which servers stop as well as they can, and it is not forward secret (RFC 8446 section 8, appendix E.5; RFC 8470). No other
/// request ever leaves early. A server that answers 425 (Too Early) is sent the request once more after the handshake, and one that
/// refuses early data has it then too, without the caller noticing. See <see cref="AllowEarlyData"/> and <see
/// cref="SecureHttpRequestOptions.AllowEarlyData"/>.
/// <para>HTTP/2 is spoken where a request asks for it (<see cref="HttpRequestMessage.Version"/>, <see
/// cref="HttpRequestMessage.VersionPolicy"/>) and the server chooses it by ALPN. A request for HTTP/3 that <see
/// cref="SocketsHttpHandler"/> can serve so is served by it, over QUIC.</para>
/// <para>Negotiate and NTLM authenticate without a channel binding: a server that requires one (Extended Protection) refuses them.</para>
/// </remarks>
public sealed partial class SecureHttpHandler : HttpMessageHandler
{
    private const HttpStatusCode TooEarly = (HttpStatusCode)425;

    /// <summary>How long a refusal may take to be read, and how long it may be, before its connection is given up instead.</summary>
    private static readonly TimeSpan s_drainTime = TimeSpan.FromSeconds(2);

    private const int LongestRefusal = 1 << 16;

    private readonly SocketsHttpHandler _inner = new();
    private readonly HttpMessageInvoker _invoker;
    private readonly EarlyRequests _earlyRequests = new();
    private readonly Lock _lock = new();
    private SecureClientOptions _secureOptions = new();
    private RetryMetrics? _metrics;
    private SecureConnector? _connector;
    private volatile bool _isStarted;
    private volatile bool _isDisposed;

    /// <summary>Makes a handler with connections of its own.</summary>
    public SecureHttpHandler() => _invoker = new HttpMessageInvoker(_inner);

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Start();
        return SendAsync(request, isAsync: true, cancellationToken);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Start();
        return SendAsync(request, isAsync: false, cancellationToken).GetAwaiter().GetResult();
    }

    /// <summary>Ends all connections.</summary>
    /// <param name="disposing">Whether the call comes from Dispose.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _invoker.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Reads the options, once.</summary>
    /// <exception cref="ArgumentException">An option says what is not allowed.</exception>
    private void Start()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isStarted)
            return;
        lock (_lock)
        {
            if (_isStarted)
                return;
            SecureClientOptions options = _secureOptions.Clone();
            options.MeterFactory ??= _inner.MeterFactory;
            _metrics = RetryMetrics.Of(options.MeterFactory);
            _earlyRequests.FollowsRedirects = _inner.AllowAutoRedirect;
            _connector = new SecureConnector(options, _earlyRequests, _inner.ConnectTimeout, FindProxy)
            {
                BindsNobody = _inner.Credentials is not null,
            };
            _inner.SslOptions = DotNetTls.Derive(_inner.SslOptions, options, _connector.Client);
            _inner.ConnectCallback = _connector.ConnectAsync;
            _inner.PlaintextStreamFilter = _connector.ExchangeTokenAsync;
            _isStarted = true;
        }
    }

    private void ThrowIfStarted()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isStarted)
            throw new InvalidOperationException("A request was sent already: the handler's properties can no longer be set.");
    }

    /// <summary>The proxy that <see cref="SocketsHttpHandler"/> takes for a URI; null where it takes none.</summary>
    private Uri? FindProxy(Uri uri)
    {
        if (!_inner.UseProxy)
            return null;
        IWebProxy proxy = _inner.Proxy ?? HttpClient.DefaultProxy;
        return proxy.IsBypassed(uri) ? null : proxy.GetProxy(uri);
    }

    /// <summary>Sends a request, and once more where it was too early.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, bool isAsync, CancellationToken cancellationToken)
    {
        SecureRequest request = _earlyRequests.Describe(message, isRetry: false);
        HttpResponseMessage response = await SendOnceAsync(message, request, isAsync, cancellationToken).ConfigureAwait(false);

        // RFC 8470 section 5.2. One that says itself that it came early, at a gateway, is that gateway's client's to repeat.
        if (response.StatusCode != TooEarly
            || !_earlyRequests.MayHaveBeenEarly(request)
            || message.Headers.Contains("Early-Data"))
        {
            return response;
        }

        using (response)
        {
            if (isAsync)
                await DrainAsync(response, cancellationToken).ConfigureAwait(false);
        }

        _metrics!.TooEarly();
        request = _earlyRequests.Describe(message, isRetry: true);
        return await SendOnceAsync(message, request, isAsync, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        HttpRequestMessage message, SecureRequest request, bool isAsync, CancellationToken cancellationToken)
    {
        request.BeginIn(message);
        bool isBarred = _earlyRequests.Bar(message, request);
        try
        {
            if (!isAsync)
                return _invoker.Send(message, cancellationToken);
            if (_connector!.IsForHttp11(message, request))
                FallBackToHttp11(message);
            try
            {
                return await SendAnyAsync(message, request, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException) when (request.IsForHttp11)
            {
                FallBackToHttp11(message);
                return await SendAnyAsync(message, request, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (isBarred)
                _earlyRequests.Unbar();
        }
    }

    /// <summary>As <see cref="SocketsHttpHandler"/> does it where a server demands it.</summary>
    private static void FallBackToHttp11(HttpRequestMessage message)
    {
        message.Version = HttpVersion.Version11;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
    }

    private Task<HttpResponseMessage> SendAnyAsync(HttpRequestMessage message, SecureRequest request, CancellationToken cancellationToken) =>
        request.Uri is { IsAbsoluteUri: true } uri && SecureRequest.OffersHttp2(message) && SecureRequest.HasContentForOnce(message)
            ? SendContentForOnceAsync(message, uri, cancellationToken)
            : _invoker.SendAsync(message, cancellationToken);

    private async Task<HttpResponseMessage> SendContentForOnceAsync(HttpRequestMessage message, Uri uri, CancellationToken cancellationToken)
    {
        await _earlyRequests.Deferred.BeginForOnceAsync(uri.IdnHost, uri.Port, cancellationToken).ConfigureAwait(false);
        try
        {
            return await _invoker.SendAsync(message, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _earlyRequests.Deferred.EndForOnce(uri.IdnHost, uri.Port);
        }
    }

    /// <summary>
    /// Reads a response that nobody wants, so that its connection can be used again; if it is long, or slow, or cut short, another
    /// connection is better.
    /// </summary>
    private async Task DrainAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_drainTime, _secureOptions.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(LongestRefusal, linked.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // Whatever else is wrong with it, its encoding for instance: disposing of the response ends its connection.
        }
    }
}
