using System.Net;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SynHello.AspNetCore;

/// <summary>Requests that came as TLS early data (RFC 8470).</summary>
public static class EarlyDataApplicationBuilderExtensions
{
    private const string HeaderName = "Early-Data";

    /// <summary>RFC 8470 section 5.2.</summary>
    private const int TooEarly = 425;

    /// <summary>
    /// Takes requests that come as early data at once, before the handshake is complete: answers those that may not
    /// come early with 425 (Too Early), and marks those that may with the header <c>Early-Data: 1</c>. Belongs in
    /// front of everything that acts on a request. Without it an early request waits until the handshake is complete,
    /// which costs the round trip that early data was to save and nothing else.
    /// </summary>
    /// <remarks>
    /// A request is early as long as the handshake of its connection is not complete when it gets here: whoever has
    /// recorded it may have sent it, and a client may send it again (RFC 8446 section 8). Only GET, HEAD and OPTIONS
    /// without a body or an upgrade pass then; what they do has to be harmless when it is done twice. That is the
    /// application's to know: for one of them that has effects, or costs much, it answers 425 itself (RFC 8470 section
    /// 5.2), or waits for <see cref="ISecureConnectionFeature.HandshakeCompleted"/> before it acts; from then on the
    /// request is no replay, though its client may still have sent it once more.
    /// <para>A request that carries the header already, from a gateway that took it early, is treated in the same way
    /// and handed on with the value 1, whatever it was (RFC 8470 section 5.1), except that waiting here would not help
    /// it: the handshake that counts is the gateway's. Nothing that a client sends makes an early request pass for
    /// another.</para>
    /// </remarks>
    /// <param name="application">The application.</param>
    /// <returns>The same application.</returns>
    public static IApplicationBuilder UseEarlyData(this IApplicationBuilder application)
    {
        ArgumentNullException.ThrowIfNull(application);
        application.ApplicationServices.GetService<EarlyRequests>()?.Judge();
        ILogger logger = (application.ApplicationServices.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance)
            .CreateLogger("SynHello.AspNetCore.EarlyData");
        return application.Use((context, next) => InvokeAsync(context, next, logger));
    }

    private static Task InvokeAsync(HttpContext context, RequestDelegate next, ILogger logger)
    {
        IHeaderDictionary headers = context.Request.Headers;
        bool isEarly = context.Features.Get<ISecureConnectionFeature>() is { IsHandshakeComplete: false };
        if (!isEarly && !headers.ContainsKey(HeaderName))
            return next(context);
        if (!IsSafe(context))
        {
            Log.TooEarly(logger, context.Request.Method, RemoteEndPoint(context));
            return RefuseAsync(context);
        }

        Log.Early(logger, context.Request.Method, RemoteEndPoint(context));
        headers[HeaderName] = "1";
        return next(context);
    }

    private static IPEndPoint? RemoteEndPoint(HttpContext context) =>
        context.Connection is { RemoteIpAddress: { } address, RemotePort: var port }
            ? new IPEndPoint(address, port)
            : null;

    /// <summary>
    /// RFC 8470 section 4: methods that are safe (RFC 9110 section 9.2.1), and nothing but the head. What an upgrade
    /// begins, a WebSocket for instance, is more than the head.
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
        return context.Response.WriteAsync(Text);
    }
}
