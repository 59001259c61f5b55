using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;

namespace SynHello.Sockets.Tests;

public sealed class TcpInfoTests
{
    // A whole struct tcp_info with a different value in every field that is read.
    private static byte[] Structure()
    {
        byte[] bytes = new byte[256];
        bytes[0] = 1;
        bytes[2] = 4;
        bytes[5] = 0xA7;
        bytes[7] = BitConverter.IsLittleEndian ? (byte)0b111 : (byte)0b1110_0000;
        for (int offset = 8; offset < 104; offset += 4) Write(bytes, offset, (uint)offset);
        for (int offset = 104; offset < 136; offset += 8) Write(bytes, offset, (ulong)offset << 32);
        for (int offset = 136; offset < 160; offset += 4) Write(bytes, offset, (uint)offset);
        for (int offset = 160; offset < 192; offset += 8) Write(bytes, offset, (ulong)offset << 32);
        Write(bytes, 200, 200UL << 32);
        Write(bytes, 208, 208UL << 32);
        return bytes;
    }

    [Fact]
    public void Parse_ReadsEveryFieldFromItsPlace()
    {
        TcpInfo info = TcpInfo.Parse(Structure());
        Assert.Equal(
            new TcpInfo
            {
                State = TcpState.Established,
                Retransmits = 4,
                Options = TcpInfoOptions.Timestamps | TcpInfoOptions.SelectiveAcknowledgment
                    | TcpInfoOptions.WindowScale | TcpInfoOptions.SynData | TcpInfoOptions.FastOpenChild,
                ClientFailure = FastOpenClientFailure.SynRetransmitted,
                SendMss = 16,
                ReceiveMss = 20,
                UnacknowledgedSegments = 24,
                SelectivelyAcknowledgedSegments = 28,
                LastDataSent = TimeSpan.FromMilliseconds(44),
                LastDataReceived = TimeSpan.FromMilliseconds(52),
                LastAcknowledgmentReceived = TimeSpan.FromMilliseconds(56),
                PathMtu = 60,
                RoundTrip = TimeSpan.FromMicroseconds(68),
                RoundTripVariation = TimeSpan.FromMicroseconds(72),
                CongestionWindow = 80,
                AdvertisedMss = 84,
                TotalRetransmits = 100,
                BytesAcknowledged = 120L << 32,
                BytesReceived = 128L << 32,
                SegmentsSent = 136,
                SegmentsReceived = 140,
                NotSentBytes = 144,
                MinimumRoundTrip = TimeSpan.FromMicroseconds(148),
                DataSegmentsReceived = 152,
                DataSegmentsSent = 156,
                BytesSent = 200L << 32,
                BytesRetransmitted = 208L << 32,
            },
            info);
    }

    [Theory]
    [InlineData(104)] // Linux 2.6
    [InlineData(120)] // Linux 3.15
    [InlineData(136)] // Linux 4.1
    [InlineData(192)] // Linux 4.10
    public void Parse_TakesTheStructureOfAnOlderKernel(int length)
    {
        TcpInfo info = TcpInfo.Parse(Structure().AsSpan(0, length));
        Assert.Equal(100, info.TotalRetransmits);
        Assert.Equal(length >= 136 ? 128L << 32 : 0, info.BytesReceived);
        Assert.Equal(length >= 160 ? 156 : 0, info.DataSegmentsSent);
        Assert.Equal(0, info.BytesSent);
    }

    [Fact]
    public void Parse_OfAnyBytes_NeverFailsAndGivesNothingNegative()
    {
        Prop.ForAll(
            ArbMap.Default.ArbFor<byte[]>().Filter(bytes => bytes.Length >= 8),
            bytes =>
            {
                TcpInfo info = TcpInfo.Parse(bytes);
                return info.SendMss >= 0 && info.BytesReceived >= 0 && info.RoundTrip >= TimeSpan.Zero;
            }).QuickCheckThrowOnFailure();
        byte[] ones = new byte[300];
        ones.AsSpan().Fill(0xFF);
        Assert.Equal(TcpState.Unknown, TcpInfo.Parse(ones).State);
        Assert.Equal(int.MaxValue, TcpInfo.Parse(ones).SendMss);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Parse_RefusesLessThanAnyKernelWrites(int length) =>
        Assert.Throws<ArgumentException>(() => TcpInfo.Parse(new byte[length]));

    [Fact]
    public async Task TryGet_TellsOfARealConnection()
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        using FastOpenListener listener = new(
            PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork), new() { Mode = FastOpenMode.Cookieless });
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookieless, 517, cancelled);

        Assert.True(TcpInfo.TryGet(exchange.Client.Socket, out TcpInfo client));
        Assert.Equal(TcpState.Established, client.State);
        Assert.True(client.Options.HasFlag(TcpInfoOptions.SynData));
        Assert.Equal(1500, client.PathMtu);
        Assert.Equal(1448, client.SendMss);
        Assert.Equal(4000, client.BytesReceived);
        Assert.Equal(517, client.BytesSent);
        Assert.Equal(1, client.DataSegmentsSent);
        Assert.Equal(0, client.TotalRetransmits);

        Assert.True(TcpInfo.TryGet(exchange.Server.Socket, out TcpInfo server));
        Assert.True(server.Options.HasFlag(TcpInfoOptions.SynData));
        Assert.Equal(517, server.BytesReceived);
        Assert.Equal(4000, server.BytesSent);

        exchange.Dispose();
        Assert.False(TcpInfo.TryGet(exchange.Client.Socket, out _));
    }

    private static void Write<T>(byte[] bytes, int offset, T value)
        where T : struct => MemoryMarshal.Write(bytes.AsSpan(offset), in value);
}
