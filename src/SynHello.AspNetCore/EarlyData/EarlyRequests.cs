namespace SynHello.AspNetCore;

/// <summary>
/// Whether the application says what becomes of early requests, once for a host. While it does not, none is dispatched
/// before the handshake of its connection is complete. Thread-safe.
/// </summary>
internal sealed class EarlyRequests
{
    private volatile bool _areJudged;

    /// <summary>Whether <see cref="EarlyDataApplicationBuilderExtensions.UseEarlyData(Microsoft.AspNetCore.Builder.IApplicationBuilder)"/> was called.</summary>
    public bool AreJudged => _areJudged;

    public void Judge() => _areJudged = true;
}
