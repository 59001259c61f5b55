using System.Net;

using SynHello.Lab;
using SynHello.Sockets;

namespace SynHello.OnTheWire.Tests;

/// <summary>How connections end, counted from packets.</summary>
public sealed class ConnectionEndTests
{
    private const int CloseNotify = 5 + 2 + 1 + 16; // record header, alert, content type, tag

    /// <summary>What ends TLS and what ends TCP need one segment, not two.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CloseNotify_LeavesWithTheFin(bool atServer)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using var wire = LongWire.Start();
        await using SecureListener listener = wire.Listen(FastOpenMode.Off);
        Task<SecureStream> accepting = listener.AcceptAsync(cancellationToken).AsTask();
        SecureClient client = wire.CreateClient(FastOpenMode.Off);
        await using SecureStream visitor = await client.ConnectAsync(
            new IPEndPoint(wire.Wire.RemoteAddress, LongWire.Port), LongWire.Host, cancellationToken);
        await visitor.WriteAsync(new byte[1], cancellationToken);
        await using SecureStream served = await accepting;
        await served.ReadExactlyAsync(new byte[1], cancellationToken);
        (SecureStream ending, SecureStream other) = atServer ? (served, visitor) : (visitor, served);

        await ending.DisposeAsync();

        Assert.Equal(0, await other.ReadAsync(new byte[1], cancellationToken));
        WirePacket end = Assert.Single(wire.Packets, packet => packet.Flags().HasFlag(TcpFlags.Fin));
        Assert.Equal(atServer ? PacketDirection.ServerToClient : PacketDirection.ClientToServer, end.Direction);
        Assert.Equal(CloseNotify, end.PayloadLength());
    }
}
