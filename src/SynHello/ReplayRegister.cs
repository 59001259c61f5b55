using SynHello.Tls;

namespace SynHello;

/// <summary>
/// Remembers the ClientHellos whose early data was taken, so that none is taken twice (RFC 8446 section 8.2): a copy that an
/// attacker recorded, or the network made, finds its identifier known, and is served without early data. Where several servers
/// share ticket keys and take early data, they share one register, or each has its own with a <see cref="Scope"/> of its own.
/// Every member is thread-safe.
/// </summary>
/// <remarks>
/// For whoever implements one that is shared: looking an identifier up and adding it has to be one atomic step, for all servers
/// together; a store that answers from a replica, that evicts what is still fresh or that loses writes when it fails over lets
/// early data run twice. Answer false whenever you do not know: it costs the client one round trip and nothing else. Answer soon:
/// the client waits. Clocks of the servers have to agree within about a second.
/// </remarks>
public abstract class ReplayRegister
{
    /// <summary>
    /// Names this register in the tickets that are given out (<see cref="TlsServerResumption.ReplayScope"/>): early data is taken only
    /// under tickets that name the register which is asked. Registers that do not share what they know have different ones; one that
    /// has forgotten what it knew has a new one, or stays closed until nothing is fresh any more that it may have known.
    /// Does not change, and is not <see cref="Guid.Empty"/>.
    /// </summary>
    public abstract Guid Scope { get; }

    /// <summary>Registers a ClientHello, if it is not known yet.</summary>
    /// <param name="identifier">
    /// What tells it from all others (<see cref="EarlyDataAttempt.Identifier"/>); to be copied if it is kept. It comes from a client.
    /// </param>
    /// <param name="freshUntil">
    /// Until when it has to be remembered: a copy that comes later is refused for its age. A ClientHello has the same one each time.
    /// One that has passed already is refused.
    /// </param>
    /// <param name="cancellationToken">Ends the wait when the handshake has taken too long.</param>
    /// <returns>
    /// True once, and never again before <paramref name="freshUntil"/> has passed. False when the identifier is known, when there is
    /// no room to remember it, or in doubt. An exception is taken for false.
    /// </returns>
    public abstract ValueTask<bool> TryRegisterAsync(
        ReadOnlyMemory<byte> identifier,
        DateTimeOffset freshUntil,
        CancellationToken cancellationToken = default);
}
