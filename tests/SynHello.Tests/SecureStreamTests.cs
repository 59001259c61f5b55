using FsCheck;
using FsCheck.Fluent;

using SynHello.Testing;

namespace SynHello.Tests;

public sealed class SecureStreamTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(16_385)]
    [InlineData(4 * 16_384)]
    [InlineData((4 * 16_384) + 1)]
    [InlineData(1_000_000)]
    public async Task Write_ArrivesWhole(int size)
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        byte[] data = Exchange.Bytes(size);

        Task write = pair.Client.WriteAsync(data, Cancelled).AsTask();
        Assert.Equal(data, await Exchange.ReadAsync(pair.Server, size));
        await write.Guarded();
        write = pair.Server.WriteAsync(data, Cancelled).AsTask();
        Assert.Equal(data, await Exchange.ReadAsync(pair.Client, size));
        await write.Guarded();
    }

    [Fact]
    public async Task EmptyWrite_SendsNothing()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();

        await pair.Client.WriteAsync(ReadOnlyMemory<byte>.Empty, Cancelled).Guarded();
        await pair.Client.WriteAsync(new byte[] { 7 }, Cancelled).Guarded();

        Assert.Equal([7], await Exchange.ReadAsync(pair.Server, 1));
    }

    [Fact]
    public async Task EmptyRead_WaitsForDataAndTakesNone()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        ValueTask<int> read = pair.Server.ReadAsync(Memory<byte>.Empty, Cancelled);
        Assert.False(read.IsCompleted);

        await pair.Client.WriteAsync(new byte[] { 7 }, Cancelled).Guarded();

        Assert.Equal(0, await read.Guarded());
        Assert.Equal(0, await pair.Server.ReadAsync(Memory<byte>.Empty, Cancelled).Guarded());
        Assert.Equal([7], await Exchange.ReadAsync(pair.Server, 1));
    }

    [Fact]
    public async Task SynchronousForms_CarryData()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        byte[] data = Exchange.Bytes(100_000);
        Stream client = pair.Client, server = pair.Server;

        Task write = Task.Run(
            () =>
            {
                client.Write(data, 0, 50_000);
                client.Write(data.AsSpan(50_000));
                client.WriteByte(9);
                client.Flush();
            },
            Cancelled);
        byte[] received = new byte[100_000];
        int first = server.Read(received, 0, 10);
        server.ReadExactly(received.AsSpan(first));

        Assert.Equal(data, received);
        Assert.Equal(9, server.ReadByte());
        await write.Guarded();
    }

    [Fact]
    public async Task BeginAndEnd_CarryData()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        byte[] data = Exchange.Bytes(1000), received = new byte[2000];
        object state = new();
        var called = new TaskCompletionSource<IAsyncResult>(TaskCreationOptions.RunContinuationsAsynchronously);

        IAsyncResult read = pair.Server.BeginRead(received, 5, 1000, called.SetResult, state);
        IAsyncResult write = pair.Client.BeginWrite(data, 0, 1000, null, null);
        pair.Client.EndWrite(write);

        Assert.Same(read, await called.Task.Guarded());
        Assert.Same(state, read.AsyncState);
        Assert.Equal(1000, pair.Server.EndRead(read));
        Assert.Equal(data, received[5..1005]);
    }

    [Fact]
    public async Task ByteArrayForms_CarryDataAndCheckTheirArguments()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        byte[] received = new byte[10];
#pragma warning disable CA1835 // the older forms are what is tested
        await pair.Client.WriteAsync([0, 1, 2, 3], 1, 2, Cancelled).Guarded();
        Assert.Equal(2, await pair.Server.ReadAsync(received, 4, 6, Cancelled).Guarded());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => pair.Client.WriteAsync(received, 5, 6, Cancelled));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => pair.Client.ReadAsync(received, -1, 2, Cancelled));
