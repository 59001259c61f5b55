using System.Diagnostics.CodeAnalysis;

using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SynHello.AspNetCore;

/// <summary>
/// Takes the secure endpoints out of what Kestrel reads of its configuration, before the application has a say: the endpoints and callbacks
/// that it adds to Kestrel's loader are not lost then.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Dependency injection makes it.")]
internal sealed class RemainingEndPoints : IConfigureOptions<KestrelServerOptions>
{
    public static void AddTo(IServiceCollection services)
    {
        if (services.Any(service => !service.IsKeyedService && service.ImplementationType == typeof(RemainingEndPoints)))
            return;

        // What comes first is Kestrel's own, and then the host's defaults, which have Kestrel read its section.
        const int Defaults = 2;
        int place = 0;
        for (int found = 0; place < services.Count && found < Defaults; place++)
        {
            if (services[place].ServiceType == typeof(IConfigureOptions<KestrelServerOptions>))
                found++;
        }

        services.Insert(place, ServiceDescriptor.Singleton<IConfigureOptions<KestrelServerOptions>, RemainingEndPoints>());
    }

    public void Configure(KestrelServerOptions options)
    {
        if (options.ConfigurationLoader is { Configuration: not RemainingConfiguration } loader)
            options.Configure(new RemainingConfiguration(loader.Configuration), reloadOnChange: true);
    }
}
