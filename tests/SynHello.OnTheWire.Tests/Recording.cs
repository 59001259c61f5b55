using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

using SynHello.Lab;
using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.OnTheWire.Tests;

/// <summary>What an attacker on the path has: the SYN of a returning client, with its ClientHello and its request.</summary>
/// <param name="Syn">The packet.</param>
internal sealed record Recording(WirePacket Syn)
{
    private const int FirstPort = 10_000; // below the ports that the system hands out
    private const int RandomOffset = 11; // behind the headers of record and message, and the version
    private const int RandomLength = 32;

    private static readonly TimeSpan _hung = TimeSpan.FromMinutes(2);

    /// <summary>The SYN's data: the whole first flight.</summary>
    public byte[] Flight => Syn.Payload();

    /// <summary>Tells the ClientHello in a key log.</summary>
    public string ClientRandom => Convert.ToHexStringLower(Flight.AsSpan(RandomOffset, RandomLength));

    /// <summary>
    /// A wire for replays. What this machine does about connections that it did not open would free the attacker's
    /// connections before they are read, so it is dropped.
    /// </summary>
    public static LongWire StartWire(Action<EmulatedWireOptions>? configure = null) => LongWire.Start(options =>
    {
        options.OneWayDelay = TimeSpan.FromMilliseconds(1);
        options.Rule = packet => packet.Direction == PacketDirection.ClientToServer && packet.IsReset()
            ? PacketVerdict.Drop
            : PacketVerdict.Pass;
        configure?.Invoke(options);
    });

    /// <summary>Has a client come twice, the second time with the request in its SYN.</summary>
    public static async Task<Recording> MakeAsync(
        LongWire wire, CountingServer server, byte[] request, FastOpenMode mode = FastOpenMode.Cookieless)
    {
        SecureClient client = wire.CreateClient(mode);
        await VisitAsync(wire, server, client, RandomNumberGenerator.GetBytes(request.Length));
        HandshakeReport report = await VisitAsync(wire, server, client, request);
        Assert.Equal(EarlyDataStatus.Accepted, report.EarlyData);
        Assert.Equal(report.FirstFlightBytes, report.SynDataBytes);
        return LastOn(wire);
    }

    /// <summary>The last SYN with data.</summary>
    public static Recording LastOn(LongWire wire) =>
        new(wire.Packets.Last(packet => packet.IsSyn() && packet.PayloadLength() > 0));

    /// <summary>Has a client come, send a request, early if it can, and read the response.</summary>
    public static async Task<HandshakeReport> VisitAsync(
        LongWire wire, CountingServer server, SecureClient client, byte[] request)
    {
        using var timeout = new CancellationTokenSource(_hung);
        await using SecureStream stream = await client.ConnectAsync(
            new IPEndPoint(wire.Wire.RemoteAddress, server.Listener.LocalEndPoint.Port), LongWire.Host, request, timeout.Token);
        byte[] response = new byte[CountingServer.Response.Length];
        await stream.ReadExactlyAsync(response, timeout.Token);
        return stream.Report;
    }

    /// <summary>Sends the SYN again, from ports of its own, from several threads at once.</summary>
    public Task ReplayAsync(LongWire wire, int count, int threads) =>
        Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
        {
            for (int i = thread; i < count; i += threads)
                Replay(wire, i);
        })));

    /// <summary>Sends the SYN again.</summary>
    /// <param name="wire">The wire.</param>
    /// <param name="number">Tells this copy from the others.</param>
    /// <param name="port">The port of the server that it goes to.</param>
    public void Replay(LongWire wire, int number, int port = LongWire.Port) => wire.Wire.Inject(
        Syn.WithSourcePort(FirstPort + number).WithDestinationPort(port).Bytes.Span, PacketDirection.ClientToServer);

    /// <summary>
    /// Sends the SYN's data over ordinary connections from several threads at once, and waits for an answer on each. The
    /// connections stay open until the result is disposed of.
    /// </summary>
    public async Task<IDisposable> ReplayOverTcpAsync(IPEndPoint server, int count, int threads)
    {
        byte[] flight = Flight;
        var sockets = new OpenSockets();
        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(async () =>
        {
            using var timeout = new CancellationTokenSource(_hung);
            byte[] answer = new byte[100];
            for (int i = thread; i < count; i += threads)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                sockets.Add(socket);
                await socket.ConnectAsync(server, timeout.Token);
                await socket.SendAsync(flight, timeout.Token);
                Assert.NotEqual(0, await socket.ReceiveAsync(answer, timeout.Token));
            }
        })));
        return sockets;
    }

    private sealed class OpenSockets : IDisposable
    {
        private readonly System.Collections.Concurrent.ConcurrentBag<Socket> _sockets = [];

        public void Add(Socket socket) => _sockets.Add(socket);

        public void Dispose()
        {
            foreach (Socket socket in _sockets)
                socket.Dispose();
        }
    }
}
