using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;

using SynHello.Interop.Tests;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.AspNetCore.Tests;

/// <summary>
/// A connection that is read while others have it read ahead: the timer that looks after it, and handlers that wait for the handshake.
/// </summary>
public sealed class PipeReaderTests : IAsyncDisposable
{
    /// <summary>More than is taken at once.</summary>
    private const int EarlyLength = 12_000;

    private static readonly byte[] _early = [.. Http2Frames.Preface, .. Http2Frames.Frame(0xee, 0, 0, new byte[EarlyLength])];
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly IPEndPoint _relayed = PrivateNetwork.NextEndPoint();
    private readonly EarlyVisitor _visitor;
    private readonly SecureListener _listener;
    private readonly ReadAhead _readAhead = new(new FakeTimeProvider());
    private readonly PipeOwner _owner = new();

    public PipeReaderTests()
    {
        _visitor = new EarlyVisitor(_endPoint, SslApplicationProtocol.Http2);
        _listener = new SecureListener(new SecureListenerOptions
        {
            ListenEndPoint = _endPoint,
            Credentials = [Identity.For(_endPoint.Address).Credential],
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            MaximumEarlyData = 16_384,
            HandshakeTimeout = Timeout.InfiniteTimeSpan,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _readAhead.Dispose();
    }

    /// <summary>A handler asks for the handshake, or the timer finds nobody who waits, just when the reader takes what came early.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reader_TakesAloneWhoeverComesMeanwhile(bool byTimer)
    {
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        (SecureStream client, SecureStream server) = await ComeEarlyAsync(_relayed);
        await using var ownClient = client;
        await using var ownServer = server;
        var pool = new InterruptingPool();
        var reader = new SecurePipeReader(server, _owner, _readAhead, takesEarlyData: true, pool);
        pool.OnRent = () =>
        {
            for (int i = 0; i < 3; i++)
            {
                if (byTimer)
                    reader.IsToBeLookedAtAgain();
                else
                    reader.CompleteHandshake();
            }
        };
        await ReadAsync(reader, _early.Length);
        Assert.True(pool.Count > 1);
        relay.LetGo();
        if (!byTimer)
            await server.HandshakeCompleted.WaitAsync(ChildProcess.Patience); // who asked for it gets it, though nobody reads
        await client.WriteAsync(new byte[] { 1, 2, 3 });
        await ReadAsync(reader, 3);
        await reader.StopAsync();
    }

    /// <summary>The timer looks all the time, and does none of the reader's work.</summary>
    [Fact]
    public async Task Timer_DoesNotGoOnInTheReadersPlace()
    {
        await VisitAsync();
        (SecureStream client, SecureStream server) = await ComeEarlyAsync();
        await using var ownClient = client;
        await using var ownServer = server;
        var reader = new SecurePipeReader(server, _owner, _readAhead, takesEarlyData: true);
        await ReadAsync(reader, _early.Length);
        const int Writes = 20_000;
        using var hammer = new Hammer(() => reader.IsToBeLookedAtAgain());
        Task writing = WriteAsync();
        await ReadAsync(reader, Writes, hammer);
        await writing;
        Assert.Null(hammer.Stop());
        await reader.StopAsync();

        async Task WriteAsync()
        {
            byte[] one = [1];
            for (int i = 0; i < Writes; i++)
                await client.WriteAsync(one);
        }
    }

    /// <summary>Somebody waits for the handshake, which is nowhere near its end: what else came early goes on all the same.</summary>
    [Fact]
    public async Task EarlyData_IsNotHeldBackByOneWhoWaits()
    {
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        (SecureStream client, SecureStream server) = await ComeEarlyAsync(_relayed);
        await using var ownClient = client;
        await using var ownServer = server;
        var reader = new SecurePipeReader(server, _owner, _readAhead, takesEarlyData: true);
        ReadResult first = await reader.ReadAsync().AsTask().WaitAsync(ChildProcess.Patience);
        Assert.InRange(first.Buffer.Length, 1, _early.Length - 1);
        int rest = _early.Length - (int)first.Buffer.Length;
        reader.CompleteHandshake();
        reader.AdvanceTo(first.Buffer.End);
        await ReadAsync(reader, rest);
        Assert.False(server.IsHandshakeComplete);
        reader.CompleteHandshake();
        relay.LetGo();
        await client.WriteAsync(new byte[] { 1 });
        await ReadAsync(reader, 1);
        Assert.True(server.IsHandshakeComplete);
        await reader.StopAsync();
    }

    private async Task VisitAsync()
    {
        Task<SecureStream> connecting = _visitor.ConnectAsync([.. "first"u8]);
        await using SecureStream server = await _listener.AcceptAsync();
        await using SecureStream client = await connecting;
        await server.WriteAsync(new byte[1]);
        await client.ReadExactlyAsync(new byte[1]); // with the tickets
    }

    private async Task<(SecureStream Client, SecureStream Server)> ComeEarlyAsync(IPEndPoint? relay = null)
    {
        Task<SecureStream> connecting = _visitor.ConnectAsync(_early, relay);
        SecureStream server = await _listener.AcceptAsync();
        SecureStream client = await connecting;
        Assert.Equal(EarlyDataStatus.Accepted, client.Report.EarlyData);
        if (relay is null)
        {
            await server.WriteAsync(new byte[1]);
            await client.ReadExactlyAsync(new byte[1]); // and there is a ticket for the next time
        }

        return (client, server);
    }

    private static async Task ReadAsync(SecurePipeReader reader, int length, Hammer? hammer = null)
    {
        while (length > 0)
        {
            // As Kestrel waits: who completes it goes on with it, on its own thread.
            ReadResult result = await Wait(reader.ReadAsync()).WaitAsync(ChildProcess.Patience);
            if (hammer is not null)
                Assert.False(hammer.WasResumedOn, "the reader went on on the thread that looks");
            Assert.False(result.IsCompleted);
            length -= (int)result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
        }

        Assert.Equal(0, length);

        async Task<ReadResult> Wait(ValueTask<ReadResult> reading)
        {
            ReadResult result = await reading.ConfigureAwait(false);
            hammer?.Note();
            return result;
        }
    }

    /// <summary>Lets something else happen when the reader takes a buffer, which it does in the middle of taking what has come.</summary>
    private sealed class InterruptingPool : ArrayPool<byte>
    {
        public Action? OnRent { get; set; }

        public int Count { get; private set; }

        public override byte[] Rent(int minimumLength)
        {
            Count++;
            OnRent?.Invoke();
            return Shared.Rent(minimumLength);
        }

        public override void Return(byte[] array, bool clearArray = false) => Shared.Return(array, clearArray);
    }

    /// <summary>Does one thing over and over, on a thread of its own, until it fails or is stopped.</summary>
    private sealed class Hammer : IDisposable
    {
        private readonly Thread _thread;
        private volatile bool _stops;
        private Exception? _failure;

        public Hammer(Action action)
        {
            _thread = new Thread(() =>
            {
                try
                {
                    while (!_stops)
                        action();
                }
                catch (Exception exception)
                {
                    _failure = exception;
                }
            });
            _thread.Start();
        }

        /// <summary>Whether somebody has noted that it ran here.</summary>
        public bool WasResumedOn { get; private set; }

        public void Note() => WasResumedOn |= Thread.CurrentThread == _thread;

        public Exception? Stop()
        {
            Dispose();
            return _failure;
        }

        public void Dispose()
        {
            _stops = true;
            if (Thread.CurrentThread != _thread)
                _thread.Join();
        }
    }
}
