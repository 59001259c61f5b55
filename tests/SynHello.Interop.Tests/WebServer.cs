using System.Net;
using System.Net.Sockets;

namespace SynHello.Interop.Tests;

/// <summary>An HTTPS server that nobody here wrote.</summary>
public static class WebServer
{
    /// <summary>openssl s_server with its status page: it takes nothing out of a SYN.</summary>
    public static async Task<ChildProcess> StartOpenSslAsync(
        IPEndPoint endPoint, Identity identity, params string[] options)
    {
        var server = ChildProcess.Start(
            "openssl",
            [
                "s_server", "-accept", $"{endPoint}", "-www",
                "-cert", identity.CertificateFile, "-key", identity.KeyFile, .. options,
            ]);
        await server.WaitForAsync("ACCEPT");
        return server;
    }

    /// <summary>gnutls-serv with its status page: it listens on every address.</summary>
    public static async Task<ChildProcess> StartGnuTlsAsync(int port, Identity identity)
    {
        var server = ChildProcess.Start(
            "gnutls-serv",
            "--port", $"{port}", "--http", "--disable-client-cert",
            "--x509certfile", identity.CertificateFile, "--x509keyfile", identity.KeyFile);
        await WaitAsync(new IPEndPoint(IPAddress.Loopback, port), server);
        return server;
    }

    /// <summary>nginx, which takes a ClientHello out of a SYN that has a cookie.</summary>
    /// <param name="endPoint">Where it listens.</param>
    /// <param name="identity">Its certificate.</param>
    /// <param name="directory">What it serves, and where it keeps its own files.</param>
    /// <param name="directives">More about the server.</param>
    /// <param name="log">What is logged of requests, and how.</param>
    /// <param name="protocols">The versions that it speaks.</param>
    /// <param name="listen">What else is said of its listening socket.</param>
    public static async Task<ChildProcess> StartNginxAsync(
        IPEndPoint endPoint,
        Identity identity,
        string directory,
        string directives = "",
        string log = "access_log off;",
        string protocols = "TLSv1.3",
        string listen = "")
    {
        string file = Path.Combine(directory, "nginx.conf");
        await File.WriteAllTextAsync(file, $$"""
            daemon off;
            master_process off;
            error_log stderr notice;
            pid {{directory}}/nginx.pid;
            events { }
            http {
              {{log}}
              client_body_temp_path {{directory}}/body;
              proxy_temp_path {{directory}}/proxy;
              fastcgi_temp_path {{directory}}/fastcgi;
              uwsgi_temp_path {{directory}}/uwsgi;
              scgi_temp_path {{directory}}/scgi;
              server {
                listen {{endPoint}} ssl {{listen}} fastopen=16;
                ssl_protocols {{protocols}};
                ssl_certificate {{identity.CertificateFile}};
                ssl_certificate_key {{identity.KeyFile}};
                root {{directory}};
                {{directives}}
              }
            }
            """);
        var server = ChildProcess.Start("nginx", "-c", file, "-p", directory, "-e", "stderr");
        await WaitAsync(endPoint, server);
        return server;
    }

    /// <summary>Connects until it works. That tells of TCP alone, and brings no cookie.</summary>
    public static async Task WaitAsync(IPEndPoint endPoint, ChildProcess server)
    {
        using var patience = new CancellationTokenSource(ChildProcess.Patience);
        using var interval = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            try
            {
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await probe.ConnectAsync(endPoint, patience.Token);
                return;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
            {
                Assert.False(patience.IsCancellationRequested, $"The server does not listen:\n{server.Transcript}");
                await interval.WaitForNextTickAsync(patience.Token);
            }
        }
    }
}
