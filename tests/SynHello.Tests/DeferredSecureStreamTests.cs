using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>A stream that connects when it is first used.</summary>
public sealed class DeferredSecureStreamTests : IDisposable
{
    private static readonly byte[] Request = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"u8.ToArray();

    private readonly ReturningServer _server = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FirstWrite_IsEarlyDataWhenItIsSafe(bool isSafe)
    {
        SecureClient client = SecurePair.MakeClient();
        await _server.VisitAsync(client);
        await using DeferredSecureStream stream = client.OpenStream(_server.EndPoint, SecurePair.Host);
        Assert.Null(stream.Connection);
        stream.FirstWriteIsReplaySafe = isSafe;

        Task write = stream.WriteAsync(Request, Cancelled).AsTask();
        using ServerVisit visit = await _server.AcceptAsync();
        Assert.Equal(Request, await visit.ReadAsync(Request.Length));
        await write.Guarded();
        await stream.WriteAsync(new byte[] { 7 }, Cancelled);
        await visit.WriteAsync([8]);
        Assert.Equal([7], await visit.ReadAsync(1));
        Assert.Equal([8], await Exchange.ReadAsync(stream, 1));

        SecureStream connection = await stream.ConnectedAsync(Cancelled).Guarded();
        Assert.Same(connection, stream.Connection);
        Assert.True(connection.Report.IsResumed);
        Assert.Equal(isSafe ? EarlyDataStatus.Accepted : EarlyDataStatus.None, connection.Report.EarlyData);
        Assert.Equal(isSafe ? Request.Length : 0, connection.Report.EarlyDataBytes);
        Assert.Equal(isSafe, connection.Report.EarlyDataSent);
        Assert.Equal(isSafe ? Request : [], visit.ReceivedEarly);
        await stream.DisposeAsync();
        Assert.Equal([.. Request, 7], await visit.ReadToEndAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FirstWriteWithoutASession_LeavesWithTheFinished(bool isSafe)
    {
        await using DeferredSecureStream stream =
            SecurePair.MakeClient().OpenStream(_server.EndPoint, SecurePair.Host, isSafe);
        Task write = stream.WriteAsync(Request, Cancelled).AsTask();
        using ServerVisit visit = await _server.AcceptAsync();
        Assert.Equal(Request, await visit.ReadAsync(Request.Length));
        await write.Guarded();

        Assert.Equal(2, visit.DataSegments);
    }

    [Fact]
    public async Task FirstRead_ConnectsWithoutEarlyData()
    {
        await using DeferredSecureStream stream =
            SecurePair.MakeClient().OpenStream(_server.EndPoint, SecurePair.Host, firstWriteIsReplaySafe: true);
        Task<byte[]> read = Exchange.ReadAsync(stream, 1);
        using ServerVisit visit = await _server.AcceptAsync();
        await visit.AnswerAsync();
        await visit.CompleteHandshakeAsync();
        await visit.WriteAsync([1]);

        Assert.Equal([1], await read);
        await stream.WriteAsync(Request, Cancelled);
        Assert.Equal(Request, await visit.ReadAsync(Request.Length));
        Assert.False(stream.Connection!.Report.EarlyDataSent);
    }

    [Fact]
    public async Task FirstFlush_Connects()
    {
        await using DeferredSecureStream stream = SecurePair.MakeClient().OpenStream(_server.EndPoint, SecurePair.Host);
        Task flush = stream.FlushAsync(Cancelled);
        using ServerVisit visit = await _server.AcceptAsync();
        await visit.CompleteHandshakeAsync();
        await flush.Guarded();

        Assert.NotNull(stream.Connection);
    }

    [Fact]
    public async Task EmptyWrite_DoesNotConnect()
    {
        await using DeferredSecureStream stream =
            SecurePair.MakeClient().OpenStream(_server.EndPoint, SecurePair.Host);
        await stream.WriteAsync(ReadOnlyMemory<byte>.Empty, Cancelled);
        stream.FirstWriteIsReplaySafe = true; // would throw

        Assert.Null(stream.Connection);
    }

    [Fact]
    public async Task SynchronousCalls_Work()
    {
        await using DeferredSecureStream stream = SecurePair.MakeClient().OpenStream(_server.EndPoint, SecurePair.Host);
        stream.ReadTimeout = 60_000;
        Task write = Task.Run(() => stream.Write(Request, 0, Request.Length), Cancelled);
        using ServerVisit visit = await _server.AcceptAsync();
        Assert.Equal(Request, await visit.ReadAsync(Request.Length));
        await write.Guarded();
        await visit.WriteAsync([1, 2]);
        byte[] buffer = new byte[2];
        await Task.Run(() => stream.ReadExactly(buffer), Cancelled).Guarded();

        Assert.Equal([1, 2], buffer);
        Assert.Equal(60_000, stream.Connection!.ReadTimeout);
        stream.WriteTimeout = 50_000;
        Assert.Equal(50_000, stream.Connection.WriteTimeout);
    }

    [Fact]
    public async Task WritesDuringDialing_ComeBehindTheFirst()
    {
        await using DeferredSecureStream stream =
            SecurePair.MakeClient().OpenStream(_server.EndPoint, SecurePair.Host);
        byte[] first = Exchange.Bytes(100_000);
        Task[] writes = [stream.WriteAsync(first, Cancelled).AsTask(), stream.WriteAsync(Request, Cancelled).AsTask()];
        Assert.Throws<InvalidOperationException>(() => stream.FirstWriteIsReplaySafe = true);
        using ServerVisit visit = await _server.AcceptAsync();

        byte[] both = [.. first, .. Request];
        Assert.Equal(both, await visit.ReadAsync(both.Length));
        await Task.WhenAll(writes).Guarded();
    }

    [Fact]
    public async Task ServerThatChoosesAnotherProtocol_FailsTheSafeWriteAndKeepsTheStream()
    {
        _server.Protocols = [SslApplicationProtocol.Http11];
        await using DeferredSecureStream stream = SecurePair
            .MakeClient(options => options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11])
            .OpenStream(_server.EndPoint, SecurePair.Host, firstWriteIsReplaySafe: true);
        Task write = stream.WriteAsync(Request, Cancelled).AsTask();
        using ServerVisit visit = await _server.AcceptAsync();
        await visit.AnswerAsync();

        IOException failure = await Assert.ThrowsAsync<IOException>(() => write.Guarded());
        Assert.Contains("The server chose http/1.1", failure.Message, StringComparison.Ordinal);
        await stream.WriteAsync(new byte[] { 1 }, Cancelled);
        await stream.DisposeAsync();
        Assert.Equal([1], await visit.ReadToEndAsync());
    }

    [Fact]
    public async Task FailureToConnect_IsThrownNowAndLater()
    {
        using Socket gone = SslPeer.Listen();
        EndPoint endPoint = gone.LocalEndPoint!;
        gone.Dispose();
        await using DeferredSecureStream stream =
            SecurePair.MakeClient().OpenStream(endPoint, SecurePair.Host, firstWriteIsReplaySafe: true);

        await Assert.ThrowsAsync<SocketException>(() => stream.WriteAsync(Request, Cancelled).Guarded());
        await Assert.ThrowsAsync<SocketException>(() => stream.WriteAsync(Request, Cancelled).Guarded());
        await Assert.ThrowsAsync<SocketException>(() => stream.ReadAsync(new byte[1], Cancelled).Guarded());
        await Assert.ThrowsAsync<SocketException>(() => stream.FlushAsync(Cancelled).Guarded());
        await Assert.ThrowsAsync<SocketException>(() => stream.ConnectedAsync(Cancelled).Guarded());
        Assert.Null(stream.Connection);
    }

    [Fact]
    public async Task RefusedHandshake_IsThrownFromTheWrite()
    {
        await using DeferredSecureStream stream = SecurePair.MakeClient().OpenStream(_server.EndPoint, "example.org");
        Task write = stream.WriteAsync(Request, Cancelled).AsTask();
        using ServerVisit visit = await _server.AcceptAsync();
        await visit.AnswerAsync();

        await Assert.ThrowsAsync<AuthenticationException>(() => write.Guarded());
    }

    [Fact]
    public async Task CanceledFirstWrite_SaysSoLater()
    {
        using var source = new CancellationTokenSource();
        await using DeferredSecureStream stream =
            SecurePair.MakeClient().OpenStream(_server.EndPoint, SecurePair.Host);
        Task write = stream.WriteAsync(Request, source.Token).AsTask();
        Task later = stream.WriteAsync(Request, Cancelled).AsTask();
        using ServerVisit visit = await _server.AcceptAsync();
        await visit.WaitAsync();
        await source.CancelAsync();

        OperationCanceledException canceled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write.Guarded());
        Assert.Equal(source.Token, canceled.CancellationToken);
        IOException failure = await Assert.ThrowsAsync<IOException>(() => later.Guarded());
        Assert.Contains("canceled", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DisposalBeforehand_EndsIt()
    {
        DeferredSecureStream stream = SecurePair.MakeClient().OpenStream(_server.EndPoint, SecurePair.Host);
        Assert.True(stream.CanRead && stream.CanWrite);
        Task<SecureStream> waiting = stream.ConnectedAsync(Cancelled);
        await stream.DisposeAsync();
        stream.Dispose();

        Assert.False(stream.CanRead || stream.CanWrite);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.WriteAsync(Request, Cancelled).Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.WriteAsync(ReadOnlyMemory<byte>.Empty, Cancelled).Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(new byte[1], Cancelled).Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.FlushAsync(Cancelled).Guarded());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DisposalDuringDialing_EndsWhatIsUnderWay(bool asynchronously)
    {
        DeferredSecureStream stream = SecurePair
            .MakeClient(options => options.HandshakeTimeout = Timeout.InfiniteTimeSpan)
            .OpenStream(_server.EndPoint, SecurePair.Host);
        Task write = stream.WriteAsync(Request, Cancelled).AsTask();
        Task read = stream.ReadAsync(new byte[1], Cancelled).AsTask();
        using ServerVisit visit = await _server.AcceptAsync();
        await visit.WaitAsync();
        if (asynchronously)
            await stream.DisposeAsync();
        else
            stream.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => write.Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => read.Guarded());
        await Assert.ThrowsAnyAsync<Exception>(() => visit.ReadToEndAsync().Guarded()); // the socket is closed
    }

    [Fact]
    public async Task DisposalAfterwards_EndsTheConnection()
    {
        DeferredSecureStream stream = SecurePair.MakeClient().OpenStream(_server.EndPoint, SecurePair.Host);
        Task write = stream.WriteAsync(Request, Cancelled).AsTask();
        using ServerVisit visit = await _server.AcceptAsync();
        await visit.ReadAsync(Request.Length);
        await write.Guarded();
        Task read = stream.ReadAsync(new byte[1], Cancelled).AsTask();
        await stream.DisposeAsync();

        Assert.Equal(Request, await visit.ReadToEndAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => read.Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.WriteAsync(Request, Cancelled).Guarded());
        Assert.False(stream.Connection!.CanRead);
    }

    /// <summary>Disposal may meet any moment of dialing: nothing hangs, and every call ends in one of two ways.</summary>
    [Fact]
    public async Task DisposalAtAnyMoment_IsClean()
    {
        SecureClient client = SecurePair.MakeClient();
        Task serving = ServeAllAsync();
        for (int i = 0; i < 60; i++)
        {
            DeferredSecureStream stream = client.OpenStream(_server.EndPoint, SecurePair.Host, firstWriteIsReplaySafe: true);
            Task write = Task.Run(() => stream.WriteAsync(Request, Cancelled).AsTask(), Cancelled);
            Task dispose = Task.Run(
                async () =>
                {
                    for (int spins = 0; spins < i * i; spins++)
                        await Task.Yield();
                    await stream.DisposeAsync();
                },
                Cancelled);

            await dispose.Guarded();
            Exception? failure = await Record.ExceptionAsync(() => write.Guarded());
            Assert.True(failure is null or ObjectDisposedException, failure?.ToString());
            await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.WriteAsync(Request, Cancelled).Guarded());
            Assert.True(stream.Connection is null or { CanWrite: false });
        }

        _server.Dispose();
        await serving.Guarded();
    }

    private async Task ServeAllAsync()
    {
        var visits = new List<Task>();
        while (await Record.ExceptionAsync(async () => visits.Add(ServeAsync(await _server.AcceptAsync()))) is null)
        {
            // Until the server is disposed of.
        }

        await Task.WhenAll(visits);
    }

    private static async Task ServeAsync(ServerVisit visit)
    {
        await Record.ExceptionAsync(visit.ReadToEndAsync); // it may be cut off
        visit.Dispose();
    }
}
