namespace SynHello.AspNetCore;

/// <summary>
/// What an endpoint says of requests that come as early data; the last one of its metadata counts. See
/// <see cref="EarlyDataApplicationBuilderExtensions.UseEarlyData(Microsoft.AspNetCore.Builder.IApplicationBuilder)"/>.
/// </summary>
public interface IEarlyDataMetadata
{
    /// <summary>Whether requests may run that come early: whether it does no harm when they run twice.</summary>
    bool AllowsEarlyData { get; }
}
