namespace SynHello.Cli.Race;

/// <summary>A server over streams: answers one request on each connection, then waits for the client to go.</summary>
internal abstract class StreamServer : RaceServer
{
    private readonly CancellationTokenSource _stop = new();
    private Task? _accepting;

    /// <summary>Begins to accept.</summary>
    public void Start() => _accepting = AcceptAllAsync();

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await CloseAsync();
        if (_accepting is not null)
            await _accepting;
        _stop.Dispose();
    }

    /// <summary>
    /// Takes the next connection; returns what makes its handshake, which must not hold up the next accept.
    /// </summary>
    protected abstract ValueTask<Func<CancellationToken, ValueTask<Stream>>> AcceptAsync(
        CancellationToken cancellationToken);

    /// <summary>Reads a request to its end.</summary>
    protected virtual ValueTask ReadRequestAsync(
        Stream stream, Memory<byte> request, CancellationToken cancellationToken) =>
        stream.ReadExactlyAsync(request, cancellationToken);

    /// <summary>Stops listening.</summary>
    protected abstract ValueTask CloseAsync();

    private async Task AcceptAllAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await AcceptAsync(_stop.Token));
        }
        catch (Exception e)
        {
            Note(e);
        }
    }

    private async Task ServeAsync(Func<CancellationToken, ValueTask<Stream>> handshake)
    {
        bool isAnswered = false;
        try
        {
            await using Stream stream = await handshake(_stop.Token);
            byte[] request = new byte[RaceExchange.Request.Length];
            await ReadRequestAsync(stream, request, _stop.Token);
            await stream.WriteAsync(RaceExchange.Response, _stop.Token);
            isAnswered = true;
            _ = await stream.ReadAsync(request, _stop.Token);
        }
        catch (Exception e)
        {
            // How the client leaves is its own business.
            if (!isAnswered)
                Note(e);
        }
    }

    private new void Note(Exception exception)
    {
        if (!_stop.IsCancellationRequested)
            base.Note(exception);
    }
}
