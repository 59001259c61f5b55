namespace SynHello.Bogo;

/// <summary>What a server keeps from one connection of a run to the next.</summary>
internal sealed class ShimServerState(ShimClock clock, bool isAsync) : IDisposable
{
    public ShimClock Clock { get; } = clock;

    public ShimTicketProtector Protector { get; } = new();

    public ShimSessionCache SessionCache { get; } = new(answersLater: isAsync);

    public Guid ReplayScope { get; } = Guid.NewGuid();

    public void Dispose() => Protector.Dispose();
}
