using System.Net;

namespace SynHello.Cli.Race;

/// <summary>A server of one scheme: answers requests with what every connection of the race carries.</summary>
internal abstract class RaceServer : IAsyncDisposable
{
    private Exception? _failure;

    /// <summary>The first thing that went wrong; null when nothing has.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    public static RaceServer Start(RaceScheme scheme, RaceIdentity identity, IPEndPoint endPoint)
    {
        if (scheme.IsHttp)
            return KestrelServer.Start(scheme, identity, endPoint);
        StreamServer server = scheme.IsSynHello
            ? new SynHelloServer(scheme, identity, endPoint)
            : new SslStreamServer(scheme, identity, endPoint);
        server.Start();
        return server;
    }

    public abstract ValueTask DisposeAsync();

    /// <summary>Remembers the first thing that went wrong.</summary>
    protected void Note(Exception exception) => Interlocked.CompareExchange(ref _failure, exception, null);
}
