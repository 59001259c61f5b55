using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SynHello.Cli;

/// <summary>nginx in the foreground, with one process and nothing but what a handshake needs.</summary>
internal static class NginxConfiguration
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>nginx takes no port 0, so it is given one that was free a moment ago.</summary>
    public static IPEndPoint FreeEndPoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <returns>The file.</returns>
    public static string Write(IdentityFiles identity, IPEndPoint endPoint)
    {
        string file = Path.Combine(identity.Directory, "nginx.conf");
        File.WriteAllText(file, $$"""
            daemon off;
            master_process off;
            worker_processes 1;
            pid {{identity.Directory}}/nginx.pid;
            events { worker_connections 1024; }
            http {
              access_log off;
              client_body_temp_path {{identity.Directory}}/body;
              proxy_temp_path {{identity.Directory}}/proxy;
              fastcgi_temp_path {{identity.Directory}}/fastcgi;
              uwsgi_temp_path {{identity.Directory}}/uwsgi;
              scgi_temp_path {{identity.Directory}}/scgi;
              server {
                listen {{endPoint}} ssl;
                ssl_certificate {{identity.Certificate}};
                ssl_certificate_key {{identity.Key}};
                ssl_protocols TLSv1.3;
                ssl_ecdh_curve X25519;
                ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
                ssl_conf_command NumTickets 0;
                ssl_session_tickets off;
                ssl_session_cache off;
                return 204;
              }
            }
            """);
        return file;
    }

    /// <summary>Waits until it takes connections.</summary>
    /// <exception cref="CommandFailure">It does not.</exception>
    public static async Task WaitAsync(Process process, IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(endPoint, cancellationToken);
                return;
            }
            catch (SocketException exception)
            {
                if (process.HasExited || Stopwatch.GetElapsedTime(start) > Patience)
                    throw new CommandFailure($"the peer did not start on {endPoint}.", exception);
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
        }
    }
}
