using System.Net;
using System.Net.Sockets;

namespace SynHello.Http.Tests;

/// <summary>
/// Stands between clients and a server under the same name, and looks at what each client sends before the server's first byte.
/// </summary>
internal sealed class FirstFlightRelay : IDisposable
{
    public const byte Handshake = 22;
    public const byte ApplicationData = 23;

    private const int PreSharedKey = 41;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<byte> _firstFlight = [];
    private readonly int _server;
    private int _resumptions;

    public FirstFlightRelay(int server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The server's address through the relay.</summary>
    public Uri Uri => new($"https://{WebServer.Host}:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>The content types of the records of all first flights.</summary>
    public IReadOnlyList<byte> FirstFlight
    {
        get
        {
            lock (_firstFlight)
                return [.. _firstFlight];
        }
    }

    /// <summary>How many ClientHellos offered a session.</summary>
    public int Resumptions => Volatile.Read(ref _resumptions);

    /// <summary>Forgets what there was so far.</summary>
    public void Forget()
    {
        lock (_firstFlight)
            _firstFlight.Clear();
        Volatile.Write(ref _resumptions, 0);
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = RelayAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed of.
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using (client)
        using (var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
        {
            try
            {
                client.NoDelay = true;
                byte[] flight = new byte[16_384];
                int length = await client.ReceiveAsync(flight);
                Note(flight.AsSpan(0, length));
                await server.ConnectAsync(IPAddress.Loopback, _server);
                await server.SendAsync(flight.AsMemory(0, length));
                await Task.WhenAll(PumpAsync(client, server), PumpAsync(server, client));
            }
            catch (SocketException)
            {
                // How they end is their business.
            }
        }
    }

    private void Note(ReadOnlySpan<byte> flight)
    {
        // pre_shared_key is the last extension (RFC 8446 section 4.2.11): behind its type the rest of the record.
        int hello = 5 + (flight[3] << 8) + flight[4];
        for (int i = 0; i + 4 <= hello; i++)
        {
            if (flight[i] == 0 && flight[i + 1] == PreSharedKey && i + 4 + (flight[i + 2] << 8) + flight[i + 3] == hello)
            {
                Interlocked.Increment(ref _resumptions);
                break;
            }
        }

        lock (_firstFlight)
        {
            while (flight.Length >= 5)
            {
                _firstFlight.Add(flight[0]);
                int record = 5 + (flight[3] << 8) + flight[4];
                flight = flight[Math.Min(record, flight.Length)..];
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
