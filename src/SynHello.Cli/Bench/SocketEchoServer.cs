using System.Net;
using System.Net.Sockets;

namespace SynHello.Cli;

/// <summary>An echo server that accepts on a socket of .NET's.</summary>
internal abstract class SocketEchoServer : EchoServer
{
    private const int Backlog = 512;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    protected SocketEchoServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(Backlog);
    }

    public override IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    public override ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    protected void Start() => _ = Task.Run(AcceptAsync);

    protected abstract Task ServeAsync(Stream transport);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                _ = ServeAsync(new NetworkStream(socket, ownsSocket: true));
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            // The server is closed.
        }
    }
}
