using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

using SynHello.AspNetCore;
using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>The built-in page: it tells visitors how their connection was made.</summary>
internal static class ConnectionPage
{
    public static Task WriteAsync(HttpContext context)
    {
        string method = context.Request.Method;
        if (context.Request.Path != "/" || (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method)))
            return NotFound.WriteAsync(context);

        List<(string Name, string Value)> facts = Facts(context);
        bool html = context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
        string text = html ? Html(facts) : Plain(facts);
        context.Response.ContentType = html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
        context.Response.Headers.Vary = "Accept";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(text);
        return context.Response.WriteAsync(text);
    }

    private static List<(string Name, string Value)> Facts(HttpContext context)
    {
        HandshakeReport report = context.Features.GetRequiredFeature<ISecureConnectionFeature>().Report;
        string early = context.Request.Headers["Early-Data"] == "1" ? "yes (Early-Data: 1)" : "no";
        int roundTrips = report.RoundTripsUntilRequest;
        bool inSyn = report.FastOpen is FastOpenOutcome.Cookie or FastOpenOutcome.Cookieless;
        return
        [
            ("You are", $"{context.Connection.RemoteIpAddress} port {context.Connection.RemotePort}"),
            ("Protocol", $"TLS {report.Version}"),
            ("Cipher", report.CipherSuite.ToString()),
            ("Key exchange", report.Group == default ? "none" : report.Group.ToString()),
            ("Session", report.IsResumed ? "resumed" : "new"),
            ("Signature", report.IsResumed ? "none: the session speaks for the certificate" : report.SignatureScheme.ToString()),
            ("Certificates", report.IsResumed ? "none" : $"{report.CertificateBytes} bytes, of a chain of {report.CertificateChainBytes}"),
            ("Client certificate", Describe(context.Connection.ClientCertificate)),
            ("ALPN", report.ApplicationProtocol == default ? "none" : report.ApplicationProtocol.ToString()),
            ("Fast Open", inSyn ? "the ClientHello rode in the SYN" : "not used: the SYN carried no data"),
            ("Bytes in SYN", $"{report.SynDataBytes}"),
            ("Request came early", early),
            ("Request sent after", roundTrips == 1 ? "1 round trip" : $"{roundTrips} round trips"),
        ];
    }

    /// <summary>A subject is whatever its authority has signed; on this page it is one line.</summary>
    private static string Describe(X509Certificate2? certificate) =>
        certificate is null ? "none" : ErrorLine.OneLine(certificate.Subject);

    private static string Plain(List<(string Name, string Value)> facts)
    {
        var text = new StringBuilder("This is SynHello.\n\n");
        foreach ((string name, string value) in facts)
            text.Append(name).Append(": ").Append(value).Append('\n');
        return text.ToString();
    }

    private static string Html(List<(string Name, string Value)> facts)
    {
        var rows = new StringBuilder();
        foreach ((string name, string value) in facts)
            rows.Append($"<tr><th>{WebUtility.HtmlEncode(name)}</th><td>{WebUtility.HtmlEncode(value)}</td></tr>\n");
        return $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>SynHello</title>
            <style>
            body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
            th { text-align: left; font-weight: 600; padding-right: 2rem; vertical-align: top; }
            </style>
            </head>
            <body>
            <h1>SynHello</h1>
            <p>This is how your connection was made:</p>
            <table>
            {{rows}}</table>
            </body>
            </html>

            """;
    }
}
