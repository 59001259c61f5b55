using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SynHello.AspNetCore;

/// <summary>
/// Keeps a WebApplication from putting authentication and authorization in front of everything by itself, as it does where their services
/// are registered and nobody has placed them. A handler of authentication may run whole requests, sign-in callbacks for instance, which
/// must not happen before those are judged; so it comes right behind that instead.
/// </summary>
internal static class DeferredAuthentication
{
    /// <summary>What UseAuthentication and UseAuthorization leave among the properties, with the value true.</summary>
    private const string AuthenticationProperty = "__AuthenticationMiddlewareSet", AuthorizationProperty = "__AuthorizationMiddlewareSet";

    /// <summary>Says that they are placed, and that nobody has done it yet.</summary>
    private static readonly object _deferred = new();

    /// <summary>Whether UseAuthentication was called before.</summary>
    public static bool IsPlaced(IApplicationBuilder application) =>
        application.Properties.TryGetValue(AuthenticationProperty, out object? value) && !ReferenceEquals(value, _deferred);

    public static void Defer(IApplicationBuilder application)
    {
        if (application is not WebApplication)
            return; // nobody else does it unasked
        IServiceProviderIsService? services = application.ApplicationServices.GetService<IServiceProviderIsService>();
        if (services?.IsService(typeof(IAuthenticationSchemeProvider)) == true)
            application.Properties.TryAdd(AuthenticationProperty, _deferred);
        if (services?.IsService(typeof(IAuthorizationHandlerProvider)) == true)
            application.Properties.TryAdd(AuthorizationProperty, _deferred);
    }

    /// <summary>Puts what the application has not placed itself in front of the rest of the pipeline; to be called when that is built.</summary>
    public static RequestDelegate Place(IApplicationBuilder application, RequestDelegate next)
    {
        bool authenticates = IsDeferred(application, AuthenticationProperty), authorizes = IsDeferred(application, AuthorizationProperty);
        if (!authenticates && !authorizes)
            return next;
        IApplicationBuilder rest = application.New();
        if (authenticates)
            rest.UseAuthentication();
        if (authorizes)
            rest.UseAuthorization();
        rest.Run(next);
        return rest.Build();
    }

    private static bool IsDeferred(IApplicationBuilder application, string property) =>
        application.Properties.TryGetValue(property, out object? value) && ReferenceEquals(value, _deferred);
}
