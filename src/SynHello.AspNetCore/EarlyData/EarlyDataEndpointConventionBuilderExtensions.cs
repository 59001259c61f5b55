using Microsoft.AspNetCore.Builder;

namespace SynHello.AspNetCore;

/// <summary>Opts endpoints in to early data, and out.</summary>
public static class EarlyDataEndpointConventionBuilderExtensions
{
    private static readonly AllowEarlyDataAttribute _allow = new();
    private static readonly DisallowEarlyDataAttribute _disallow = new();

    /// <summary>As <see cref="AllowEarlyDataAttribute"/>.</summary>
    /// <typeparam name="TBuilder">What builds the endpoints.</typeparam>
    /// <param name="builder">The endpoint, or the group of endpoints.</param>
    /// <returns>The same.</returns>
    public static TBuilder AllowEarlyData<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => Add(builder, _allow);

    /// <summary>As <see cref="DisallowEarlyDataAttribute"/>.</summary>
    /// <typeparam name="TBuilder">What builds the endpoints.</typeparam>
    /// <param name="builder">The endpoint, or the group of endpoints.</param>
    /// <returns>The same.</returns>
    public static TBuilder DisallowEarlyData<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => Add(builder, _disallow);

    private static TBuilder Add<TBuilder>(TBuilder builder, IEarlyDataMetadata metadata)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(endpoint => endpoint.Metadata.Add(metadata));
        return builder;
    }
}
