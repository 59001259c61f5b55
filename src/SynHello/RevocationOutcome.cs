using SynHello.Wire;

namespace SynHello;

/// <summary>Whether a chain is taken, as far as revocation goes, and for how long that holds.</summary>
/// <param name="Refusal">Why it is not; null when it is.</param>
/// <param name="HoldsUntil">When somebody has to look again: a response ends, or it is worth asking once more who did not answer.</param>
/// <param name="SessionEnd">
/// When the first proof ends that a certificate was not revoked. Where nothing is proven, nothing ends: a responder that is down must
/// not cost returning visitors their sessions.
/// </param>
internal readonly record struct RevocationOutcome(
    TlsProtocolException? Refusal, DateTimeOffset HoldsUntil, DateTimeOffset SessionEnd)
{
    /// <summary>The chain is taken, for as long as it is valid.</summary>
    public static RevocationOutcome Taken => new(null, DateTimeOffset.MaxValue, DateTimeOffset.MaxValue);

    /// <summary>The chain is not taken.</summary>
    public static RevocationOutcome Refused(TlsProtocolException refusal) => new(refusal, default, default);

    /// <summary>A certificate of it is proven good, until then.</summary>
    public RevocationOutcome ProvenUntil(DateTimeOffset end) =>
        KnownUntil(end) with { SessionEnd = end < SessionEnd ? end : SessionEnd };

    /// <summary>Nothing new will be known of a certificate of it before then.</summary>
    public RevocationOutcome KnownUntil(DateTimeOffset end) => this with { HoldsUntil = end < HoldsUntil ? end : HoldsUntil };
}
