using System.Net.Sockets;
using System.Text;

namespace SynHello.Sockets.Tests;

public sealed class KernelCountersTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("TcpExt: A TCPReqQFullDoCookies B TCPFastOpenListenOverflow\nTcpExt: 1 20 3 40\nIpExt: X\nIpExt: 5\n", 40, 20)]
    [InlineData("TcpExt: TCPReqQFullDrop TCPReqQFullDoCookies\nTcpExt: 7 20", 0, 27)]
    [InlineData("IpExt: X\nIpExt: 5\nTcpExt: TCPFastOpenListenOverflow\nTcpExt: 9223372036854775807\n", long.MaxValue, 0)]
    [InlineData("TcpExt: A\nTcpExt: 1\n", 0, 0)] // an old kernel does not count them
    public void Lines_AreReadByTheirNames(string text, long overflows, long full)
    {
        Assert.True(KernelCounters.TryParse(Encoding.ASCII.GetBytes(text), out long o, out long f));
        Assert.Equal((overflows, full), (o, f));
    }

    [Theory]
    [InlineData("")]
    [InlineData("TcpExt: TCPReqQFullDrop\n")]
    [InlineData("TcpExt: A TCPReqQFullDrop\nTcpExt: 1\n")]
    [InlineData("TcpExt: TCPReqQFullDrop\nTcpExt: x\n")]
    [InlineData("TcpExt: TCPReqQFullDrop\nTcpExt: 1x\n")]
    [InlineData("TcpExt: TCPReqQFullDrop\nTcpExt: 99999999999999999999\n")]
    public void OtherText_IsNotRead(string text) =>
        Assert.False(KernelCounters.TryParse(Encoding.ASCII.GetBytes(text), out _, out _));

    [Fact]
    public async Task OpenFile_ShowsWhatTheKernelCountsMeanwhile()
    {
        using KernelCounters counters = Assert.IsType<KernelCounters>(KernelCounters.TryOpen());
        Assert.True(counters.TryRead(out long before, out _));
        using FastOpenListener listener = new(
            PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork),
            new() { Mode = FastOpenMode.Cookieless, QueueLength = 1 });
        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        for (int i = 0; i < 3; i++)
        {
            using DialedSocket client = await new FastOpenDialer().ConnectAsync(
                listener.LocalEndPoint, FastOpenMode.Cookieless, new byte[517], Cancelled);
            await client.Socket.SendAsync(ReadOnlyMemory<byte>.Empty, SocketFlags.None, Cancelled);
        }

        Assert.True(counters.TryRead(out long after, out _));
        Assert.Equal(2, after - before);
    }
}
