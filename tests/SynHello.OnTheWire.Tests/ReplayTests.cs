using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;

using SynHello.Capture;
using SynHello.Lab;
using SynHello.Sockets;
using SynHello.Tls;

using PacketDirection = SynHello.Lab.PacketDirection;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// Early data in the SYN, counted from packets, and what somebody gains who sends that SYN again: nothing.
/// </summary>
public sealed class ReplayTests
{
    private const int Threads = 16;
    private const int FirstPort = 10_000; // below those that the system gives out

    /// <summary>
    /// Fewer than the kernel takes from addresses that have not proven themselves (256): above that the copies would
    /// be plain SYNs, and the test would pass for another reason.
    /// </summary>
    private const int Replays = 200;

    private static readonly byte[] _request = [.. Enumerable.Range(0, 300).Select(i => (byte)(i * 7))];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(FastOpenMode.Cookie)]
    [InlineData(FastOpenMode.Cookieless)]
    public async Task EarlyData_RidesInTheSyn(FastOpenMode mode)
    {
        await using var wire = LongWire.Start();
        await using var server = new EarlyServer(wire, mode);
        SecureClient client = wire.CreateClient(mode);
        await VisitAsync(wire, client, server);
        HandshakeReport report = await VisitAsync(wire, client, server);

        RoundTripLedger ledger = LedgerOfLast(wire);
        Assert.Equal((0, 1), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal((0, 1), (report.RoundTripsUntilRequest, report.RoundTripsUntilFirstByte));
        Assert.True(ledger.ClientHelloInSynTaken);
        Assert.Equal(report.FirstFlightBytes, ledger.SynPayloadBytes);
        Assert.Equal((0, _request.Length), (report.SynOverflowBytes, report.EarlyDataBytes));
        Assert.Equal([false, true], server.Early);
    }

    [Fact]
    public async Task EarlyData_OverPlainTcp_SavesOneRoundTrip()
    {
        await using var wire = LongWire.Start();
        await using var server = new EarlyServer(wire, FastOpenMode.Off);
        SecureClient client = wire.CreateClient(FastOpenMode.Off);
        await VisitAsync(wire, client, server);
        HandshakeReport report = await VisitAsync(wire, client, server);

        RoundTripLedger ledger = LedgerOfLast(wire);
        Assert.Equal((1, 2), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal((1, 2), (report.RoundTripsUntilRequest, report.RoundTripsUntilFirstByte));
    }

    /// <summary>What the SYN has no room for comes a round trip later, and is in the report.</summary>
    [Fact]
    public async Task EarlyData_LargerThanTheSyn_IsReported()
    {
        await using var wire = LongWire.Start();
        await using var server = new EarlyServer(wire, FastOpenMode.Cookieless);
        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless);
        await VisitAsync(wire, client, server);
        server.RequestLength = 3000;
        HandshakeReport report = await VisitAsync(wire, client, server, new byte[3000]);

        Assert.Equal(EarlyDataStatus.Accepted, report.EarlyData);
        Assert.Equal(1420, report.SynRoom);
        Assert.Equal(report.FirstFlightBytes - 1420, report.SynOverflowBytes);
        Assert.Equal((1, 2), (report.RoundTripsUntilRequest, report.RoundTripsUntilFirstByte));
        Assert.Equal(1420, LedgerOfLast(wire).SynPayloadBytes);
        Assert.Equal([false, true], server.Early);
    }

    /// <summary>Copies of a recorded SYN from other ports, from 16 threads at once.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RecordedSyn_RunsTheRequestOnce(bool isRegisterSound)
    {
        await using var wire = LongWire.Start(options => options.Rule = DropClientsResets);
        var register = new CountingRegister(isRegisterSound ? null : _ => true);
        await using var server = new EarlyServer(wire, FastOpenMode.Cookieless, register);
        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless);
        await VisitAsync(wire, client, server);
        await VisitAsync(wire, client, server);
        Assert.Equal([false, true], server.Early);
        Assert.Equal(1, register.Asked);

        WirePacket syn = wire.Packets.Last(IsSyn);
        int replays = isRegisterSound ? Replays : 3;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (int i = thread; i < replays; i += Threads)
                wire.Wire.Inject(syn.WithSourcePort(FirstPort + i).Bytes.Span, PacketDirection.ClientToServer);
        })));

        // Every copy has reached the server, and its register.
        await register.WaitForAsync(1 + replays);
        if (isRegisterSound)
        {
            Assert.Equal(1, register.Accepted);
            Assert.Equal([false, true], server.Early);
        }
        else
        {
            // What the register is there for: without it the request runs as often as it is sent.
            await server.WaitForAsync(2 + replays);
        }
    }

    /// <summary>The network delivers each SYN twice: the second copy meets the connection that it belongs to.</summary>
    [Fact]
    public async Task DuplicatedSyn_RunsTheRequestOnce()
    {
        await using var wire = LongWire.Start(options => options.DuplicateSynAfter = TimeSpan.FromMilliseconds(2));
        var register = new CountingRegister();
        await using var server = new EarlyServer(wire, FastOpenMode.Cookieless, register);
        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless);
        await VisitAsync(wire, client, server);
        HandshakeReport report = await VisitAsync(wire, client, server);
        await VisitAsync(wire, client, server);
        Assert.Equal(EarlyDataStatus.Accepted, report.EarlyData);
        Assert.Equal([false, true, true], server.Early);
        Assert.Equal(register.Accepted, server.Early.Count(early => early));
    }

    private static async Task<HandshakeReport> VisitAsync(
        LongWire wire, SecureClient client, EarlyServer server, byte[]? request = null)
    {
        await using SecureStream stream = await client.ConnectAsync(
            new IPEndPoint(wire.Wire.RemoteAddress, server.Port), "example.com", request ?? _request, Cancelled);
        byte[] response = new byte[EarlyServer.ResponseLength];
        await stream.ReadExactlyAsync(response, Cancelled);
        await stream.ShutdownAsync(Cancelled);
        return stream.Report;
    }

    private static RoundTripLedger LedgerOfLast(LongWire wire)
    {
        int port = wire.Packets.Last(IsSyn).ClientPort();
        return RoundTripLedger.Read(
            [
                .. wire.Packets.Where(packet => packet.ClientPort() == port).Select(packet => new CapturedPacket(
                    packet.SentAt,
                    packet.DeliveredAt,
                    packet.Direction == PacketDirection.ClientToServer
                        ? Capture.PacketDirection.ClientToServer
                        : Capture.PacketDirection.ServerToClient,
                    packet.Bytes)),
            ],
            new RoundTripLedgerOptions { MinimumResponseRecordLength = 1000 });
    }

    private static bool IsSyn(WirePacket packet) =>
        packet.Direction == PacketDirection.ClientToServer && (Flags(packet.Bytes.Span) & 0x12) == 0x02;

    /// <summary>
    /// The client's system knows nothing of the copies' ports and resets what answers them; reset children would use up
    /// the server's room for data in SYNs, and the later copies would not be read.
    /// </summary>
    private static PacketVerdict DropClientsResets(WirePacket packet) =>
        packet.Direction == PacketDirection.ClientToServer && (Flags(packet.Bytes.Span) & 0x04) != 0
            ? PacketVerdict.Drop
            : PacketVerdict.Pass;

    private static byte Flags(ReadOnlySpan<byte> ip) => ip[((ip[0] & 0xf) * 4) + 13];

    /// <summary>A register that counts what it is asked.</summary>
    private sealed class CountingRegister(Func<ReadOnlyMemory<byte>, bool>? verdict = null) : ReplayRegister
    {
        private readonly StrikeRegister _inner = new();
        private readonly Channel<bool> _asked = Channel.CreateUnbounded<bool>();
        private int _count;
        private int _accepted;

        public override Guid Scope => _inner.Scope;

        public int Asked => Volatile.Read(ref _count);

        public int Accepted => Volatile.Read(ref _accepted);

        public override async ValueTask<bool> TryRegisterAsync(
            ReadOnlyMemory<byte> identifier, DateTimeOffset freshUntil, CancellationToken cancellationToken = default)
        {
            bool accepts = verdict?.Invoke(identifier) ?? await _inner.TryRegisterAsync(identifier, freshUntil, cancellationToken);
            if (accepts)
                Interlocked.Increment(ref _accepted);
            Interlocked.Increment(ref _count);
            _asked.Writer.TryWrite(accepts);
            return accepts;
        }

        public async Task WaitForAsync(int count)
        {
            while (Asked < count)
                await _asked.Reader.ReadAsync(Cancelled).AsTask().WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
        }
    }

    /// <summary>Answers each request, and notes whether it came early.</summary>
    private sealed class EarlyServer : IAsyncDisposable
    {
        public const int ResponseLength = 2000;

        private readonly SecureListener _listener;
        private readonly ConcurrentQueue<bool> _early = new();
        private readonly Channel<bool> _served = Channel.CreateUnbounded<bool>();
        private readonly Task _serving;

        public EarlyServer(LongWire wire, FastOpenMode mode, ReplayRegister? register = null)
        {
            _listener = wire.Listen(mode, options =>
            {
                options.MaximumEarlyData = 4096;
                options.ReplayRegister = register;
            });
            _serving = Task.Run(ServeAsync);
        }

        public int Port => _listener.LocalEndPoint.Port;

        public int RequestLength { get; set; } = _request.Length;

        /// <summary>For each request that the application was given, whether it came early.</summary>
        public IReadOnlyList<bool> Early => [.. _early];

        public async Task WaitForAsync(int count)
        {
            while (_early.Count < count)
                await _served.Reader.ReadAsync(Cancelled).AsTask().WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
        }

        public async ValueTask DisposeAsync()
        {
            await _listener.DisposeAsync();
            await _serving;
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                    _ = ServeAsync(await _listener.AcceptAsync());
            }
            catch (ObjectDisposedException)
            {
                // The end of the test.
            }
        }

        private async Task ServeAsync(SecureStream stream)
        {
            try
            {
                await using (stream)
                {
                    byte[] request = new byte[RequestLength];
                    int count = 0;
                    while (count < request.Length && await stream.ReadEarlyDataAsync(request.AsMemory(count)) is > 0 and int read)
                        count += read;
                    bool isEarly = count == request.Length;
                    if (!isEarly)
                        await stream.ReadExactlyAsync(request.AsMemory(count));
                    _early.Enqueue(isEarly);
                    _served.Writer.TryWrite(isEarly);
                    await stream.WriteAsync(new byte[ResponseLength]);
                    await stream.CompleteHandshakeAsync();
                    Assert.Equal(0, await stream.ReadAsync(request)); // the client has shut down
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // A copy has nobody who goes on.
            }
        }
    }
}
