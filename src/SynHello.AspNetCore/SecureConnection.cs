using System.Buffers;
using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

using SynHello.Wire;

namespace SynHello.AspNetCore;

/// <summary>
/// A connection as Kestrel sees it: it reads and writes the <see cref="SecureStream"/> behind it directly. The client's close_notify ends
/// the input alone, so that who half-closes still gets the response. A connection that breaks fires ConnectionClosed, and so does one that the
/// client has closed, FIN and all, while a request of HTTP/1.1 runs: that is what Kestrel's own transport does.
/// </summary>
internal sealed class SecureConnection : DefaultConnectionContext, ISecurePipeOwner, IMemoryPoolFeature
{
    /// <summary>
    /// How long the rest of a response may take to leave once the server has nothing more to do with it, and the end of the handshake to
    /// come then.
    /// </summary>
    private static readonly TimeSpan _lingerTime = TimeSpan.FromSeconds(30);

    /// <summary>Begins anywhere, so that the logs of one start of the server are not taken for those of another.</summary>
    private static long _lastId = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    private readonly SecureStream _stream;
    private readonly SecureConnectionSettings _settings;
    private readonly SecurePipeReader _reader;
    private readonly SecurePipeSender _sender;
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _closedFired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConnectionAbortedException? _abortReason;
    private int _closedOnce;
    private int _loggedOnce;

    /// <param name="stream">What is behind it, and is disposed of with it.</param>
    /// <param name="settings">What the listener's connections have in common.</param>
    public SecureConnection(SecureStream stream, SecureConnectionSettings settings)
        : base(string.Create(CultureInfo.InvariantCulture, $"S{Interlocked.Increment(ref _lastId):x16}"))
    {
        _stream = stream;
        _settings = settings;
        LocalEndPoint = stream.LocalEndPoint;
        RemoteEndPoint = stream.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        _reader = new SecurePipeReader(stream, this, settings.ReadAhead, settings.EarlyRequests.AreJudged);
        _sender = new SecurePipeSender(
            stream, this, settings.MemoryPool, gathers: stream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2);
        Transport = new SecureDuplexPipe(_reader, _sender.Output);

        var feature = new SecureConnectionFeature(stream, _reader);
        Features.Set<ISecureConnectionFeature>(feature);
        Features.Set<ITlsConnectionFeature>(feature);
        Features.Set<ITlsHandshakeFeature>(feature);
        Features.Set<ITlsApplicationProtocolFeature>(feature);
        Features.Set<IMemoryPoolFeature>(this);
    }

    MemoryPool<byte> IMemoryPoolFeature.MemoryPool => _settings.MemoryPool;

    /// <summary>
    /// Ends the connection without close_notify: the client must not take what it has for all there is.
    /// </summary>
    /// <param name="abortReason">Why; who reads or writes gets to see it. Kestrel gives none where the connection is over anyway.</param>
    public override void Abort(ConnectionAbortedException? abortReason)
    {
        abortReason ??= new ConnectionAbortedException();
        if (Interlocked.CompareExchange(ref _abortReason, abortReason, null) is not null)
            return;
        if (Volatile.Read(ref _closedOnce) == 0)
            Log.Aborted(_settings.Logger, RemoteEndPoint, abortReason.Message);
        _stream.Abort();
        _sender.Cancel();
        FireClosed();
    }

    /// <summary>Sends what is left, then close_notify, and closes.</summary>
    public override async ValueTask DisposeAsync()
    {
        await Transport.Output.CompleteAsync().ConfigureAwait(false);
        if (!_sender.Sending.IsCompleted || !_stream.IsHandshakeComplete)
            await EndAsync().ConfigureAwait(false);
        await _reader.StopAsync().ConfigureAwait(false); // a read under way would make closing abortive
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _sender.Sending.ConfigureAwait(false);
        if (Interlocked.Exchange(ref _closedOnce, 1) == 0)
            RunClosed();
        await _closedFired.Task.ConfigureAwait(false);
        _closed.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    Exception? ISecurePipeOwner.Explain(Exception exception) => Explain(exception);

    void ISecurePipeOwner.OnBroken() => FireClosed();

    void ISecurePipeOwner.GiveUp(Exception reason) =>
        Abort(reason as ConnectionAbortedException ?? new ConnectionAbortedException("The response was given up.", reason));

    /// <summary>
    /// Sends what is left, and takes the end of the handshake where the response to an early request is on its way before that: a
    /// Finished that met a closed socket would draw a reset, and the kernel would give up what it has not sent yet.
    /// </summary>
    private async ValueTask EndAsync()
    {
        using var limit = new CancellationTokenSource(_lingerTime, _settings.TimeProvider);
        try
        {
            await _sender.Sending.WaitAsync(limit.Token).ConfigureAwait(false);
            if (_stream.IsHandshakeComplete || _abortReason is not null)
                return;
            await _stream.ShutdownAsync(limit.Token).ConfigureAwait(false);
            await _reader.StopAsync().ConfigureAwait(false);
            await _stream.CompleteHandshakeAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Abort(new ConnectionAbortedException("The client does not take the rest of the response."));
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            Explain(exception);
        }
    }

    /// <summary>
    /// Turns the end of a read or write into what Kestrel takes for the end of a connection, and logs it once.
    /// </summary>
    private Exception? Explain(Exception exception)
    {
        if (_abortReason is { } reason)
            return reason;
        if (exception is OperationCanceledException or ObjectDisposedException)
            return null; // disposed: nobody reads any more
        if (Interlocked.Exchange(ref _loggedOnce, 1) == 0)
        {
            if (exception.InnerException is TlsProtocolException { Cause: TlsErrorCause.TruncatedByPeer })
                Log.Truncated(_settings.Logger, RemoteEndPoint, exception.Message);
            else
                Log.Broke(_settings.Logger, RemoteEndPoint, exception.Message);
        }

        return new ConnectionResetException(exception.Message, exception);
    }

    private void FireClosed()
    {
        // What is registered runs the application's code, which must not run inside a read or a write.
        if (Interlocked.Exchange(ref _closedOnce, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.RunClosed(), this, preferLocal: false);
    }

    private void RunClosed()
    {
        try
        {
            _closed.Cancel();
        }
        catch (AggregateException exception)
        {
            Log.ClosedHandlerFailed(_settings.Logger, RemoteEndPoint, exception);
        }
        finally
        {
            _closedFired.SetResult();
        }
    }
}