#pragma warning restore CA1835
        Assert.Equal([0, 0, 0, 0, 1, 2, 0, 0, 0, 0], received);
        Assert.False(pair.Client.CanSeek);
        Assert.Throws<NotSupportedException>(() => pair.Client.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => pair.Client.Length);
    }

    [Fact]
    public async Task Chunking_DoesNotChangeTheData()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        Gen<int> size = Gen.OneOf(Gen.Choose(1, 20), Gen.Choose(1, 20_000), Gen.Elements(16_383, 16_384, 16_385, 65_536, 65_537));
        Gen<(int[] Writes, int[] Reads)> cuts =
            from writes in size.ArrayOf()
            from reads in size.NonEmptyListOf()
            select (writes, reads.ToArray());

        Prop.ForAll(
            cuts.ToArbitrary(),
            cut =>
            {
                byte[] data = Exchange.Bytes(cut.Writes.Sum(), seed: cut.Writes.Length);
                Task<byte[]> reading = ReadInPiecesAsync(pair.Server, data.Length, cut.Reads);
                int sent = 0;
                foreach (int length in cut.Writes)
                {
                    pair.Client.Write(data, sent, length);
                    sent += length;
                }

                Assert.Equal(data, reading.Guarded().GetAwaiter().GetResult());
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Fact]
    public async Task BothDirections_CarryBulkDataAtTheSameTime()
    {
        const int Blocks = 1000, BlockSize = 65_000;
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();

        Task<byte[]> sentUp = Exchange.WriteBlocksAsync(pair.Client, Blocks, BlockSize, seed: 1);
        Task<byte[]> sentDown = Exchange.WriteBlocksAsync(pair.Server, Blocks, BlockSize, seed: 2);
        Task<byte[]> gotUp = Task.Run(() => Exchange.HashAsync(pair.Server, (long)Blocks * BlockSize), Cancelled);
        Task<byte[]> gotDown = Task.Run(() => Exchange.HashAsync(pair.Client, (long)Blocks * BlockSize), Cancelled);

        Assert.Equal(await sentUp.Guarded(), await gotUp.Guarded());
        Assert.Equal(await sentDown.Guarded(), await gotDown.Guarded());
    }

    [Fact]
    public async Task ReaderIsNotHeldUp_ByAWriterWhosePeerWaitsForIt()
    {
        // The peer writes more than the sockets hold before it reads anything: only a reader lets it go on.
        const int Size = 20_000_000;
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        byte[] data = Exchange.Bytes(Size);

        Task write = pair.Client.WriteAsync(data, Cancelled).AsTask();
        Task peer = Task.Run(
            async () =>
            {
                await pair.Server.WriteAsync(data, Cancelled);
                Assert.Equal(data, await Exchange.ReadAsync(pair.Server, Size));
            },
            Cancelled);

        Assert.Equal(data, await Exchange.ReadAsync(pair.Client, Size));
        await write.Guarded();
        await peer.Guarded();
    }

    [Fact]
    public async Task WritesAtTheSameTime_DoNotMix()
    {
        const int Writers = 8, Size = 150_000;
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();

        Task[] writes = [.. Enumerable.Range(1, Writers).Select(writer => Task.Run(
            () => pair.Client.WriteAsync(Enumerable.Repeat((byte)writer, Size).ToArray(), Cancelled).AsTask(), Cancelled))];
        byte[] received = await Exchange.ReadAsync(pair.Server, Writers * Size);
        await Task.WhenAll(writes).Guarded();

        byte[] order = [.. received.Chunk(Size).Select(chunk => chunk[0])];
        Assert.All(received.Chunk(Size), chunk => Assert.False(chunk.AsSpan().ContainsAnyExcept(chunk[0])));
        Assert.Equal(Enumerable.Range(1, Writers).Select(writer => (byte)writer), order.Order());
    }

    [Fact]
    public async Task SecondReadAtTheSameTime_IsRefused()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        Task<byte[]> first = Exchange.ReadAsync(pair.Server, 1);

        await Assert.ThrowsAsync<NotSupportedException>(() => pair.Server.ReadAsync(new byte[1], Cancelled).Guarded());

        await pair.Client.WriteAsync(new byte[] { 7 }, Cancelled);
        Assert.Equal([7], await first);
        await Exchange.RoundTripAsync(pair.Client, pair.Server);
    }

    [Theory]
    [InlineData(System.Security.Authentication.SslProtocols.Tls12)]
    [InlineData(System.Security.Authentication.SslProtocols.Tls13)]
    public async Task WritesAndReads_OfAnySize_CarryTheSameBytes(System.Security.Authentication.SslProtocols version)
    {
        await using SecurePair pair = await SecurePair.ConnectAsync(options => options.EnabledSslProtocols = version).Guarded();
        var random = new Random(17);
        byte[] data = Exchange.Bytes(3_000_000);
        Task writing = Task.Run(
            async () =>
            {
                var sizes = new Random(18);
                for (int sent = 0; sent < data.Length;)
                {
                    int size = Math.Min(sizes.Next(1, sizes.Next(2) == 0 ? 300 : 200_000), data.Length - sent);
                    await pair.Server.WriteAsync(data.AsMemory(sent, size), Cancelled);
                    sent += size;
                }
            },
            Cancelled);
        byte[] got = new byte[data.Length];
        for (int count = 0; count < got.Length;)
        {
            int room = Math.Min(random.Next(1, random.Next(2) == 0 ? 300 : 100_000), got.Length - count);
            int read = await pair.Client.ReadAsync(got.AsMemory(count, room), Cancelled).Guarded();
            Assert.InRange(read, 1, room);
            count += read;
        }

        await writing.Guarded();
        Assert.True(data.AsSpan().SequenceEqual(got));
    }

    [Fact]
    public async Task KeyUpdates_GoByUnnoticedInBulkData()
    {
        const int Blocks = 300, BlockSize = 20_000;
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();

        Task<byte[]> sentUp = Exchange.WriteBlocksAsync(pair.Client, Blocks, BlockSize, seed: 1);
        Task<byte[]> sentDown = Exchange.WriteBlocksAsync(pair.Server, Blocks, BlockSize, seed: 2);
        Task<byte[]> gotUp = Task.Run(() => Exchange.HashAsync(pair.Server, (long)Blocks * BlockSize), Cancelled);
        Task<byte[]> gotDown = Task.Run(() => Exchange.HashAsync(pair.Client, (long)Blocks * BlockSize), Cancelled);
        for (int i = 0; i < 20; i++)
        {
            await pair.Client.UpdateKeyAsync(requestPeer: i % 2 == 0, Cancelled).Guarded();
            await pair.Server.UpdateKeyAsync(requestPeer: i % 3 == 0, Cancelled).Guarded();
        }

        Assert.Equal(await sentUp.Guarded(), await gotUp.Guarded());
        Assert.Equal(await sentDown.Guarded(), await gotDown.Guarded());
        await Exchange.RoundTripAsync(pair.Client, pair.Server);
    }

    [Fact]
    public async Task Exporters_AgreeOnBothEndsAndDifferByLabelAndContext()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();

        byte[] client = Export(pair.Client, "EXPORTER-test", [1, 2]);

        Assert.Equal(client, Export(pair.Server, "EXPORTER-test", [1, 2]));
        Assert.NotEqual(client, Export(pair.Server, "EXPORTER-other", [1, 2]));
        Assert.NotEqual(client, Export(pair.Server, "EXPORTER-test", []));
    }

    [Fact]
    public async Task KeyLog_GivesTheSameLinesOnBothEnds()
    {
        List<string> client = [], server = [];
        await using (await SecurePair.ConnectAsync(options => options.KeyLog = client.Add, options => options.KeyLog = server.Add).Guarded())
        {
        }

        Assert.Equal(client.Order(StringComparer.Ordinal), server.Order(StringComparer.Ordinal));
        Assert.Equal(
            ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"],
            client.Select(line => line.Split(' ')[0]).Where(label => label != "EXPORTER_SECRET").Order(StringComparer.Ordinal));
        Assert.All(client, line => Assert.Matches("^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64,96}$", line));
    }

    [Fact]
    public async Task Properties_TellWhatBothEndsAgreedOn()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();

        Assert.Equal(System.Security.Authentication.SslProtocols.Tls13, pair.Client.SslProtocol);
        Assert.Equal(pair.Client.NegotiatedCipherSuite, pair.Server.NegotiatedCipherSuite);
        Assert.Equal(SecurePair.Host, pair.Server.TargetHostName);
        Assert.Equal(pair.Client.LocalEndPoint, pair.Server.RemoteEndPoint);
        Assert.Equal(pair.Client.RemoteEndPoint, pair.Server.LocalEndPoint);
        Assert.Null(pair.Server.RemoteCertificate);
        Assert.Equal(TestCertificates.Shared(CertificateKind.EcdsaP256).Leaf, pair.Client.RemoteCertificate);
        Assert.Same(pair.Client.RemoteCertificate, pair.Client.RemoteCertificate);
        await pair.Client.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => pair.Client.RemoteCertificate);
        Assert.False(pair.Client.CanRead);
        Assert.False(pair.Client.CanWrite);
    }

    private static byte[] Export(SecureStream stream, string label, byte[] context)
    {
        byte[] exported = new byte[40];
        stream.ExportKeyingMaterial(label, context, exported);
        return exported;
    }

    private static async Task<byte[]> ReadInPiecesAsync(Stream stream, int length, int[] pieces)
    {
        byte[] received = new byte[length];
        for (int read = 0, i = 0; read < length; i++)
        {
            int wanted = Math.Min(pieces[i % pieces.Length], length - read);
            read += await stream.ReadAsync(received.AsMemory(read, wanted), Cancelled);
        }

        return received;
    }
}
