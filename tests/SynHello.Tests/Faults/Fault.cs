namespace SynHello.Tests;

/// <summary>What happens to a connection on its way, and where.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="TowardsServer">Whose bytes are counted.</param>
/// <param name="After">How many of them pass before it happens.</param>
internal sealed record Fault(FaultKind Kind, bool TowardsServer, long After)
{
    private static readonly FaultKind[] _cuts =
        [FaultKind.ResetBoth, FaultKind.ResetClient, FaultKind.ResetServer, FaultKind.EndBoth, FaultKind.EndReceiver];

    /// <summary>Nothing happens.</summary>
    public static Fault None { get; } = new(FaultKind.None, false, 0);

    /// <summary>Some end, at some byte.</summary>
    public static Fault Cut(Random random, long bytesToServer, long bytesToClient)
    {
        bool towardsServer = random.Next(2) == 0;
        return new Fault(
            _cuts[random.Next(_cuts.Length)], towardsServer, random.NextInt64(towardsServer ? bytesToServer : bytesToClient));
    }
}
