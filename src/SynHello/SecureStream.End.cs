using System.Net.NetworkInformation;
using System.Net.Sockets;

using SynHello.Sockets;

namespace SynHello;

/// <content>The end of the connection.</content>
public sealed partial class SecureStream
{
    /// <summary>On a server, what the socket was accepted as.</summary>
    private AcceptedSocket? _accepted;

    /// <summary>
    /// Whether the peer has closed its side of the TCP connection or reset it, read or not what came before that. Asks the kernel, where it says
    /// (Linux); false where it does not. Thread-safe.
    /// </summary>
    internal bool HasPeerLeft => TcpInfo.TryGet(_socket, out TcpInfo info) && info.State
        is TcpState.CloseWait or TcpState.LastAck or TcpState.Closing or TcpState.TimeWait or TcpState.Closed;

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
