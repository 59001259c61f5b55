namespace SynHello.Cli;

/// <summary>A stack with both of its ends in this process.</summary>
internal abstract class PairContestant : IAsyncDisposable
{
    public const string Host = "localhost";

    /// <summary>
    /// Whatever has to be there before the first connection that is measured: a ticket, where sessions are resumed.
    /// </summary>
    public virtual Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sets a connection up and takes it down again.</summary>
    /// <exception cref="CommandFailure">It is not of the kind that is to be measured.</exception>
    public abstract Task ConnectAndCloseAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    /// <exception cref="CommandFailure">A connection did not do what it is measured for.</exception>
    protected static void Require(bool condition, string what)
    {
        if (!condition)
            throw new CommandFailure($"a connection is not what is to be measured: {what}.");
    }
}
