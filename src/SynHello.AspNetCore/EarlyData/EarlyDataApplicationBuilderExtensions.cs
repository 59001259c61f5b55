using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace SynHello.AspNetCore;

/// <summary>Requests that came as TLS early data (RFC 8470).</summary>
public static class EarlyDataApplicationBuilderExtensions
{
    /// <summary>What UseRouting leaves among the properties.</summary>
    private const string RoutingProperty = "__EndpointRouteBuilder";

    /// <summary>
    /// Takes requests that come as early data at once, before the handshake is complete: those whose endpoint has opted in
    /// (<see cref="AllowEarlyDataAttribute"/>) run, marked with the header <c>Early-Data: 1</c>; all others are answered 425 (Too Early), and
    /// come again. Without it an early request waits until the handshake is complete, which costs the round trip that early data was to save
    /// and nothing else.
    /// </summary>
    /// <remarks>
    /// <para>It belongs behind UseRouting, because it has to know the endpoint, and in front of everything that acts on a request:
    /// authentication, authorization, static files. A WebApplication has UseRouting in front by itself, unless it is called; the authentication
    /// and authorization that it would put there too, where their services are registered and nobody places them, come right behind this.
    /// What stands in front all the same sees of early requests only safe ones, over addresses that are proven
    /// (<see cref="EarlyDataOptions.AllowUnprovenAddresses"/>), and no endpoint that has not opted in: everything else is answered 425
    /// before the first middleware, also where an endpoint would be run by routing itself (ShortCircuit).</para>
    /// <para>A request is early as long as the handshake of its connection is not complete when it gets here: whoever has
    /// recorded it may have sent it, and a client may send it again (RFC 8446 section 8). Only GET, HEAD and OPTIONS
    /// without a body or an upgrade pass then, where the endpoint has said that they do no harm when they run twice; for one of them that
    /// does after all, a handler answers 425 itself (RFC 8470 section 5.2), or waits for
    /// <see cref="EarlyDataHttpContextExtensions.WaitForHandshakeAsync"/> before it acts; from then on the
    /// request is no replay, though its client may still have sent it once more.</para>
    /// <para>A request that carries the header already, from a gateway that took it early, is treated in the same way
    /// and handed on with the value 1, whatever it was (RFC 8470 section 5.1), except that waiting here would not help
    /// it: the handshake that counts is the gateway's. Nothing that a client sends makes an early request pass for
    /// another.</para>
    /// </remarks>
    /// <param name="application">The application. Its <see cref="EarlyDataOptions"/> are those that were configured.</param>
    /// <returns>The same application.</returns>
    /// <exception cref="InvalidOperationException">
    /// It is called on a branch (Map, UseWhen), whose siblings would go unjudged, or behind UseAuthentication, which would act on early requests
    /// first; or, when the application starts, UseRouting comes behind it, so that no endpoint could be known.
    /// </exception>
    public static IApplicationBuilder UseEarlyData(this IApplicationBuilder application)
    {
        ArgumentNullException.ThrowIfNull(application);
        IOptions<EarlyDataOptions>? options = application.ApplicationServices.GetService<IOptions<EarlyDataOptions>>();
        return application.UseEarlyData(options?.Value ?? new EarlyDataOptions());
    }

    /// <summary>As the other, with options of its own.</summary>
    /// <param name="application">The application.</param>
    /// <param name="options">What becomes of early requests; read once.</param>
    /// <returns>The same application.</returns>
    /// <exception cref="InvalidOperationException">
    /// It is called on a branch (Map, UseWhen), whose siblings would go unjudged, or behind UseAuthentication, which would act on early requests
    /// first; or, when the application starts, UseRouting comes behind it, so that no endpoint could be known.
    /// </exception>
    public static IApplicationBuilder UseEarlyData(this IApplicationBuilder application, EarlyDataOptions options)
    {
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(options);
        EarlyRequests? requests = application.ApplicationServices.GetService<EarlyRequests>();
        if (requests is not null && !EarlyDataStartupFilter.IsRoot(application))
        {
            throw new InvalidOperationException(
                "UseEarlyData has to be called on the application itself: on a branch it judges that branch alone, "
                + "and other requests would run early.");
        }

        if (DeferredAuthentication.IsPlaced(application))
        {
            throw new InvalidOperationException(
                "UseEarlyData has to come in front of UseAuthentication: behind it, authentication would act on early requests "
                + "before they are judged.");
        }

        requests?.Judge(options);
        ILogger logger = (application.ApplicationServices.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance)
            .CreateLogger(EarlyDataStartupFilter.LogCategory);
        bool isRouted = application.Properties.ContainsKey(RoutingProperty);
        DeferredAuthentication.Defer(application);
        return application.Use(next =>
        {
            if (!isRouted && application.Properties.ContainsKey(RoutingProperty))
            {
                throw new InvalidOperationException(
                    "UseEarlyData has to come behind UseRouting: in front of it no request has an endpoint that could have opted in.");
            }

            return new EarlyDataMiddleware(DeferredAuthentication.Place(application, next), options, logger).InvokeAsync;
        });
    }
}
