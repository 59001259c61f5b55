using System.Net.Sockets;

using Microsoft.Extensions.Logging;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <content>
/// Early data on a server (RFC 8446 sections 2.3, 4.2.10): the stream is handed out while the handshake goes on.
/// </content>
public sealed partial class SecureStream
{
    /// <summary>
    /// The longest that a register, or a cache of sessions, may take: the client waits, and a round trip or a full handshake costs it less.
    /// </summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    /// <summary>Set before the stream is handed out, if it is early; stays.</summary>
    private EarlyPhase? _earlyPhase;
    private ILogger? _phaseLogger;
    private TimeSpan _phaseLimit;

    /// <summary>How many bytes of plaintext were read, all in all. Only the reader uses it.</summary>
    private long _plaintextRead;

    /// <summary>
    /// Whether the handshake is complete. It is for every stream but two kinds. One is a client's in TLS 1.2 that has made a False Start
    /// (<see cref="SecureClientOptions.AllowFalseStart"/>): the server has proven itself, and only its Finished is still on its way.
    /// The other is that of a listener that has accepted early data: until the
    /// client's Finished has come, what it sent may be a recording that an attacker plays, here for the first time or on another
    /// server for the second, and nobody has shown that the client is there (RFC 8446 section 8). An application then acts only on
    /// what does no harm when it happens twice, or waits with <see cref="CompleteHandshakeAsync"/>, or has the client send it again
    /// (425 Too Early, RFC 8470 section 5.2).
    /// </summary>
    public bool IsHandshakeComplete => _engine.IsHandshakeComplete;

    /// <summary>
    /// Completes when the handshake is complete. Fails when it fails, with an <see cref="IOException"/>, or a
    /// <see cref="TimeoutException"/> when it takes longer than <see cref="SecureListenerOptions.HandshakeTimeout"/>, or on a client
    /// <see cref="SecureClientOptions.HandshakeTimeout"/>; is canceled
    /// when the stream is disposed of before. It only observes: somebody has to read, or to call
    /// <see cref="CompleteHandshakeAsync"/>. Nobody has to await it.
    /// </summary>
    public Task HandshakeCompleted => _earlyPhase?.Completed ?? Task.CompletedTask;

