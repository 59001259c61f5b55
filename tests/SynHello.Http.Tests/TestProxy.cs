using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SynHello.Http.Tests;

/// <summary>A proxy for CONNECT (RFC 9110 section 9.3.6) and nothing else.</summary>
internal sealed class TestProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<string> _requests = [];

    public TestProxy()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Uri => new($"http://{_listener.LocalEndpoint}/");

    /// <summary>The first line of each request.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed of.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        using (var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
        {
            try
            {
                byte[] buffer = new byte[4096];
                int length = 0;
                while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
                    length += await client.ReceiveAsync(buffer.AsMemory(length));
                string request = Encoding.ASCII.GetString(buffer, 0, length);
                lock (_requests)
                    _requests.Add(request[..request.IndexOf('\r', StringComparison.Ordinal)]);
                string[] authority = request.Split(' ')[1].Split(':');
                await server.ConnectAsync(authority[0], int.Parse(authority[1], System.Globalization.CultureInfo.InvariantCulture));
                await client.SendAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
                await Task.WhenAll(PumpAsync(client, server), PumpAsync(server, client));
            }
            catch (SocketException)
            {
                // How they end is their business.
            }
        }
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[16_384];
        while (await from.ReceiveAsync(buffer) is > 0 and int count)
            await to.SendAsync(buffer.AsMemory(0, count));
        to.Shutdown(SocketShutdown.Send);
    }
}
