namespace SynHello.Bogo;

/// <summary>What a server keeps from one connection of a run to the next.</summary>
internal sealed class ShimServerState(ShimClock clock, bool isAsync) : IDisposable
{
    public ShimClock Clock { get; } = clock;

    public ShimTicketProtector Protector { get; } = new();

    /// <summary>The keys of servers that give out no tickets, and take none.</summary>
    public ShimTicketProtector CacheProtector { get; } = new();

    public ShimSessionCache SessionCache { get; } = new(answersLater: isAsync);

    public Guid ReplayScope { get; } = Guid.NewGuid();

    public void Dispose()
    {
        Protector.Dispose();
        CacheProtector.Dispose();
    }
}
