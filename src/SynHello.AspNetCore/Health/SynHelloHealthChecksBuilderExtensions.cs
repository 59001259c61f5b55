using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SynHello.AspNetCore;

/// <summary>A health check of the secure endpoints.</summary>
public static class SynHelloHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check of the endpoints that Kestrel serves over SynHello. One that takes no connections any more, or whose certificate has
    /// expired, is a failure. One that takes no data from SYNs although it is asked to, because the system does not allow it or
    /// because it has stepped down under load, is <see cref="HealthStatus.Degraded"/>: everybody is served, a round trip later. The data
    /// of the result says for each address what is in force.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="failureStatus">What is reported of a failure; null means <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">The check's tags; null for none.</param>
    /// <returns>The same health checks.</returns>
    public static IHealthChecksBuilder AddSynHello(
        this IHealthChecksBuilder builder,
        string name = "synhello",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            services => new SecureListenerHealthCheck(
                services.GetService<SecureListeners>(), services.GetService<TimeProvider>() ?? TimeProvider.System),
            failureStatus,
            tags));
    }
}
