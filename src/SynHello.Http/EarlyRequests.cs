namespace SynHello.Http;

/// <summary>Which requests of a handler may ride as early data, and which may have. Thread-safe.</summary>
internal sealed class EarlyRequests
{
    private int _barred;
    private int _http2Flights;

    /// <summary>Whether requests may be early that do not say themselves whether they may.</summary>
    public bool AreAllowed { get; set; } = true;

    /// <summary>Whether redirects are followed, which may make a GET of any request.</summary>
    public bool FollowsRedirects { get; set; } = true;

    /// <summary>What has to be kept apart from connections that their first request makes.</summary>
    public DeferredFlights Deferred { get; } = new();

    /// <summary>
    /// Whether a flight of HTTP/2 may be early, as far as its requests go by themselves. Nobody can tell whose they are, so none is
    /// while one is under way that is barred, and looks safe or may come to.
    /// </summary>
    public bool MayHttp2BeEarly => Volatile.Read(ref _barred) == 0;

    /// <summary>Says of a request that is about to be sent whether it may be early.</summary>
    /// <param name="message">The request.</param>
    /// <param name="isRetry">Whether it was early before, and refused.</param>
    public SecureRequest Describe(HttpRequestMessage message, bool isRetry) => new()
    {
        MayBeEarly = !isRetry && HasSafeMethod(message) && IsHeadOnly(message) && IsAllowed(message),
        Uri = message.RequestUri,
        Host = message.Headers.Host,
        EarlyHttp2Flights = Volatile.Read(ref _http2Flights),
    };

    /// <summary>
    /// Bars early flights of HTTP/2 while a request is under way that may not be early and would look as if it might, by itself or once a
    /// redirect has made a GET of it (RFC 9110 section 15.4).
    /// </summary>
    /// <returns>Whether <see cref="Unbar"/> has to be called when it is answered.</returns>
    public bool Bar(HttpRequestMessage message, SecureRequest request)
    {
        if (request.MayBeEarly || (!FollowsRedirects && !HasSafeMethod(message) && IsAllowed(message)))
            return false;
        Interlocked.Increment(ref _barred);
        return true;
    }

    /// <summary>The request is answered.</summary>
    public void Unbar() => Interlocked.Decrement(ref _barred);

    /// <summary>A server has taken a flight of HTTP/2 as early data.</summary>
    public void NoteHttp2Flight() => Interlocked.Increment(ref _http2Flights);

    /// <summary>Whether a request that is answered may have been early.</summary>
    public bool MayHaveBeenEarly(SecureRequest request) =>
        request.MayBeEarly && (request.EarlyAt is not null || request.EarlyHttp2Flights != Volatile.Read(ref _http2Flights));

    /// <summary>RFC 9110 section 9.2.1. TRACE is left out: nobody wants it early.</summary>
    private static bool HasSafeMethod(HttpRequestMessage message) =>
        message.Method == HttpMethod.Get || message.Method == HttpMethod.Head || message.Method == HttpMethod.Options;

    private static bool IsHeadOnly(HttpRequestMessage message) =>
        message.Content is null
        && message.Headers.ExpectContinue is not true
        && message.Headers.TransferEncodingChunked is not true
        && message.Headers.Upgrade.Count == 0;

    private bool IsAllowed(HttpRequestMessage message) =>
        message.Options.TryGetValue(SecureHttpRequestOptions.AllowEarlyData, out bool isAllowed) ? isAllowed : AreAllowed;
}
