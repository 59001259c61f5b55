using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

using SynHello.Wire;

namespace SynHello.AspNetCore;

/// <summary>
/// A connection as Kestrel sees it: a pair of pipes with a <see cref="SecureStream"/> behind them. The client's
/// close_notify ends the input alone, so that who half-closes still gets the response; a connection that breaks fires
/// ConnectionClosed.
/// </summary>
internal sealed partial class SecureConnection : DefaultConnectionContext
{
    /// <summary>Small writes are gathered into one record, of up to this size (RFC 8446 section 5.1).</summary>
    private const int GatherSize = 16384;

    private const int InputThreshold = 1 << 20;
    private const int OutputThreshold = 1 << 16;

    /// <summary>
    /// How long the rest of a response may take to leave once the server has nothing more to do with it.
    /// </summary>
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(30);

    private static long _lastId;

    private readonly SecureStream _stream;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly bool _takesEarlyData;
    private readonly CancellationTokenSource _stopReceiving = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _closedFired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _receiving;
    private readonly Task _sending;
    private ConnectionAbortedException? _abortReason;
    private int _closedOnce;
    private int _loggedOnce;

    /// <param name="stream">What is behind it, and is disposed of with it.</param>
    /// <param name="logger">Where its end is logged.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="takesEarlyData">Whether early data comes before the handshake is complete, or after it.</param>
    public SecureConnection(SecureStream stream, ILogger logger, TimeProvider timeProvider, bool takesEarlyData)
        : base(string.Create(CultureInfo.InvariantCulture, $"S{Interlocked.Increment(ref _lastId):x8}"))
    {
        _stream = stream;
        _logger = logger;
        _timeProvider = timeProvider;
        _takesEarlyData = takesEarlyData;
        LocalEndPoint = stream.LocalEndPoint;
        RemoteEndPoint = stream.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        var feature = new SecureConnectionFeature(stream);
        Features.Set<ISecureConnectionFeature>(feature);
        Features.Set<ITlsConnectionFeature>(feature);
        Features.Set<ITlsApplicationProtocolFeature>(feature);

        var input = new Pipe(CreateOptions(InputThreshold));
        var output = new Pipe(CreateOptions(OutputThreshold));
        Transport = new DuplexPipe(input.Reader, output.Writer);
        Application = new DuplexPipe(output.Reader, input.Writer);
        _receiving = ReceiveAsync(input.Writer);
        _sending = SendAsync(output.Reader);
    }

