using System.Diagnostics;

namespace SynHello.Cli;

/// <summary>A server's process, and clients that visit it: some at a time, so that it is as busy as servers are.</summary>
internal sealed class VisitedServer(ServerProcess server, SecureClient client) : PairContestant
{
    /// <summary>How many visits are under way at a time, and how many make a sample.</summary>
    private const int Visitors = 4, Batch = 400;

    /// <returns>The CPU time of the server's process, in microseconds a connection.</returns>
    public async Task<double> MeasureAsync(CancellationToken cancellationToken)
    {
        TimeSpan before = server.CpuTime;
        await Task.WhenAll(Enumerable.Range(0, Visitors).Select(_ => Task.Run(
            async () =>
            {
                for (int i = 0; i < Batch / Visitors; i++)
                    await ConnectAndCloseAsync(cancellationToken);
            },
            cancellationToken)));
        return (server.CpuTime - before).TotalMicroseconds / Batch;
    }

    /// <summary>A handshake; then the client ends the connection, and waits until the server has, too.</summary>
    public override async Task ConnectAndCloseAsync(CancellationToken cancellationToken)
    {
        await using SecureStream stream = await client.ConnectAsync(server.EndPoint, Host, cancellationToken);
        await stream.ShutdownAsync(cancellationToken);
        try
        {
            if (await stream.ReadAsync(new byte[1], cancellationToken) != 0)
                throw new UnreachableException();
        }
        catch (IOException)
        {
            // It has ended TCP without close_notify, or with a reset: nginx does where no request came.
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
