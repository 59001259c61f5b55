using System.Net;
using System.Net.Sockets;

using SynHello.Sockets;
using SynHello.Sockets.Tests;

namespace SynHello.Tests;

/// <summary>Stands between clients and a server, and does to each connection what it is told.</summary>
internal sealed class FaultyRelay : IAsyncDisposable
{
    private readonly FastOpenListener _listener;
    private readonly EndPoint _server;
    private readonly FastOpenMode _fastOpen;
    private readonly Func<Fault> _next;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private volatile Task<RelayedConnection>? _last;
    private volatile Task[] _connections = [];
    private int _struck;

    /// <summary>Relays to a server.</summary>
    /// <param name="server">Where to.</param>
    /// <param name="next">What happens to the next connection; asked by one at a time.</param>
    /// <param name="fastOpen">What is taken of clients' SYNs, and done to the server's.</param>
    public FaultyRelay(EndPoint server, Func<Fault> next, FastOpenMode fastOpen = FastOpenMode.Off)
    {
        _server = server;
        _fastOpen = fastOpen;
        _next = next;
        _listener = new FastOpenListener(
            PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork), new FastOpenListenerOptions { Mode = fastOpen });
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => _listener.LocalEndPoint;

    /// <summary>How many bytes are read, and sent on, at a time; asked before each piece.</summary>
    public Func<int> PieceSize { get; set; } = () => 16_384;

    /// <summary>Room for what arrives and was not taken yet; as the kernel likes when null.</summary>
    public int? ReceiveBufferSize { get; init; }

    /// <summary>The connection that came last, once it has ended.</summary>
    public Task<RelayedConnection> LastAsync() => _last ?? throw new InvalidOperationException("Nobody came.");

    /// <summary>Waits for the end of every connection so far; nobody may come meanwhile.</summary>
    public Task IdleAsync() => Task.WhenAll(_connections);

    /// <summary>How many connections the fault that was meant for them has happened to.</summary>
    public int Struck => Volatile.Read(ref _struck);

    /// <summary>Called as soon as a connection stalls; it does until it is disposed of.</summary>
    public Action<RelayedConnection> Stalled { get; set; } = _ => { };

    /// <summary>Ends the connections that are left, and waits for their end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listener.DisposeAsync();
        await _accepting.Guarded();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                AcceptedSocket accepted = await _listener.AcceptAsync(_stop.Token);
                _last = RelayAsync(accepted, _next());
                _connections = [.. _connections.Where(connection => !connection.IsCompletedSuccessfully), _last];
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            await Task.WhenAll(_connections);
        }
    }

    private async Task<RelayedConnection> RelayAsync(AcceptedSocket accepted, Fault fault)
    {
        await Task.Yield();
        using AcceptedSocket owned = accepted;
        using var connection = new RelayedConnection(accepted.Socket, fault, PieceSize, Stalled)
        {
            ReceiveBufferSize = ReceiveBufferSize,
        };
        using CancellationTokenRegistration stopping = _stop.Token.Register(connection.Dispose);
        await connection.RunAsync(_server, _fastOpen);
        if (connection.HasStruck)
            Interlocked.Increment(ref _struck);
        return connection;
    }
}
