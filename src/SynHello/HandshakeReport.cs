using System.Net.Security;

using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>What setting up a connection took, and what was agreed on.</summary>
public sealed record HandshakeReport
{
    /// <summary>
    /// What Fast Open did. On a server only whether the SYN's data was taken can be told: it is <see cref="FastOpenOutcome.Off"/>
    /// when it was not, or when there was none.
    /// </summary>
    public required FastOpenOutcome FastOpen { get; init; }

    /// <summary>
    /// How many bytes rode in the SYN and were taken, of the ClientHello and of early data behind it; 0 when none were.
    /// </summary>
    public required int SynDataBytes { get; init; }

    /// <summary>The size of the first ClientHello with its record header in bytes.</summary>
    public required int ClientHelloBytes { get; init; }

    /// <summary>The protocol version.</summary>
    public required ProtocolVersion Version { get; init; }

    /// <summary>The cipher suite.</summary>
    public required CipherSuite CipherSuite { get; init; }

    /// <summary>The key exchange group.</summary>
    public required NamedGroup Group { get; init; }

    /// <summary>The scheme that the server signed with.</summary>
    public required SignatureScheme SignatureScheme { get; init; }

    /// <summary>The application protocol; default when none was negotiated.</summary>
    public required SslApplicationProtocol ApplicationProtocol { get; init; }

    /// <summary>Whether a HelloRetryRequest cost another round trip.</summary>
    public required bool HelloRetryRequested { get; init; }

    /// <summary>Whether a session of an earlier connection was resumed (RFC 8446 section 2.2).</summary>
    public bool IsResumed { get; init; }

    /// <summary>What became of early data.</summary>
    public EarlyDataStatus EarlyData { get; init; }

    /// <summary>
    /// How many bytes of early data there were. On a server those that were accepted; 0 until the handshake is complete.
    /// </summary>
    public int EarlyDataBytes { get; init; }

    /// <summary>
    /// How many round trips had passed when the client could send its request: one for TCP unless the SYN carried the
    /// whole ClientHello and it was taken, one for TLS unless early data was accepted, one more for a HelloRetryRequest. A
    /// SYN sent again is not counted; on a server neither is what more than one flight of early data cost.
    /// </summary>
    public required int RoundTripsUntilRequest { get; init; }

    /// <summary>How many round trips until the first byte of a response: one more.</summary>
    public int RoundTripsUntilFirstByte => RoundTripsUntilRequest + 1;

    /// <summary>The path's round trip as the kernel measured it; null when it has not.</summary>
    public required TimeSpan? PathRoundTrip { get; init; }

    /// <summary>
    /// The time until the socket was connected; next to nothing when the ClientHello rode in the SYN, because nothing was waited for.
    /// Zero on a server.
    /// </summary>
    public required TimeSpan ConnectTime { get; init; }

    /// <summary>The time from there to the end of the handshake.</summary>
    public required TimeSpan HandshakeTime { get; init; }
}
