using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <content>Bytes from the socket to the engine.</content>
public sealed partial class SecureStream
{
    /// <summary>Room for the largest record: less would cost a second read for it.</summary>
    private const int ReceiveSize = RecordHeader.Size + RecordHeader.MaximumProtected;

    /// <summary>Room for several records, while there is more than one at a time.</summary>
    private const int BulkReceiveSize = 4 * ReceiveSize;

    /// <summary>Whether there was more to receive than was taken, the last time. Only the reader uses it.</summary>
    private bool _flows;

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
}
