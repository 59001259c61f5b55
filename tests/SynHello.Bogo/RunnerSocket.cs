using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SynHello.Bogo;

/// <summary>A connection to the runner, which the shim opens even as a TLS server.</summary>
internal sealed class RunnerSocket : IDisposable
{
    private readonly Socket _socket;

    public RunnerSocket(ShimFlags flags)
    {
        IPAddress address = flags.IPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(new IPEndPoint(address, flags.Port));
        Span<byte> id = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(id, flags.ShimId);
        Send(id);
    }

    /// <summary>Sends everything; where the runner is gone, the next receive tells.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
                bytes = bytes[_socket.Send(bytes)..];
        }
        catch (SocketException)
        {
            // What came before that is still to be read: an alert, for instance.
        }
    }

    /// <summary>Receives what is there, or waits for it.</summary>
    /// <returns>How many bytes; 0 at the end.</returns>
    public int Receive(Span<byte> buffer)
    {
        try
        {
            return _socket.Receive(buffer);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }

    /// <summary>
    /// Ends this side, and takes what still comes, so that the runner never sees a reset in the place of an alert.
    /// </summary>
    public void Dispose()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            Span<byte> rest = stackalloc byte[1024];
            while (_socket.Receive(rest) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // The runner is gone already.
        }

        _socket.Dispose();
    }
}
