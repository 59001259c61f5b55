using System.Net.Sockets;
using System.Runtime.CompilerServices;

using SynHello.Sockets;
using SynHello.Wire;

namespace SynHello;

/// <content>Bytes from the engine to the socket.</content>
public sealed partial class SecureStream
{
    /// <summary>Stands before an address that was not proven at accept; null where nothing is held back.</summary>
    private AddressGate? _gate;

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
            cancellationToken.ThrowIfCancellationRequested();
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
            ReadOnlySpan<byte> allowed = sending.Span;
            if (_gate is { IsOpen: false } gate)
                allowed = allowed[..gate.Take(allowed.Length, isApplicationData: false)];
            if (allowed.IsEmpty)
                return -1;
            if (IsDisposed && OperatingSystem.IsLinux())
                return LinuxTcp.SendBeforeFin(_socket, allowed); // the last that is sent
            return TrySend(allowed) ?? -1; // a peer whose window is full must not hold anybody up
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            return -1;
        }
    }

    /// <summary>
    /// Sends what the engine has said by itself while it read, in TLS 1.2: a peer whose renegotiation was refused may wait to hear so,
    /// and an application that only reads would never send it. Where there is no room, the next write takes it along.
    /// </summary>
    private void SendAnswer()
    {
        if (_engine.Negotiated.Version != ProtocolVersion.Tls12)
            return;
        bool hasOutput;
        lock (_lock)
            hasOutput = !_output.IsEmpty;
        if (hasOutput && _socket.Poll(TimeSpan.Zero, SelectMode.SelectWrite))
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
}
