namespace SynHello.AspNetCore;

/// <summary>
/// Whether the application says what becomes of early requests, once for a host. While it does not, none is dispatched
/// before the handshake of its connection is complete. Thread-safe.
/// </summary>
internal sealed class EarlyRequests
{
    private volatile EarlyDataOptions? _options;

    /// <summary>Whether <see cref="EarlyDataApplicationBuilderExtensions.UseEarlyData(Microsoft.AspNetCore.Builder.IApplicationBuilder)"/> was called.</summary>
    public bool AreJudged => _options is not null;

    /// <summary>What it was called with; null where it was not.</summary>
    public EarlyDataOptions? Options => _options;

    public void Judge(EarlyDataOptions options) => _options = options;
}
