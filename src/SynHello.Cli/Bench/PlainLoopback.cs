using System.Net.Sockets;

namespace SynHello.Cli;

/// <summary>Bare TCP: what setting up and moving bytes costs without any TLS.</summary>
internal sealed class PlainLoopback : LoopbackContestant
{
    private readonly Socket _listener = Listen();

    public override async Task<(Stream Client, Stream Server)> ConnectAsync(CancellationToken cancellationToken)
    {
        (Socket client, Socket server) = await ConnectSocketsAsync(_listener, cancellationToken);
        return (new NetworkStream(client, ownsSocket: true), new NetworkStream(server, ownsSocket: true));
    }

    public override ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }
}
