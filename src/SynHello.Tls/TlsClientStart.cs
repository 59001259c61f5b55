namespace SynHello.Tls;

/// <summary>What a client's first flight is made of, besides what its configuration says.</summary>
public readonly struct TlsClientStart
{
    /// <summary>
    /// A session of an earlier connection to resume; null for a full handshake. To be used once: a second use lets
    /// onlookers see that both connections are the same client's (RFC 8446 appendix C.4).
    /// </summary>
    public TlsSession? Session { get; init; }

    /// <summary>
    /// What is sent right behind the ClientHello, before the server has answered, if the session allows it; empty for
    /// none. It can be replayed and is not forward secret (RFC 8446 section 8, appendix E.5): the caller has to know
    /// that it does no harm if it arrives more than once. When <see cref="TlsNegotiation.EarlyData"/> is not
    /// <see cref="EarlyDataStatus.Accepted"/> in the end, the caller sends it again.
    /// </summary>
    public ReadOnlyMemory<byte> EarlyData { get; init; }

    /// <summary>
    /// How many bytes the SYN has room for; null when the first flight does not ride in one. The flight is made to
    /// fit: of several key shares one stays, and a session goes where the ClientHello fits only without it and no
    /// early data depends on it.
    /// </summary>
    public int? SynRoom { get; init; }

    /// <summary>
    /// The first flight is made this long at least by padding in the ClientHello (RFC 7685), in bytes, as far as
    /// <see cref="SynRoom"/> allows; 0 for no padding. A server that does not know yet whether the client's address is
    /// forged answers with three times what it received at most, so that a short hello can cost a round trip.
    /// </summary>
    public int PaddedLength { get; init; }
}