    /// <summary>
    /// Ends the connection without close_notify: the client must not take what it has for all there is.
    /// </summary>
    /// <param name="abortReason">Why; who reads or writes gets to see it.</param>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (Interlocked.CompareExchange(ref _abortReason, abortReason, null) is not null)
            return;
        Log.Aborted(_logger, RemoteEndPoint, abortReason.Message);
        _stream.Abort();
        _stopReceiving.Cancel();
        Application!.Input.CancelPendingRead();
        FireClosed();
    }

    /// <summary>Sends what is left, then close_notify, and closes.</summary>
    public override async ValueTask DisposeAsync()
    {
        await Transport.Input.CompleteAsync().ConfigureAwait(false);
        await Transport.Output.CompleteAsync().ConfigureAwait(false);
        try
        {
            await _sending.WaitAsync(LingerTime, _timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Abort(new ConnectionAbortedException("The client does not take the rest of the response."));
            await _sending.ConfigureAwait(false);
        }

        // A read under way would make closing abortive.
        await _stopReceiving.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        await CompleteHandshakeAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        FireClosed();
        await _closedFired.Task.ConfigureAwait(false);
        _closed.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Takes the end of the handshake, where the response to an early request is on its way before that: a Finished
    /// that met a closed socket would draw a reset, and the kernel would give up what it has not sent yet.
    /// </summary>
    private async ValueTask CompleteHandshakeAsync()
    {
        if (_stream.IsHandshakeComplete || _abortReason is not null)
            return;
        try
        {
            using var limit = new CancellationTokenSource(LingerTime, _timeProvider);
            await _stream.CompleteHandshakeAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            Explain(exception);
        }
    }

    private static PipeOptions CreateOptions(int threshold) => new(
        pauseWriterThreshold: threshold,
        resumeWriterThreshold: threshold / 2,
        readerScheduler: PipeScheduler.ThreadPool,
        writerScheduler: PipeScheduler.ThreadPool,
        useSynchronizationContext: false);

    private async Task ReceiveAsync(PipeWriter input)
    {
        CancellationToken stop = _stopReceiving.Token;
        Exception? failure = null;
        try
        {
            // Early data first, as it comes: it is what a returning client saves a round trip for. Whether a request
            // came early is told by the handshake, which is not complete then.
            if (!_takesEarlyData || await PumpAsync(isEarly: true, input, stop).ConfigureAwait(false))
                await PumpAsync(isEarly: false, input, stop).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            failure = Explain(exception);
        }

        await input.CompleteAsync(failure).ConfigureAwait(false);
        if (failure is not null)
            FireClosed();
    }

    /// <summary>Carries what is received into the pipe, until there is no more of its kind.</summary>
    /// <returns>False when nobody reads any more.</returns>
    private async ValueTask<bool> PumpAsync(bool isEarly, PipeWriter input, CancellationToken stop)
    {
        while (true)
        {
            // An idle connection holds no buffer: an empty read waits until there is something to read.
            await ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
            int count = await ReadAsync(input.GetMemory()).ConfigureAwait(false);
            if (count == 0)
                return true;
            input.Advance(count);
            FlushResult flushed = await input.FlushAsync(stop).ConfigureAwait(false);
            if (flushed.IsCompleted)
                return false;
        }

        ValueTask<int> ReadAsync(Memory<byte> buffer) =>
            isEarly ? _stream.ReadEarlyDataAsync(buffer, stop) : _stream.ReadAsync(buffer, stop);
    }

    private async Task SendAsync(PipeReader output)
    {
        try
        {
            bool completed;
            do
            {
                ReadResult result = await output.ReadAsync().ConfigureAwait(false);
                if (result.IsCanceled)
                    break;
                await WriteAsync(result.Buffer).ConfigureAwait(false);
                output.AdvanceTo(result.Buffer.End);
                completed = result.IsCompleted;
            }
            while (!completed);

            if (_abortReason is null)
                await _stream.ShutdownAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            Explain(exception);
            FireClosed();
        }
        catch (Exception exception)
        {
            // The application completed the output with an error of its own: the response is not whole.
            Abort(new ConnectionAbortedException("The response was given up.", exception));
        }

        await output.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Writes all of a buffer, gathering small segments, so that a head and its short body share a record.
    /// </summary>
    private async ValueTask WriteAsync(ReadOnlySequence<byte> buffer)
    {
        if (buffer.IsSingleSegment)
        {
            await _stream.WriteAsync(buffer.First).ConfigureAwait(false);
            return;
        }

        byte[] gathered = ArrayPool<byte>.Shared.Rent(GatherSize);
        try
        {
            while (!buffer.IsEmpty)
            {
                ReadOnlySequence<byte> part = buffer.Slice(0, Math.Min(GatherSize, buffer.Length));
                part.CopyTo(gathered);
                await _stream.WriteAsync(gathered.AsMemory(0, (int)part.Length)).ConfigureAwait(false);
                buffer = buffer.Slice(part.End);
            }
        }
        finally
        {
            // It held what the application sent in confidence.
            ArrayPool<byte>.Shared.Return(gathered, clearArray: true);
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
                Log.Truncated(_logger, RemoteEndPoint, exception.Message);
            else
                Log.Broke(_logger, RemoteEndPoint, exception.Message);
        }

        return new ConnectionResetException(exception.Message, exception);
    }

    private void FireClosed()
    {
        if (Interlocked.Exchange(ref _closedOnce, 1) != 0)
            return;

        // What is registered runs the application's code, which must not run inside the pumps.
        ThreadPool.UnsafeQueueUserWorkItem(
            static connection =>
            {
                try
                {
                    connection._closed.Cancel();
                }
                catch (AggregateException exception)
                {
                    Log.ClosedHandlerFailed(connection._logger, connection.RemoteEndPoint, exception);
                }
                finally
                {
                    connection._closedFired.SetResult();
                }
            },
            this,
            preferLocal: false);
    }
}
