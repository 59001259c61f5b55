using System.Net;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace SynHello.AspNetCore;

/// <summary>Judges requests that may be replays. See <see cref="EarlyDataApplicationBuilderExtensions"/>.</summary>
internal sealed class EarlyDataMiddleware(RequestDelegate next, EarlyDataOptions options, ILogger logger)
{
    private const string HeaderName = "Early-Data";

    /// <summary>RFC 8470 section 5.2.</summary>
    private const int TooEarly = 425;

    private readonly bool _allowsByDefault = options.AllowByDefault;

    public Task InvokeAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;

        // What came early and waited until the handshake was complete is no replay any more (RFC 8470 section 3).
        bool isEarly = context.Features.Get<ISecureConnectionFeature>() is { IsHandshakeComplete: false };
        if (!isEarly && !headers.ContainsKey(HeaderName))
            return next(context);
        if (!IsAllowed(context) || !IsSafe(context))
        {
            Log.TooEarly(logger, context.Request.Method, RemoteEndPoint(context));
            return RefuseAsync(context);
        }

        Log.Early(logger, context.Request.Method, RemoteEndPoint(context));
        headers[HeaderName] = "1";
        return next(context);
    }

    private bool IsAllowed(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<IEarlyDataMetadata>()?.AllowsEarlyData ?? _allowsByDefault;

    private static IPEndPoint? RemoteEndPoint(HttpContext context) =>
        context.Connection is { RemoteIpAddress: { } address, RemotePort: var port }
            ? new IPEndPoint(address, port)
            : null;

    /// <summary>
    /// RFC 8470 section 4: methods that are safe (RFC 9110 section 9.2.1), and nothing but the head. What an upgrade
    /// begins, a WebSocket for instance, is more than the head; CONNECT is not safe.
    /// </summary>
    private static bool IsSafe(HttpContext context)
    {
        string method = context.Request.Method;
        return (HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method))
            && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }
            && context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true };
    }

    private static Task RefuseAsync(HttpContext context)
    {
        const string Text = "Too early: send this request again when the handshake is complete.\n";
        context.Response.StatusCode = TooEarly;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = Text.Length;
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(Text);
    }
}
