using SynHello.Wire;

namespace SynHello.Tests;

public sealed class RecordOptionsTests
{
    private const int TagLength = 16;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RecordPadding_HidesHowLongDataIs()
    {
        (List<RecordHeader> up, List<RecordHeader> down) = await ExchangeAsync(
            options => options.RecordPadding = 1000, options => options.RecordPadding = 512);

        Assert.All(ProtectedLengths(up), length => Assert.True((length - TagLength) % 1000 == 0 || length - TagLength == 16_385));
        Assert.All(ProtectedLengths(down), length => Assert.True((length - TagLength) % 512 == 0 || length - TagLength == 16_385));
    }

    [Fact]
    public async Task RecordSizeLimit_BoundsWhatTheOtherEndSends()
    {
        (List<RecordHeader> up, List<RecordHeader> down) = await ExchangeAsync(
            options => options.RecordSizeLimit = 300, options => options.RecordSizeLimit = 400);

        Assert.Equal(400, ProtectedLengths(up).Max() - TagLength);
        Assert.Equal(300, ProtectedLengths(down).Max() - TagLength);
    }

    [Fact]
    public async Task FullRecords_AreFullAndUnpadded()
    {
        (List<RecordHeader> up, List<RecordHeader> down) = await ExchangeAsync(
            options => options.RecordSizing = RecordSizing.Full, options => options.RecordSizing = RecordSizing.Full);

        Assert.Equal(16_385, ProtectedLengths(up).Max() - TagLength);
        Assert.Contains(1 + 1 + TagLength, ProtectedLengths(up));
        Assert.Equal(16_385, ProtectedLengths(down).Max() - TagLength);
        Assert.Contains(1 + 1 + TagLength, ProtectedLengths(down));
    }

    [Theory]
    [InlineData(63)]
    [InlineData(16_386)]
    public void RecordSizeLimitOutOfRange_IsRefused(int limit) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SecurePair.MakeClient(options => options.RecordSizeLimit = limit));

    private static IEnumerable<int> ProtectedLengths(List<RecordHeader> records) =>
        records.Where(record => record.Type == ContentType.ApplicationData).Select(record => record.Length);

    private static async Task<(List<RecordHeader> Up, List<RecordHeader> Down)> ExchangeAsync(
        Action<SecureClientOptions>? configureClient,
        Action<SecureListenerOptions>? configureListener)
    {
        await using SecureListener listener = SecurePair.Listen(configureListener);
        using var relay = new RecordingRelay(listener.LocalEndPoint);
        await using SecureStream client = await SecurePair.MakeClient(configureClient)
            .ConnectAsync(relay.EndPoint, SecurePair.Host, Cancelled).Guarded();
        await client.FlushAsync(Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        byte[] data = Exchange.Bytes(50_000);
        await Exchange.RoundTripAsync(client, server);
        await client.WriteAsync(data, Cancelled).Guarded();
        Assert.Equal(data, await Exchange.ReadAsync(server, data.Length));
        await server.WriteAsync(data, Cancelled).Guarded();
        Assert.Equal(data, await Exchange.ReadAsync(client, data.Length));
        await client.ShutdownAsync(Cancelled).Guarded();
        await server.ShutdownAsync(Cancelled).Guarded();
        return (await relay.RecordsToServerAsync(), await relay.RecordsToClientAsync());
    }
}
