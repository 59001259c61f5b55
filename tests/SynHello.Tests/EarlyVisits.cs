using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>A listener that takes early data, and clients that come back to it with a request.</summary>
internal static class EarlyVisits
{
    public static readonly byte[] Request = Exchange.Bytes(300);
    public static readonly byte[] Response = Exchange.Bytes(700, seed: 2);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static SecureListener Listen(
        Action<SecureListenerOptions>? configure = null, CollectingLogger? log = null) => SecurePair.Listen(options =>
    {
        options.LoggerFactory = log ?? new CollectingLogger();
        options.MaximumEarlyData = 100_000;
        configure?.Invoke(options);
    });

    /// <summary>A client that was here before, with its request on the way.</summary>
    public static async Task<EngineClient> ReturnAsync(SecureListener listener, TimeProvider? clock = null)
    {
        var client = new EngineClient(await EngineClient.VisitAsync(listener, clock), Request, clock);
        await client.ConnectAsync(listener.LocalEndPoint);
        return client;
    }

    public static async Task<byte[]> ReadEarlyAsync(SecureStream stream, int count)
    {
        byte[] bytes = new byte[count];
        int read = 0;
        while (read < count)
        {
            int more = await stream.ReadEarlyDataAsync(bytes.AsMemory(read), Cancelled).Guarded();
            Assert.NotEqual(0, more);
            read += more;
        }

        return bytes;
    }

    public static async Task AssertRejectedAsync(EngineClient client, SecureListener listener)
    {
        await client.HandshakeAsync();
        client.Write(Response);
        await client.FlushAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.True(server.IsHandshakeComplete);
        Assert.Equal((true, EarlyDataStatus.Rejected), (server.Report.IsResumed, server.Report.EarlyData));
        Assert.Equal(EarlyDataStatus.Rejected, client.Negotiated.EarlyData);
        Assert.Equal(0, await server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
        Assert.Equal(Response, await Exchange.ReadAsync(server, Response.Length));
    }
}
