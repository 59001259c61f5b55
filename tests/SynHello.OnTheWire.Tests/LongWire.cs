using System.Net;
using System.Security.Cryptography;

using SynHello.Capture;
using SynHello.Crypto;
using SynHello.Lab;
using SynHello.Sockets;
using SynHello.Testing;

using Direction = SynHello.Capture.PacketDirection;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// An emulated wire of 20 ms with a network of its own, so that no test sees another one's cookies, and with a record
/// of its packets.
/// </summary>
internal sealed class LongWire : IAsyncDisposable
{
    public const int Port = 443;

    public const string Host = "example.com";
    private static readonly TimeSpan _hung = TimeSpan.FromMinutes(2);
    private static int _networks;

    private readonly PacketRecorder _recorder = new();
    private readonly X509Credential _credential;
    private readonly TestChain _chain = TestCertificates.Shared(CertificateKind.EcdsaP256);

    private LongWire(EmulatedWireOptions options)
    {
        _credential = _chain.ToCredential();
        Wire = EmulatedWire.Start(options);
        Wire.Subscribe(_recorder);
    }

    public EmulatedWire Wire { get; }

    /// <summary>Who the servers are.</summary>
    public TestChain Chain => _chain;

    /// <summary>The chain, as a server shows it.</summary>
    public X509Credential Credential => _credential;

    public IReadOnlyList<WirePacket> Packets => _recorder.Snapshot();

    public static LongWire Start(Action<EmulatedWireOptions>? configure = null)
    {
        var options = new EmulatedWireOptions { OneWayDelay = TimeSpan.FromMilliseconds(10), Network = FreshNetwork() };
        configure?.Invoke(options);
        return new LongWire(options);
    }

    public static IPNetwork FreshNetwork() =>
        new(new IPAddress([10, 120, (byte)Interlocked.Increment(ref _networks), 0]), 24);

    public SecureListener Listen(
        FastOpenMode fastOpen, Action<SecureListenerOptions>? configure = null, int port = Port)
    {
        var options = new SecureListenerOptions
        {
            ListenEndPoint = new IPEndPoint(Wire.LocalAddress, port),
            Credentials = [_credential],
            FastOpen = fastOpen,
            TimeProvider = InertTimers.Instance,
        };
        configure?.Invoke(options);
        return new SecureListener(options);
    }

    /// <summary>
    /// Connects, sends a request, reads the response, and hands over what both ends and the wire say of it.
    /// </summary>
    public async Task<Visit> VisitAsync(
        SecureListener listener,
        FastOpenMode fastOpen,
        Action<SecureClientOptions>? configure = null,
        int requestLength = 200,
        int responseLength = 4000)
    {
        using var timeout = new CancellationTokenSource(_hung);
        byte[] request = RandomNumberGenerator.GetBytes(requestLength);
        byte[] response = RandomNumberGenerator.GetBytes(responseLength);
        Task<HandshakeReport> serving = ServeAsync(listener, request, response, timeout.Token);

        await using SecureStream stream = await CreateClient(fastOpen, configure)
            .ConnectAsync(new IPEndPoint(Wire.RemoteAddress, listener.LocalEndPoint.Port), Host, timeout.Token);
        await stream.WriteAsync(request, timeout.Token);
        byte[] received = new byte[responseLength];
        await stream.ReadExactlyAsync(received, timeout.Token);
        Assert.Equal(response, received);
        await stream.ShutdownAsync(timeout.Token);
        HandshakeReport server = await serving;
        return new Visit(stream.Report, server, PacketsOf(((IPEndPoint)stream.LocalEndPoint!).Port));
    }

    /// <summary>
    /// Connects with a client that may have been here before, sends the request early if that can be, reads the response,
    /// and hands over what both ends and the wire say of it. The server answers a request as soon as it has it.
    /// </summary>
    public async Task<Visit> ReturnAsync(
        SecureListener listener, SecureClient client, int requestLength = 200, int responseLength = 4000)
    {
        using var timeout = new CancellationTokenSource(_hung);
        byte[] request = RandomNumberGenerator.GetBytes(requestLength);
        byte[] response = RandomNumberGenerator.GetBytes(responseLength);
        Task<HandshakeReport> serving = ServeAsync(listener, request, response, timeout.Token);

        await using SecureStream stream = await client.ConnectAsync(
            new IPEndPoint(Wire.RemoteAddress, listener.LocalEndPoint.Port), Host, request, timeout.Token);
        byte[] received = new byte[responseLength];
        await stream.ReadExactlyAsync(received, timeout.Token);
        Assert.Equal(response, received);
        await stream.ShutdownAsync(timeout.Token);
        HandshakeReport server = await serving;
        return new Visit(stream.Report, server, PacketsOf(((IPEndPoint)stream.LocalEndPoint!).Port));
    }

    public SecureClient CreateClient(FastOpenMode fastOpen, Action<SecureClientOptions>? configure = null)
    {
        var options = new SecureClientOptions
        {
            FastOpen = fastOpen,
            TrustedRoots = [_chain.Root],
            TimeProvider = InertTimers.Instance,
        };
        configure?.Invoke(options);
        return new SecureClient(options);
    }

    public async ValueTask DisposeAsync()
    {
        await Wire.DisposeAsync();
        _credential.Dispose();
    }

    private static async Task<HandshakeReport> ServeAsync(
        SecureListener listener, byte[] request, byte[] response, CancellationToken cancellationToken)
    {
        await using SecureStream stream = await listener.AcceptAsync(cancellationToken);

        byte[] received = new byte[request.Length];
        int early = 0;
        while (early < received.Length
            && await stream.ReadEarlyDataAsync(received.AsMemory(early), cancellationToken) is int count and > 0)
            early += count;
        await stream.ReadExactlyAsync(received.AsMemory(early), cancellationToken);
        Assert.Equal(request, received);
        await stream.WriteAsync(response, cancellationToken);
        Assert.Equal(0, await stream.ReadAsync(received, cancellationToken));
        return stream.Report;
    }

    /// <summary>The packets of each connection that was tried, in the order in which they were.</summary>
    public IReadOnlyList<IGrouping<int, WirePacket>> Connections =>
        [.. Packets.GroupBy(packet => packet.ClientPort())];

    /// <summary>Waits until a packet is on the wire, or was.</summary>
    public async Task<WirePacket> PacketAsync(Func<WirePacket, bool> condition)
    {
        using var timeout = new CancellationTokenSource(_hung);
        while (true)
        {
            foreach (WirePacket packet in Packets)
            {
                if (condition(packet))
                    return packet;
            }

            await Task.Delay(10, timeout.Token);
        }
    }

    /// <summary>What crossed the wire on one connection.</summary>
    public RoundTripLedger LedgerOf(int clientPort, RoundTripLedgerOptions? options = null) =>
        RoundTripLedger.Read(PacketsOf(clientPort), options);

    // The packets show the client's view in both directions.
    private List<CapturedPacket> PacketsOf(int clientPort) =>
    [
        .. Packets
            .Where(packet => packet.ClientPort() == clientPort)
            .Select(packet => new CapturedPacket(
                packet.SentAt,
                packet.DeliveredAt,
                packet.Direction == Lab.PacketDirection.ClientToServer
                    ? Direction.ClientToServer
                    : Direction.ServerToClient,
                packet.Bytes)),
    ];
}
