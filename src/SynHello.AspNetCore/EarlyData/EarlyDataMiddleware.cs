using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SynHello.AspNetCore;

/// <summary>
/// Judges requests that may be replays by their endpoints. See <see cref="EarlyDataApplicationBuilderExtensions"/>.
/// </summary>
internal sealed class EarlyDataMiddleware(RequestDelegate next, EarlyDataOptions options, ILogger logger)
{
    private readonly bool _allowsByDefault = options.AllowByDefault;

    public Task InvokeAsync(HttpContext context)
    {
        if (!EarlyDataRules.MayBeReplay(context))
            return next(context);
        if (!EarlyDataRules.IsAllowed(context.GetEndpoint(), _allowsByDefault) || !EarlyDataRules.IsSafe(context))
        {
            Log.TooEarly(logger, context.Request.Method, EarlyDataRules.RemoteEndPoint(context));
            return EarlyDataRules.RefuseAsync(context);
        }

        Log.Early(logger, context.Request.Method, EarlyDataRules.RemoteEndPoint(context));
        context.Request.Headers[EarlyDataRules.HeaderName] = "1";
        return next(context);
    }
}
