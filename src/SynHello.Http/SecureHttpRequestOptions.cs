namespace SynHello.Http;

/// <summary>What a request says to <see cref="SecureHttpHandler"/>, in <see cref="HttpRequestMessage.Options"/>.</summary>
public static class SecureHttpRequestOptions
{
    /// <summary>
    /// Whether this request may ride as early data, in place of <see cref="SecureHttpHandler.AllowEarlyData"/>. It says no for a
    /// GET that must not be made twice, or whose content has to stay secret for years (RFC 8446 section 8, appendix E.5). It
    /// cannot make a request early that is not GET, HEAD or OPTIONS without a body.
    /// </summary>
    public static HttpRequestOptionsKey<bool> AllowEarlyData { get; } = new("SynHello.AllowEarlyData");
}
