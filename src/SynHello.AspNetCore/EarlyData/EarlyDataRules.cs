using System.Net;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SynHello.AspNetCore;

/// <summary>Which requests may run before a replay of them is ruled out, and what the others are answered (RFC 8470).</summary>
internal static class EarlyDataRules
{
    /// <summary>RFC 8470 section 5.1.</summary>
    public const string HeaderName = "Early-Data";

    /// <summary>RFC 8470 section 5.2.</summary>
    private const int TooEarly = 425;

    /// <summary>Takes the place of an endpoint that has not opted in.</summary>
    public static Endpoint TooEarlyEndpoint { get; } = new(RefuseAsync, new EndpointMetadataCollection(), "425 Too Early");

    /// <summary>Whether a request may be a replay: one of a handshake that is not complete, or that a gateway says so of.</summary>
    public static bool MayBeReplay(HttpContext context) =>
        IsBeforeHandshake(context) || context.Request.Headers.ContainsKey(HeaderName);

    /// <summary>
    /// What came early and waited until the handshake was complete is no replay any more (RFC 8470 section 3).
    /// </summary>
    public static bool IsBeforeHandshake(HttpContext context) =>
        context.Features.Get<ISecureConnectionFeature>() is { IsHandshakeComplete: false };

    /// <summary>
    /// RFC 8470 section 4: methods that are safe (RFC 9110 section 9.2.1), and nothing but the head. What an upgrade
    /// begins, a WebSocket for instance, is more than the head; CONNECT is not safe.
    /// </summary>
    public static bool IsSafe(HttpContext context)
    {
        string method = context.Request.Method;
        return (HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method))
            && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }
            && context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true };
    }

    /// <summary>What an endpoint says of early requests: no where anything of its metadata says no, else yes where something says yes.</summary>
    public static bool IsAllowed(Endpoint? endpoint, bool byDefault)
    {
        IReadOnlyList<IEarlyDataMetadata> said = endpoint?.Metadata.GetOrderedMetadata<IEarlyDataMetadata>() ?? [];
        for (int i = 0; i < said.Count; i++)
        {
            if (!said[i].AllowsEarlyData)
                return false;
        }

        return said.Count > 0 || byDefault;
    }

    public static IPEndPoint? RemoteEndPoint(HttpContext context) =>
        context.Connection is { RemoteIpAddress: { } address, RemotePort: var port }
            ? new IPEndPoint(address, port)
            : null;

    public static Task RefuseAsync(HttpContext context)
    {
        const string Text = "Too early: send this request again when the handshake is complete.\n";
        context.Response.StatusCode = TooEarly;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = Text.Length;
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(Text);
    }
}
