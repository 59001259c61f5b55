using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace SynHello.AspNetCore;

/// <summary>
/// Stands in front of everything that acts on a request, and holds for what runs before <see cref="EarlyDataMiddleware"/> does, routing's
/// own short circuits for instance: what may be a replay and is not safe goes no further, and what is safe meets no endpoint that has
/// not opted in.
/// </summary>
internal sealed class EarlyDataGuard(RequestDelegate next, EarlyRequests requests, ILogger logger)
{
    public Task InvokeAsync(HttpContext context) =>
        requests.Options is { } options && EarlyDataRules.MayBeReplay(context) ? JudgeAsync(context, options) : next(context);

    private Task JudgeAsync(HttpContext context, EarlyDataOptions options)
    {
        if (!EarlyDataRules.IsSafe(context))
        {
            Log.TooEarly(logger, context.Request.Method, EarlyDataRules.RemoteEndPoint(context));
            return EarlyDataRules.RefuseAsync(context);
        }

        if (!options.AllowUnprovenAddresses
            && context.Features.Get<ISecureConnectionFeature>() is { IsRemoteAddressProven: false })
        {
            return WaitAsync(context);
        }

        context.Request.Headers[EarlyDataRules.HeaderName] = "1";
        context.Features.Set<IEndpointFeature>(new EarlyEndpointFeature(options.AllowByDefault) { Endpoint = context.GetEndpoint() });
        return next(context);
    }

    /// <summary>Nothing of an application is to take a forged address for the client's.</summary>
    private async Task WaitAsync(HttpContext context)
    {
        try
        {
            await context.WaitForHandshakeAsync(context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or OperationCanceledException)
        {
            context.Abort(); // what was to be answered is over, and has been logged
            return;
        }

        await InvokeAsync(context).ConfigureAwait(false);
    }
}
