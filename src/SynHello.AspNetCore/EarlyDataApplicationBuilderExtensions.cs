using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SynHello.AspNetCore;

/// <summary>Requests that came as TLS early data (RFC 8470).</summary>
public static class EarlyDataApplicationBuilderExtensions
{
    private const string HeaderName = "Early-Data";

    /// <summary>RFC 8470 section 5.2.</summary>
    private const int TooEarly = 425;

    /// <summary>
    /// Answers requests that may not come early with 425 (Too Early), and marks those that may with the header
    /// <c>Early-Data: 1</c>. Belongs in front of everything that acts on a request.
    /// </summary>
    /// <remarks>
    /// A request is early as long as the handshake of its connection is not complete: whoever has recorded it may have sent
    /// it, and a client may send it again (RFC 8446 section 8). Only GET, HEAD and OPTIONS without a body pass then; what
    /// they do has to be harmless when it is done twice. An application that cannot be sure of that for one of them waits
    /// for <see cref="ISecureConnectionFeature.HandshakeCompleted"/>, or answers 425 itself. A request that a gateway has
    /// marked already is treated in the same way, except that waiting here would not help it.
    /// </remarks>
    /// <param name="application">The application.</param>
    /// <returns>The same application.</returns>
    public static IApplicationBuilder UseEarlyData(this IApplicationBuilder application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return application.Use(InvokeAsync);
    }

    private static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        IHeaderDictionary headers = context.Request.Headers;
        bool isEarly = context.Features.Get<ISecureConnectionFeature>() is { IsHandshakeComplete: false };
        if (!isEarly && !headers.ContainsKey(HeaderName))
            return next(context);
        if (!IsSafe(context))
            return RefuseAsync(context);
        if (isEarly)
            headers[HeaderName] = "1";
        return next(context);
    }

    /// <summary>RFC 8470 section 4: methods that are safe (RFC 9110 section 9.2.1), and nothing but the head.</summary>
    private static bool IsSafe(HttpContext context)
    {
        string method = context.Request.Method;
        return (HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method))
            && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true };
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
