using System.Net;
using System.Security.Cryptography;

namespace SynHello.Interop.Tests;

/// <summary>
/// nginx and haproxy with early data. Each answers with one line that says whether the request was early by its own
/// account, and logs one line a request. A server that is started in the same directory takes the tickets of the one
/// before it.
/// </summary>
internal static class EarlyDataWebServer
{
    public static Task<ChildProcess> StartNginxAsync(
        IPEndPoint endPoint, Identity identity, string directory, bool earlyData, string groups, string listen = "") =>
        WebServer.StartNginxAsync(
            endPoint,
            identity,
            directory,
            directives: $"""
                ssl_session_ticket_key {TicketKeyFile(directory, binary: true)};
                ssl_ecdh_curve {groups};
                ssl_early_data {(earlyData ? "on" : "off")};
                default_type text/plain;
                return 200 "path=$request_uri early=$ssl_early_data reused=$ssl_session_reused.\n";
                """,
            log: """
                log_format requests 'request $request_uri early=$ssl_early_data';
                access_log /dev/stdout requests;
                """,
            listen: listen);

    public static async Task<ChildProcess> StartHaproxyAsync(
        IPEndPoint endPoint, Identity identity, string directory, bool earlyData, string groups)
    {
        string certificate = Path.Combine(directory, "server.pem");
        await File.WriteAllTextAsync(
            certificate,
            await File.ReadAllTextAsync(identity.CertificateFile) + "\n" + await File.ReadAllTextAsync(identity.KeyFile));
        string file = Path.Combine(directory, "haproxy.cfg");
        string allow = earlyData ? "allow-0rtt" : "";
        await File.WriteAllTextAsync(file, $$"""
            global
              log stdout format raw local0
            defaults
              mode http
              log global
              timeout client 60s
              timeout server 60s
              timeout connect 60s
            frontend tests
              log-format "request %HU early=%[ssl_fc_has_early]"
              bind {{endPoint}} ssl crt {{certificate}} ssl-min-ver TLSv1.3 tfo curves {{groups}} tls-ticket-keys {{TicketKeyFile(directory, binary: false)}} {{allow}}
              http-request return status 200 content-type text/plain lf-string "path=%[path] early=%[ssl_fc_has_early] reused=%[ssl_fc_is_resumed].\n"

            """);
        var server = ChildProcess.Start("haproxy", "-db", "-f", file);
        await WebServer.WaitAsync(endPoint, server);
        return server;
    }

    /// <summary>How often a server was asked for a path, once it was; it ends the server.</summary>
    public static async Task<int> CountAsync(ChildProcess server, string path)
    {
        await server.WaitForLineAsync(IsLogged);
        server.Terminate();
        await server.ExitAsync();
        return server.Lines.Count(IsLogged);

        bool IsLogged(string line) => line.Contains($"request {path} ", StringComparison.Ordinal);
    }

    // nginx takes 80 bytes as they are, haproxy three lines of base64; the same ones as long as the directory is.
    private static string TicketKeyFile(string directory, bool binary)
    {
        string file = Path.Combine(directory, "ticket.keys");
        if (File.Exists(file))
            return file;
        if (binary)
        {
            File.WriteAllBytes(file, RandomNumberGenerator.GetBytes(80));
        }
        else
        {
            File.WriteAllLines(
                file, Enumerable.Range(0, 3).Select(_ => Convert.ToBase64String(RandomNumberGenerator.GetBytes(80))));
        }

        return file;
    }
}