    /// <summary>
    /// Waits until the handshake is complete. Data that comes meanwhile is kept for later reads; of early data that is no more than
    /// <see cref="SecureListenerOptions.MaximumEarlyData"/>. From then on what came as early data is no replay of a finished
    /// connection's: only who knows the session's secret could complete this handshake (RFC 8470 section 3). That it is not forward
    /// secret remains (RFC 8446 appendix E.5), and so does that the client may have sent the same once more, on another connection.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait; the stream stays usable.</param>
    /// <exception cref="IOException">The connection broke, or the peer violated the protocol; the inner exception says how.</exception>
    /// <exception cref="NotSupportedException">A read is under way.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed of, before the call or during it.</exception>
    public async ValueTask CompleteHandshakeAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!IsHandshakeComplete)
            await ReadAsync(ReadKind.Handshake, default, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads early data as it comes, before the handshake is complete. Whoever has recorded it on the wire may have sent it, once on
    /// this server; an attacker can also make the client send the same again, and whoever gets the ticket keys later can read it:
    /// it is neither safe from replay nor forward secret (RFC 8446 section 8, appendix E.5). Act on it at once only where that does
    /// no harm, and otherwise after <see cref="CompleteHandshakeAsync"/> (RFC 8470 section 3). What is not read here
    /// <see cref="ReadAsync(Memory{byte}, CancellationToken)"/> returns first. Whoever answers early calls
    /// <see cref="CompleteHandshakeAsync"/> before disposing: what the client sends on its way to the end of the handshake meets a
    /// closed socket otherwise, and the reset that answers it can destroy the end of the response.
    /// </summary>
    /// <param name="buffer">What is filled. An empty one waits until there is something to read.</param>
    /// <param name="cancellationToken">Ends the wait; the stream stays usable.</param>
    /// <returns>
    /// How many bytes were read; 0 when there are no more of them: the handshake is complete, or no early data was accepted.
    /// </returns>
    /// <exception cref="IOException">The connection broke, or the peer violated the protocol; the inner exception says how.</exception>
    /// <exception cref="NotSupportedException">Another read is under way.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed of, before the call or during it.</exception>
    public ValueTask<int> ReadEarlyDataAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ReadAsync(ReadKind.EarlyData, buffer, cancellationToken);

    /// <summary>How much of the plaintext that is here may be read. To be called by the reader.</summary>
    private int AvailableTo(ReadKind kind) => kind switch
    {
        ReadKind.ApplicationData => _engine.IsHandshakeComplete ? _plaintext.Length : 0,
        ReadKind.EarlyData => (int)Math.Clamp(EarlyDataLength - _plaintextRead, 0, _plaintext.Length),
        _ => 0,
    };

    private bool IsAtEndOf(ReadKind kind) =>
        _engine.IsHandshakeComplete && (kind != ReadKind.ApplicationData || _engine.IsPeerClosed);

    private long EarlyDataLength => _engine is TlsServerEngine server ? server.EarlyDataLength : 0;

    /// <summary>Asks the register; whatever goes wrong with it means that early data is not taken.</summary>
    private async ValueTask<bool> IsFirstAsync(
        EarlyDataAttempt attempt,
        ServerHandshakeSettings settings,
        CancellationToken cancellationToken)
    {
        if (settings.ReplayRegister is not { } register)
            return false;
        try
        {
            return await LateAnswer.WaitAsync(
                unwanted => register.TryRegisterAsync(attempt.Identifier, attempt.FreshUntil, unwanted),
                AnswerTime,
                _timeProvider,
                cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw; // the handshake's time is up
        }
        catch (Exception exception)
        {
            Log.ReplayRegisterFailed(settings.Logger, RemoteEndPoint, exception);
            return false;
        }
    }

    private void AnswerEarlyData(TlsServerEngine engine, bool accepts)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            if (accepts)
                engine.AcceptEarlyData(_output);
            else
                engine.RejectEarlyData(_output);
        }
    }

    /// <summary>The stream is about to be handed out; the handshake's time goes on.</summary>
    private void BeginEarlyPhase(TimeSpan handshakeTimeout, ILogger logger, long start)
    {
        TimeSpan passed = _timeProvider.GetElapsedTime(start);
        (_phaseLimit, _phaseLogger) = (handshakeTimeout, logger);
        _earlyPhase = new EarlyPhase(start);
        if (handshakeTimeout != Timeout.InfiniteTimeSpan)
            _earlyPhase.Limit(handshakeTimeout - passed, _timeProvider, EndStalledHandshake);
    }

    /// <summary>To be called by the reader, once the engine says so.</summary>
    private void EndEarlyPhase(EarlyPhase phase)
    {
        if (_report is { } report && _engine is TlsServerEngine)
        {
            int length = (int)EarlyDataLength; // limited by an int
            int records = (length + RecordHeader.MaximumPlaintext - 1) / RecordHeader.MaximumPlaintext;
            int flight = report.ClientHelloBytes + length + (records * (RecordHeader.Size + 1 + Aead.TagLength));
            _report = report with
            {
                EarlyDataBytes = length,
                RoundTripsUntilRequest = report.SynDataBytes >= flight ? 0 : 1,
                HandshakeTime = _timeProvider.GetElapsedTime(phase.Start),
                PathRoundTrip = GetPathRoundTrip() ?? report.PathRoundTrip,
            };
        }

        _accepted?.NoticeProof(); // by the Finished
        phase.Complete();
    }

    private void FailHandshake(Exception failure)
    {
        if (_earlyPhase is not { IsOver: false } phase)
            return;
        if (IsDisposed)
        {
            phase.Cancel(); // whatever a read under way makes of it
            return;
        }

        if (_engine is TlsClientEngine && failure.InnerException is TlsProtocolException cause)
            LogFailure(cause); // nobody else does: the stream was handed out
        phase.Fail(failure);
    }

    /// <summary>Says that the handshake has failed after the stream was handed out.</summary>
    private void LogFailure(TlsProtocolException failure)
    {
        if (_phaseLogger is not { } logger)
            return;
        if (_engine is TlsClientEngine)
            Log.ConnectFailed(logger, RemoteEndPoint!, failure.Cause, failure.Message);
        else
            Log.HandshakeFailed(logger, RemoteEndPoint, failure.Cause, failure.Message);
    }

    /// <summary>Ends a handshake whose time is up, unless its end is here already and nobody has read it.</summary>
    private void EndStalledHandshake()
    {
        if (IsDisposed || TryCatchUp() || _earlyPhase is not { IsOver: false } phase)
            return;
        var failure = new TlsProtocolException(
            TlsErrorCause.HandshakeTimeout, $"The handshake took longer than {_phaseLimit.TotalSeconds:0.###} s.");
        lock (_lock)
        {
            if (_engine.IsHandshakeComplete)
                return;
            _engine.Abort(failure, _output);
        }

        phase.Fail(new TimeoutException(failure.Message, failure));
        LogFailure(failure);
        TrySendOutput();
        try
        {
            // Ends reads and writes that are under way; the stream itself is its owner's to dispose of.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            // The connection is gone already.
        }
    }

    /// <summary>
    /// Takes what has come while nobody reads, without waiting: an application that is busy with the early data must not make its
    /// client look like one that stalls.
    /// </summary>
    /// <returns>Whether the handshake is complete.</returns>
    private bool TryCatchUp()
    {
        if (!_readGate.TryEnterBriefly())
            return _engine.IsHandshakeComplete;
        try
        {
            _socket.Blocking = false;
            while (!_engine.IsHandshakeComplete)
            {
                if (ProcessReceived() > 0)
                    continue;
                int count = _socket.Receive(_received.GetSpan(ReceiveSize - _received.Length), SocketFlags.None, out SocketError error);
                if (count <= 0 || error != SocketError.Success)
                    return false;
                _received.Advance(count);
                _gate?.Received(count);
            }

            return true;
        }
        catch (TlsProtocolException exception)
        {
            FailHandshake(new IOException(exception.Message, exception));
            TrySendOutput();
            return false;
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            return false; // whoever reads next is told
        }
        finally
        {
            if (_readGate.Leave())
                ReleaseReader();
        }
    }
}
