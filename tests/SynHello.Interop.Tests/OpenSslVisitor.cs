using System.Net;

namespace SynHello.Interop.Tests;

/// <summary>openssl s_client, which comes to an HTTPS server for a ticket, and then with a request as early data.</summary>
public sealed class OpenSslVisitor(IPEndPoint endPoint) : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-visitor-");

    private string Session => Path.Combine(_directory.FullName, "session.pem");

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>Comes for a ticket, which stands in front of the response.</summary>
    /// <param name="path">What it asks for.</param>
    /// <param name="response">A part of the response, which has to come.</param>
    public async Task VisitAsync(string path, string response)
    {
        await using ChildProcess client = Start(endPoint, "-sess_out", Session);
        await client.WriteLineAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r");
        await client.WaitForAsync(response);
        await client.ExitAsync();
    }

    /// <summary>Resumes the session, and asks behind the handshake.</summary>
    public async Task<ChildProcess> StartLateAsync(string head, string body = "")
    {
        ChildProcess client = Start(endPoint, "-sess_in", Session);
        await client.WriteLineAsync(Request(head, body));
        return client;
    }

    /// <summary>Resumes the session, and asks with early data.</summary>
    /// <param name="relay">Where it connects instead.</param>
    /// <param name="head">The request line and headers, each with its end; Host and Connection need not be there.</param>
    /// <param name="body">What follows the head.</param>
    public async Task<ChildProcess> StartEarlyAsync(IPEndPoint relay, string head, string body = "")
    {
        string file = Path.Combine(_directory.FullName, "request");
        await File.WriteAllTextAsync(file, Request(head, body));
        return Start(relay, "-sess_in", Session, "-early_data", file);
    }

    private static string Request(string head, string body)
    {
        string close = head.Contains("Connection:", StringComparison.Ordinal) ? "" : "Connection: close\r\n";
        return $"{head}Host: localhost\r\n{close}\r\n{body}";
    }

    private static ChildProcess Start(IPEndPoint to, params string[] options) => ChildProcess.Start(
        "openssl",
        ["s_client", "-connect", $"{to}", "-servername", "localhost", "-CAfile", Identity.RootFile, .. options]);
}
