using System.Net.Sockets;

namespace SynHello.Sockets.Tests;

/// <summary>Children whose client's acknowledgments a filter loses, until it is taken away.</summary>
public sealed class AddressProofTests
{
    private static readonly TimeSpan s_hang = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(AddressFamily.InterNetwork, 0)]
    [InlineData(AddressFamily.InterNetwork, 4000)]
    [InlineData(AddressFamily.InterNetworkV6, 0)]
    public async Task Proof_EndsTheWait(AddressFamily family, int answered)
    {
        using FastOpenListener listener = Listen(family);
        DialedSocket client;
        AcceptedSocket server;
        Task<bool> proof;
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            (client, server) = await OpenAsync(listener);
            proof = server.WaitForAddressProofAsync(Cancelled).AsTask();
            if (answered > 0)
            {
                await server.Socket.SendAsync(Exchange.Bytes(answered), SocketFlags.None, Cancelled);
                await Exchange.ReadAsync(client.Socket, answered, Cancelled);
            }

            Assert.False(proof.IsCompleted);
            Assert.False(server.AddressProven);
        }

        using (client)
        using (server)
        {
            // Something that the kernel sends: data whose acknowledgment number proves the address.
            await client.Socket.SendAsync(new byte[] { 1 }, SocketFlags.None, Cancelled);
            Assert.True(await proof.WaitAsync(s_hang, Cancelled));
            Assert.True(server.AddressProven);
            Assert.True(await server.WaitForAddressProofAsync(Cancelled));
        }
    }

    /// <summary>The thread's event and the proof may come in any order.</summary>
    [Fact]
    public async Task Proof_ThatComesMeanwhile_IsNotMissed()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork);
        for (int i = 0; i < 200; i++)
        {
            (DialedSocket client, AcceptedSocket server) = await OpenAsync(listener);
            using (client)
            using (server)
                Assert.True(await AddressProofs.Instance!.WaitAsync(server.Socket, Cancelled).WaitAsync(s_hang, Cancelled));
        }
    }

    [Fact]
    public async Task Reset_EndsTheWait()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork);
        AcceptedSocket server;
        Task<bool> proof;
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            (DialedSocket client, server) = await OpenAsync(listener);
            proof = server.WaitForAddressProofAsync(Cancelled).AsTask();
            client.Socket.LingerState = new LingerOption(true, 0);
            client.Dispose();
        }

        // The reset is lost with the acknowledgments; the SYN-ACK sent again draws another.
        using (server)
        {
            Assert.False(await proof.WaitAsync(s_hang, Cancelled));
            Assert.False(server.AddressProven);
        }
    }

    [Fact]
    public async Task Cancellation_LeavesNothingBehind()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork);
        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        (DialedSocket client, AcceptedSocket server) = await OpenAsync(listener);
        int before = AddressProofs.Instance!.Count;
        using var stop = new CancellationTokenSource();
        Task<bool> proof = server.WaitForAddressProofAsync(stop.Token).AsTask();
        Assert.Equal(before + 1, AddressProofs.Instance.Count);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => proof);
        Assert.Equal(before, AddressProofs.Instance.Count);

        client.Dispose();
        server.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() =>
            AddressProofs.Instance.WaitAsync(server.Socket, Cancelled).WaitAsync(s_hang, Cancelled));
    }

    private static FastOpenListener Listen(AddressFamily family) =>
        new(PrivateNetwork.NextEndPoint(family), new() { Mode = FastOpenMode.Cookieless });

    private static async Task<(DialedSocket Client, AcceptedSocket Server)> OpenAsync(FastOpenListener listener)
    {
        DialedSocket client = await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, Exchange.Bytes(517), Cancelled);
        AcceptedSocket server = await listener.AcceptAsync(Cancelled);
        Assert.True(server.SynDataTaken);
        return (client, server);
    }
}
