using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello;

/// <summary>How a <see cref="SessionTicketKeyRing"/> changes its keys. Read when the ring is made; changes afterwards have no effect on it.</summary>
public sealed class SessionTicketKeyRingOptions
{
    /// <summary>
    /// How long tickets are sealed with one key; 4 hours by default. <see cref="Timeout.InfiniteTimeSpan"/> leaves the change to
    /// <see cref="SessionTicketKeyRing.Rotate"/> and <see cref="SessionTicketKeyRing.Import"/>: where several servers share their
    /// keys, because each would draw one of its own otherwise.
    /// </summary>
    public TimeSpan RotationInterval { get; set; } = TimeSpan.FromHours(4);

    /// <summary>
    /// How long a ticket can be used, and so how long a key is kept after the last one was sealed with it: at least
    /// <see cref="TlsServerResumption.TicketLifetime"/>, whose default this is, 12 hours. At most seven days (RFC 8446 section 4.6.1).
    /// </summary>
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>
    /// The most keys that are kept, 1 to 1,024; 64 by default. The key that expires first gives way to a new one, and tickets that
    /// were sealed with it lead to a full handshake.
    /// </summary>
    public int MaximumKeys { get; set; } = 64;

    /// <summary>
    /// The most tickets that are sealed with one key: 2^32, the default, is the most that nonces drawn at random allow (NIST SP
    /// 800-38D section 8.3). Each ring counts its own: rings that share a key, in one process or in several, get
    /// a part of that number each.
    /// </summary>
    public long MaximumTicketsPerKey { get; set; } = 1L << 32;

    /// <summary>The clock that keys age by.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The cryptography, and where keys and nonces are drawn from.</summary>
    public TlsCryptoProvider CryptoProvider { get; set; } = DefaultCryptoProvider.Instance;
}
