using System.Net;
using System.Threading.Channels;

namespace SynHello.Interop.Tests;

/// <summary>A <see cref="SecureListener"/> that sends back what it receives, and ends when the client does.</summary>
public sealed class EchoServer : IAsyncDisposable
{
    private readonly Identity _identity;
    private readonly SecureListener _listener;
    private readonly Func<SecureStream, Task>? _greet;
    private readonly Channel<HandshakeReport> _reports = Channel.CreateUnbounded<HandshakeReport>();
    private readonly Task _accepting;

    public EchoServer(
        KeyKind kind = KeyKind.P256,
        Action<SecureListenerOptions>? configure = null,
        Func<SecureStream, Task>? greet = null)
    {
        EndPoint = PrivateNetwork.NextEndPoint();
        _identity = Identity.For(EndPoint.Address, kind);
        _greet = greet;
        var options = new SecureListenerOptions { ListenEndPoint = EndPoint, Credentials = [_identity.Credential] };
        configure?.Invoke(options);
        _listener = new SecureListener(options);
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    public string Address => EndPoint.Address.ToString();

    /// <summary>The next connection's, in the order in which they were accepted.</summary>
    public async Task<HandshakeReport> NextReportAsync() =>
        await _reports.Reader.ReadAsync().AsTask().WaitAsync(ChildProcess.Patience);

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
                connections.Add(EchoAsync(await _listener.AcceptAsync()));
        }
        catch (ObjectDisposedException)
        {
            await Task.WhenAll(connections).WaitAsync(ChildProcess.Patience);
        }
    }

    private async Task EchoAsync(SecureStream stream)
    {
        await using (stream)
        {
            _reports.Writer.TryWrite(stream.Report);
            try
            {
                if (_greet is not null)
                    await _greet(stream);
                await stream.CopyToAsync(stream);
                await stream.ShutdownAsync();
            }
            catch (IOException)
            {
                // The client is gone; whoever cares has seen less than it waits for.
            }
        }
    }
}
