namespace SynHello.AspNetCore;

/// <summary>
/// What an endpoint says of requests that come as early data; one that says no outweighs all
/// others of the same endpoint, wherever it stands. See
/// <see cref="EarlyDataApplicationBuilderExtensions.UseEarlyData(Microsoft.AspNetCore.Builder.IApplicationBuilder)"/>.
/// </summary>
public interface IEarlyDataMetadata
{
    /// <summary>Whether requests may run that come early: whether it does no harm when they run twice.</summary>
    bool AllowsEarlyData { get; }
}
