using System.Diagnostics.CodeAnalysis;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace SynHello.AspNetCore;

/// <summary>Puts <see cref="EarlyDataGuard"/> in front of the application, and marks what its branches are told apart from.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Dependency injection makes it.")]
internal sealed class EarlyDataStartupFilter(EarlyRequests requests, ILoggerFactory loggerFactory) : IStartupFilter
{
    public const string LogCategory = "SynHello.AspNetCore.EarlyData";

    private const string RootProperty = "SynHello.AspNetCore.Root";

    /// <summary>Whether all requests come by: not so on a branch, which has a copy of the properties.</summary>
    public static bool IsRoot(IApplicationBuilder application) =>
        application is WebApplication
        || (application.Properties.TryGetValue(RootProperty, out object? root) && ReferenceEquals(root, application));

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next)
    {
        ILogger logger = loggerFactory.CreateLogger(LogCategory);
        return application =>
        {
            application.Properties[RootProperty] = application;
            application.Use(rest => new EarlyDataGuard(rest, requests, logger).InvokeAsync);
            next(application);
        };
    }
}
