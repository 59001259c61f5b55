namespace SynHello.Tls;

/// <summary>
/// How a server lets clients come back: by tickets (RFC 8446 section 4.6.1), and with early data in their first flight
/// (section 4.2.10). Immutable and thread-safe.
/// </summary>
/// <param name="protector">Seals and opens the tickets.</param>
/// <param name="timeProvider">The clock of tickets' ages; several servers with the same keys need clocks that agree.</param>
public sealed class TlsServerResumption(SessionTicketProtector protector, TimeProvider timeProvider)
{
    /// <summary>The longest lifetime of a ticket: seven days (RFC 8446 section 4.6.1).</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(7);

    /// <summary>The most tickets that a connection is given, whatever its client asks for.</summary>
    public const int MostTickets = 16;

    private readonly TimeSpan _ticketLifetime = TimeSpan.FromHours(12);
    private readonly int _ticketCount = 2;
    private readonly TimeSpan _earlyDataWindow = TimeSpan.FromSeconds(10);
    private readonly int _maximumEarlyData;

    /// <summary>Seals and opens the tickets.</summary>
    public SessionTicketProtector Protector { get; } = protector ?? throw new ArgumentNullException(nameof(protector));

    /// <summary>The clock of tickets' ages.</summary>
    public TimeProvider TimeProvider { get; } = timeProvider ?? throw new ArgumentNullException(nameof(timeProvider));

    /// <summary>
    /// Where sessions of TLS 1.2 are kept for clients that take no tickets; null, the default, keeps none. With a
    /// <see cref="TicketCount"/> of 0 every session of TLS 1.2 is kept here.
    /// </summary>
    public TlsSessionCache? SessionCache { get; init; }

    /// <summary>How long a ticket, or a session that is kept here, may be used; 12 hours by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below a second or above seven days.</exception>
    public TimeSpan TicketLifetime
    {
        get => _ticketLifetime;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromSeconds(1));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, LongestLifetime);
            _ticketLifetime = value;
        }
    }

    /// <summary>
    /// How many tickets a connection is given, 0 to <see cref="MostTickets"/>; 2 by default. A client that asks for
    /// another number (RFC 9149) gets that many, up to <see cref="MostTickets"/>, unless this is 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the limits.</exception>
    public int TicketCount
    {
        get => _ticketCount;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MostTickets);
            _ticketCount = value;
        }
    }

    /// <summary>
    /// The most bytes of early data that a connection takes; 0, the default, takes none. Early data can be replayed by
    /// whoever has seen it, except as far as the answer to <see cref="TlsEvent.NeedEarlyDataVerdict"/> prevents that,
    /// and is not forward secret: see <see cref="TlsServerEngine.EarlyDataAttempt"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaximumEarlyData
    {
        get => _maximumEarlyData;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _maximumEarlyData = value;
        }
    }

    /// <summary>
    /// How far the age that the client gives for its ticket may be off before its early data is not taken (RFC 8446
    /// section 8.3); 10 seconds by default. A ClientHello is fresh, and has to be remembered, for this long before and
    /// after the moment that its age names. Part of every ticket: one that was given out under another window resumes
    /// without early data.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below a second or above an hour.</exception>
    public TimeSpan EarlyDataWindow
    {
        get => _earlyDataWindow;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromSeconds(1));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromHours(1));
            _earlyDataWindow = value;
        }
    }

    /// <summary>
    /// Names the register of ClientHellos that early data is checked against. A ticket holds it, and early data under a
    /// ticket with another one is not taken: two servers that share keys and not the register would otherwise each
    /// take the same early data once.
    /// </summary>
    public Guid ReplayScope { get; init; }

    /// <summary>
    /// What has to be the same for a ticket to be taken, besides what the engine itself compares: a digest of the
    /// settings that decide whom the server trusts. By default empty. At most 64 bytes.
    /// </summary>
    public ReadOnlyMemory<byte> TrustContext { get; init; }

    /// <summary>
    /// Whether a client that does not send a key share of this server's may resume by the pre-shared key alone (psk_ke,
    /// RFC 8446 section 4.2.9), without forward secrecy. False by default; the client has to have opted in too.
    /// </summary>
    public bool AllowPskKeyExchange { get; init; }
}
