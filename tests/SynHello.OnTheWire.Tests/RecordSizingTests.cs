using System.Buffers.Binary;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;

using SynHello.Lab;
using SynHello.Sockets;

namespace SynHello.OnTheWire.Tests;

/// <summary>How large records are, and whether they fit the packets.</summary>
public sealed class RecordSizingTests : IAsyncDisposable
{
    private const int Header = 5;
    private const int FullRecord = 16_384;

    private readonly MovableClock _clock = new();
    private LongWire _wire = LongWire.Start();
    private SecureListener? _listener;
    private SecureStream? _client;
    private SecureStream? _server;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SslProtocols.Tls13, 1 + 16)]
    [InlineData(SslProtocols.Tls12, 8 + 16)]
    public async Task FirstRecords_EachFitOnePacket(SslProtocols protocol, int overhead)
    {
        await ConnectAsync(new RecordSizing(), protocol);

        (List<int> packets, List<int> records) = await SendAsync(200_000);

        int segment = packets[0];
        Assert.InRange(segment, 1_400, 1_460);
        int small = new RecordSizing().PacketSizedBytes / (segment - Header - overhead);
        Assert.All(records[..small], record => Assert.Equal(segment, record));
        Assert.All(packets[..small], packet => Assert.Equal(segment, packet));
        Assert.All(records[(small + 2)..^2], record => Assert.Equal(FullRecord + Header + overhead, record));
    }

    [Fact]
    public async Task Silence_MakesThemSmallAgain()
    {
        await ConnectAsync(new RecordSizing());
        await SendAsync(100_000);

        _clock.Move(TimeSpan.FromSeconds(0.5));
        Assert.Single((await SendAsync(3_000)).Records);
        _clock.Move(TimeSpan.FromSeconds(1.5));
        (List<int> packets, List<int> records) = await SendAsync(3_000);
        Assert.Equal(3, records.Count);
        Assert.Equal(packets, records);
    }

    [Fact]
    public async Task Full_FillsThemFromTheFirst()
    {
        await ConnectAsync(RecordSizing.Full);
        Assert.Equal(4, (await SendAsync(4 * FullRecord)).Records.Count);
    }

    [Fact]
    public async Task Threshold_IsAnOption()
    {
        await ConnectAsync(new RecordSizing { PacketSizedBytes = 2_000, SilentTime = TimeSpan.FromSeconds(30) });
        (List<int> packets, List<int> records) = await SendAsync(FullRecord);
        Assert.Equal(3, records.Count);
        Assert.Equal(packets[..2], records[..2]);
        _clock.Move(TimeSpan.FromSeconds(29));
        Assert.Single((await SendAsync(FullRecord)).Records);
        _clock.Move(TimeSpan.FromSeconds(31));
        Assert.Equal(3, (await SendAsync(FullRecord)).Records.Count);
    }

    /// <summary>Each record is padded, and small ones would be mostly padding.</summary>
    [Fact]
    public async Task Padding_MakesThemFull()
    {
        await ConnectAsync(new RecordSizing(), padding: 4096);
        Assert.Equal(4, (await SendAsync(4 * (FullRecord - 1))).Records.Count);
    }

    /// <summary>What the client left to be sent goes in front of its first record, in the same packet.</summary>
    [Fact]
    public async Task FirstRecord_FillsThePacketThatItsFinishedBegan()
    {
        _listener = _wire.Listen(FastOpenMode.Off, options => options.TimeProvider = _clock);
        SecureClient client = _wire.CreateClient(FastOpenMode.Off);
        Task<SecureStream> accepting = _listener.AcceptAsync(Cancelled).AsTask();
        _client = await client.ConnectAsync(new IPEndPoint(_wire.Wire.RemoteAddress, LongWire.Port), LongWire.Host, Cancelled);
        int before = _wire.Packets.Count;
        await _client.WriteAsync(new byte[3_000], Cancelled);
        _server = await accepting;
        await _server.ReadExactlyAsync(new byte[3_000], Cancelled);
        List<WirePacket> packets = [.. _wire.Packets.Skip(before).Where(IsDataUp).DistinctBy(packet => packet.SequenceNumber())];

        int boundary = 0;
        foreach (int record in RecordsOf(packets[0]))
            boundary += record;
        Assert.Equal(packets[0].PayloadLength(), boundary);
        Assert.True(packets[0].PayloadLength() > 1_400);

        static bool IsDataUp(WirePacket packet) => packet.Direction == PacketDirection.ClientToServer && packet.PayloadLength() > 0;
    }

    /// <summary>
    /// A response of 64 KB over 1 Mbit/s and 100 ms. By the wire's own clock: a packet takes 12 ms to enter it, so that the machine's speed
    /// matters little beside a record of twelve packets.
    /// </summary>
    [Fact]
    public async Task FirstByte_IsUsableAQuarterEarlier()
    {
        TimeSpan small = await FirstRecordAsync(new RecordSizing()), full = await FirstRecordAsync(RecordSizing.Full);
        TestContext.Current.TestOutputHelper?.WriteLine($"{small.TotalMilliseconds:0.0} ms against {full.TotalMilliseconds:0.0} ms");
        Assert.InRange(small / full, 0, 0.75);
        Assert.InRange(full, TimeSpan.FromMilliseconds(50 + (12 * 12)), TimeSpan.MaxValue);
    }

    [Fact]
    public void Options_ThatMakeNoSense_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecordSizing { PacketSizedBytes = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecordSizing { SilentTime = TimeSpan.Zero });
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await _wire.DisposeAsync();
    }

    private async Task EndAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        if (_listener is not null)
            await _listener.DisposeAsync();
    }

    /// <returns>How long after the response began to leave its first record was there.</returns>
    private async Task<TimeSpan> FirstRecordAsync(RecordSizing sizing)
    {
        await EndAsync();
        await _wire.DisposeAsync();
        _wire = LongWire.Start(options => (options.OneWayDelay, options.BitsPerSecond) = (TimeSpan.FromMilliseconds(50), 1_000_000));
        await ConnectAsync(sizing);
        int before = _wire.Packets.Count;
        (List<int> packets, List<int> records) = await SendAsync(65_536);
        List<WirePacket> sent = ResponseSince(before);
        int last = 0;
        for (int there = packets[0]; there < records[0]; there += packets[last])
            last++;
        return sent[last].DeliveredAt!.Value - sent[0].SentAt;
    }

    /// <summary>The packets of the response in the order of the stream, each once.</summary>
    private List<WirePacket> ResponseSince(int before) =>
    [
        .. _wire.Packets.Skip(before)
            .Where(packet => packet.Direction == PacketDirection.ServerToClient && packet.PayloadLength() > 0)
            .DistinctBy(packet => packet.SequenceNumber())
            .OrderBy(packet => packet.SequenceNumber()),
    ];

    private async Task ConnectAsync(RecordSizing sizing, SslProtocols protocol = SslProtocols.Tls13, int padding = 1)
    {
        _listener = _wire.Listen(FastOpenMode.Off, options =>
        {
            options.RecordSizing = sizing;
            options.TimeProvider = _clock;
            options.EnabledSslProtocols = protocol;
            options.TicketCount = 0;
            options.RecordPadding = padding;
        });
        SecureClient client = _wire.CreateClient(FastOpenMode.Off);
        Task<SecureStream> accepting = _listener.AcceptAsync(Cancelled).AsTask();
        _client = await client.ConnectAsync(new IPEndPoint(_wire.Wire.RemoteAddress, LongWire.Port), LongWire.Host, Cancelled);
        await _client.WriteAsync(new byte[1], Cancelled);
        _server = await accepting;
        await _server.ReadExactlyAsync(new byte[1], Cancelled);
        await _client.CompleteHandshakeAsync(Cancelled);
    }

    /// <summary>Sends from the server in one write.</summary>
    /// <returns>The sizes of the packets' payloads and of the records.</returns>
    private async Task<(List<int> Packets, List<int> Records)> SendAsync(int length)
    {
        int before = _wire.Packets.Count;
        byte[] sent = RandomNumberGenerator.GetBytes(length), received = new byte[length];
        Task writing = _server!.WriteAsync(sent, Cancelled).AsTask();
        await _client!.ReadExactlyAsync(received, Cancelled);
        await writing;
        Assert.Equal(sent, received);

        List<WirePacket> packets = ResponseSince(before);
        return ([.. packets.Select(packet => packet.PayloadLength())], RecordsOf([.. packets]));
    }

    private static List<int> RecordsOf(params WirePacket[] packets)
    {
        byte[] stream = [.. packets.SelectMany(packet => packet.Payload())];
        List<int> records = [];
        for (int at = 0; at + Header <= stream.Length; at += records[^1])
            records.Add(Header + BinaryPrimitives.ReadUInt16BigEndian(stream.AsSpan(at + 3)));
        return records;
    }
}
