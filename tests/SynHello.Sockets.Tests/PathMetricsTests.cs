using System.Net;
using System.Net.Sockets;

namespace SynHello.Sockets.Tests;

public sealed class PathMetricsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task RoundTrip_IsThatOfTheConnectionBefore(AddressFamily family)
    {
        using FastOpenListener listener = new(PrivateNetwork.NextEndPoint(family));
        IPAddress remote = listener.LocalEndPoint.Address;
        IPAddress local;
        TimeSpan measured;
        using (Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Off, 517, Cancelled))
        {
            local = ((IPEndPoint)exchange.Client.Socket.LocalEndPoint!).Address;
            Assert.Null(PathMetrics.RoundTrip(local, remote));
            measured = exchange.Report.RoundTrip!.Value;

            // The kernel remembers it when the connection has ended, which takes the server's end first.
            exchange.Server.Dispose();
            Assert.Equal(0, await exchange.Client.Socket.ReceiveAsync(new byte[1], SocketFlags.None, Cancelled));
        }

        TimeSpan? known;
        while ((known = PathMetrics.RoundTrip(local, remote)) is null)
        {
            Cancelled.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        // Its last samples may have come after the question.
        Assert.InRange(known.Value / measured, 0.01, 100);
        Assert.Null(PathMetrics.RoundTrip(local, PrivateNetwork.NextAddress(family)));
    }
}
