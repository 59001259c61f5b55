using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <content>Bytes between the engine and the socket, and the end of both.</content>
public sealed partial class SecureStream
{
    /// <summary>Room for the largest record: less would cost a second read for it.</summary>
    private const int ReceiveSize = RecordHeader.Size + RecordHeader.MaximumProtected;

    /// <summary>Room for several records, while there is more than one at a time.</summary>
    private const int BulkReceiveSize = 4 * ReceiveSize;

    /// <summary>On a server, what the socket was accepted as.</summary>
    private AcceptedSocket? _accepted;

    /// <summary>Stands before an address that was not proven at accept; null where nothing is held back.</summary>
    private AddressGate? _gate;

    /// <summary>Whether there was more to receive than was taken, the last time. Only the reader uses it.</summary>
    private bool _flows;

    private volatile bool _held;

    /// <summary>Whether somebody left output to whoever holds <see cref="_sending"/>.</summary>
    private volatile bool _leftOutput;

    /// <summary>Sends what the handshake left to be sent, if nobody has by now.</summary>
    internal void SendHeldFlight()
    {
        if (_held && !IsDisposed)
            TrySendOutput();
    }

    private async ValueTask FlushHeldAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await SendOutputAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ReleaseSending();
        }
    }

    /// <summary>Hands everything sealed so far to the socket. To be called with <see cref="_sending"/> held.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendOutputAsync(CancellationToken cancellationToken)
    {
        ThrowIfNotWritable();
        while (TakeOutput() is { } sending)
        {
            bool complete = false;
            try
            {
                do
                {
                    ReadOnlyMemory<byte> allowed = sending.Memory;
                    if (_gate is { IsOpen: false } gate)
                        allowed = allowed[..await PassAsync(gate, allowed.Length, cancellationToken).ConfigureAwait(false)];
                    cancellationToken.ThrowIfCancellationRequested();
                    sending.Consume(TrySend(allowed.Span) is { } sent
                        ? sent
                        : await _socket.SendAsync(allowed, SocketFlags.None, cancellationToken).ConfigureAwait(false));
                }
                while (!sending.IsEmpty);
                complete = true;
            }
            finally
            {
                if (!complete)
                {
                    _brokenWrites = true;
                    sending.Release();
                }
            }
        }
    }

    /// <summary>
    /// Sends what there is room for. The socket's asynchronous send would keep the buffer until the next one, idle or not.
    /// </summary>
    /// <returns>How many bytes; null when one has to wait for room.</returns>
    private int? TrySend(ReadOnlySpan<byte> bytes)
    {
        _socket.Blocking = false;
        int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => sent,
            SocketError.WouldBlock => null,
            _ => throw new SocketException((int)error),
        };
    }

    /// <summary>Waits until something of a write may be sent.</summary>
    /// <returns>How many bytes may be.</returns>
    private async ValueTask<int> PassAsync(AddressGate gate, int length, CancellationToken cancellationToken)
    {
        int allowed = gate.Take(length, isApplicationData: _report is not null);
        if (allowed > 0)
            return allowed;
        await gate.WaitAsync(length, cancellationToken).ConfigureAwait(false);
        return length;
    }

    /// <summary>
    /// Hands over what can be sent without waiting, and gives up on the rest: an alert, a close_notify or a Finished that somebody
    /// else has not sent yet. Never blocks and never throws.
    /// </summary>
    private void TrySendOutput()
    {
        // Whoever holds the semaphore looks at the flag after letting go of it, so what is left is never forgotten.
        _leftOutput = true;
        Interlocked.MemoryBarrier();
        while (_leftOutput && _sending.Wait(0, CancellationToken.None))
        {
            _leftOutput = false;
            try
            {
                while (!_brokenWrites && TakeOutput() is { } sending)
                {
                    while (!sending.IsEmpty)
                    {
                        int sent = SendNow(sending);
                        if (sent <= 0)
                        {
                            _brokenWrites = true;
                            sending.Release();
                            break;
                        }

                        sending.Consume(sent);
                    }
                }
            }
            finally
            {
                _sending.Release();
            }
        }

        if (_readGate.IsClosed)
            TryReleaseOutput();
    }

    /// <summary>Lets go of <see cref="_sending"/>, and sees to what others could not do meanwhile.</summary>
    private void ReleaseSending()
    {
        _sending.Release();
        if (_leftOutput)
            TrySendOutput();
        if (_readGate.IsClosed)
            TryReleaseOutput();
    }

    private int SendNow(PooledBuffer sending)
    {
        try
        {
            // Not to wait for room: what is sent this way is small, and a peer whose window is full must not hold anybody up.
            _socket.Blocking = false;
            ReadOnlySpan<byte> allowed = sending.Span;
            if (_gate is { IsOpen: false } gate)
                allowed = allowed[..gate.Take(allowed.Length, isApplicationData: false)];
            if (allowed.IsEmpty)
                return -1;
            if (IsDisposed && OperatingSystem.IsLinux())
                return LinuxTcp.SendBeforeFin(_socket, allowed); // the last that is sent
            int sent = _socket.Send(allowed, SocketFlags.None, out SocketError error);
            return error == SocketError.Success ? sent : -1;
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            return -1;
        }
    }

    /// <summary>
    /// Sends what the engine has said by itself while it read, in TLS 1.2: a peer whose renegotiation was refused may wait to hear so,
    /// and an application that only reads would never send it.
    /// </summary>
    private void SendAnswer()
    {
        if (_engine.Negotiated.Version != ProtocolVersion.Tls12)
            return;
        bool hasOutput;
        lock (_lock)
            hasOutput = !_output.IsEmpty;
        if (hasOutput)
            TrySendOutput();
    }

    private PooledBuffer? TakeOutput()
    {
        lock (_lock)
        {
            _held = false;
            if (_output.IsEmpty)
                return null;
            (_output, _spareOutput) = (_spareOutput, _output);
            return _spareOutput;
        }
    }

    /// <summary>To be called with <see cref="_sending"/> held.</summary>
    private void ThrowIfNotWritable()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (_brokenWrites)
            throw new IOException("An earlier write was cut short: nothing more can be sent.");
    }

    /// <summary>Gives the engine what was received.</summary>
    /// <returns>How many bytes it took.</returns>
    private int ProcessReceived() => ProcessReceived(_plaintext);

    private int ProcessReceived(IBufferWriter<byte> plaintext)
    {
        if (_received.IsEmpty)
            return 0;
        int consumed;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            consumed = _engine.Receive(_received.Span, plaintext, _output);
        }

        _received.Consume(consumed);
        KeepSessions();
        if (_earlyPhase is { IsOver: false } phase && _engine.IsHandshakeComplete)
            EndEarlyPhase(phase);
        return consumed;
    }

    /// <summary>Gives the engine what was received. Data in front of what ends the connection comes first: the next call fails again.</summary>
    /// <param name="kind">What is read.</param>
    /// <param name="buffer">The reader's buffer.</param>
    /// <param name="count">How many bytes the reader's buffer has now.</param>
    private bool TryProcessReceived(ReadKind kind, Memory<byte> buffer, out int count)
    {
        count = 0;
        if (_received.IsEmpty)
            return false;
        bool mayLend = kind == ReadKind.ApplicationData && !buffer.IsEmpty && _engine.IsHandshakeComplete;
        ReaderBuffer? reader = mayLend ? _reader ??= new ReaderBuffer(_plaintext) : null;
        reader?.Lend(buffer);
        try
        {
            return ProcessReceived(reader is null ? _plaintext : reader) > 0;
        }
        catch (TlsProtocolException) when (AvailableTo(kind) > 0 || reader?.Count > 0)
        {
            TrySendOutput();
            return true;
        }
        finally
        {
            if (reader is not null)
                count = reader.TakeBack();
        }
    }

    /// <summary>
    /// Waits for bytes. No buffer is held while there is nothing to read, but within a handshake, once the hello is there.
    /// </summary>
    /// <returns>False when the peer has ended its side.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_plaintext.IsEmpty)
            _plaintext.Release();
        if (_received.IsEmpty)
            _received.Release();
        cancellationToken.ThrowIfCancellationRequested();
        bool mayStayIdle = _engine.IsHandshakeComplete || (_engine is TlsServerEngine && !HasHello);
        int count = _flows ? ReceiveNow() : -1;
        while (count < 0 && _received.IsEmpty && mayStayIdle)
        {
            // Completes without data once in a while: for data that was taken already.
            ValueTask<int> waiting = _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
            _flows = waiting.IsCompleted && _engine.IsHandshakeComplete;
            await waiting.ConfigureAwait(false);
            count = ReceiveNow();
            _flows |= count == ReceiveSize && _engine.IsHandshakeComplete;
        }

        if (count < 0)
        {
            int room = ReceiveSize - _received.Length;
            count = await _socket.ReceiveAsync(_received.GetMemory(room)[..room], SocketFlags.None, cancellationToken).ConfigureAwait(false);
            _flows |= count == room && _engine.IsHandshakeComplete;
        }

        _received.Advance(count);
        _gate?.Received(count);
        if (_received.IsEmpty)
            _received.Release();
        return count > 0;
    }

    /// <summary>Takes what is there already, of bulk as much as several records have, for one call of the system instead of many.</summary>
    /// <returns>How many bytes; negative when one has to wait for them.</returns>
    private int ReceiveNow()
    {
        _socket.Blocking = false;
        int room = (_flows ? BulkReceiveSize : ReceiveSize) - _received.Length;
        int count = _socket.Receive(_received.GetSpan(room)[..room], SocketFlags.None, out SocketError error);
        if (error == SocketError.Success)
            return count;
        if (error != SocketError.WouldBlock)
            throw new SocketException((int)error);
        _flows = false;
        if (_received.IsEmpty)
            _received.Release();
        else
            _received.Trim(ReceiveSize); // a peer that leaves half a record behind holds no more
        return -1;
    }

    private bool HasHello => _engine.Negotiated.Version != default;

    private void EndReceived()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            _engine.ReceiveEnd();
        }
    }

    /// <summary>
    /// Ends the connection at once, with a reset and without close_notify, so that the peer cannot take what it has received for
    /// everything (RFC 8446 section 6.1). Ends reads and writes that are under way. Disposes the stream; safe to call from any thread.
    /// </summary>
    public void Abort() => Close(graceful: false);

    /// <summary>
    /// Ends the connection: close_notify if the socket takes it at once, then the socket is closed. Never waits for the peer, and
    /// ends reads and writes that are under way. A server that has answered early data calls
    /// <see cref="CompleteHandshakeAsync"/> first (see <see cref="ReadEarlyDataAsync"/>).
    /// </summary>
    /// <param name="disposing">Whether the call comes from Dispose.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Close(graceful: true);
        base.Dispose(disposing);
    }

    private void Close(bool graceful)
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _gate?.Close();
        if (graceful)
        {
            lock (_lock)
            {
                if (!_moreFollows)
                    _engine.SendCloseNotify(_output);
            }

            TrySendOutput();
            DrainReceived();
        }
        else
        {
            ResetOnClose();
        }

        if (_accepted is { } accepted)
            accepted.Dispose(); // so that it is known how it ended
        else
            _socket.Dispose();
        lock (_lock)
        {
            _engine.Dispose();
            _remoteCertificate?.Dispose();
        }

        // A read or write under way still owns its buffers, and gives them back itself.
        if (_readGate.Close())
            ReleaseReader();
        TryReleaseOutput();
        if (graceful)
            WaitForSessions();
        _earlyPhase?.Cancel();
    }

    private void ResetOnClose()
    {
        try
        {
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            // The connection is gone already.
        }
    }

    /// <summary>
    /// Takes what has arrived and nobody read: closing over unread bytes makes the kernel send a reset, which can destroy
    /// what is still on its way to the peer.
    /// </summary>
    private void DrainReceived()
    {
        const int Most = 16;
        Span<byte> scratch = stackalloc byte[4096];
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            _socket.Blocking = false;
            for (int i = 0; i < Most && _socket.Receive(scratch, SocketFlags.None, out SocketError error) > 0 && error == SocketError.Success; i++)
            {
                // Discarded.
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            // The connection is gone already.
        }
    }

    /// <summary>Gives the writer's buffers back once the stream is closed, unless somebody sends: that one does it then.</summary>
    private void TryReleaseOutput()
    {
        if (!_sending.Wait(0, CancellationToken.None))
            return;
        try
        {
            lock (_lock)
            {
                _output.Release();
                _spareOutput.Release();
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    private void ReleaseReader()
    {
        _received.Release();
        _plaintext.Release();
    }
}
