using System.Net.Security;

using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>What setting up a connection took, and what was agreed on.</summary>
public sealed record HandshakeReport
{
    /// <summary>
    /// What Fast Open did. On a server only whether the SYN's data was taken can be told: it is
    /// <see cref="FastOpenOutcome.Off"/> when it was not, or when there was none.
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

    /// <summary>
    /// Whether the request could leave, in TLS 1.2, before the server's Finished had come (False Start, RFC 7918). On a server, whether
    /// data came together with the client's Finished.
    /// </summary>
    public bool IsFalseStarted { get; init; }

    /// <summary>What became of early data.</summary>
    public EarlyDataStatus EarlyData { get; init; }

    /// <summary>
    /// On a client, how many bytes were declared safe to replay; they went as early data if <see cref="EarlyData"/>
    /// says so.
    /// On a server, how many bytes of early data were accepted; 0 until the handshake is complete.
    /// </summary>
    public int EarlyDataBytes { get; init; }

    /// <summary>Why these bytes did not go, or were not accepted, as early data.</summary>
    public EarlyDataReason EarlyDataReason { get; init; }

    /// <summary>
    /// Whether these bytes are with the server, as early data or after the handshake. False when the server chose
    /// another application protocol than the one they are in: then they were not sent, and the caller has to say it in
    /// the protocol that was chosen.
    /// </summary>
    public bool EarlyDataSent { get; init; }

    /// <summary>The size of the client's first flight: the ClientHello and early data; 0 on a server.</summary>
    public int FirstFlightBytes { get; init; }

    /// <summary>
    /// How many bytes the SYN had room for, before the first flight was made to fit; null when nothing rode in a SYN,
    /// and on a server.
    /// </summary>
    public int? SynRoom { get; init; }

    /// <summary>
    /// How many bytes of the first flight did not fit into the SYN and were sent behind the SYN-ACK, a round trip
    /// later.
    /// </summary>
    public int SynOverflowBytes { get; init; }

    /// <summary>
    /// On a server, how many bytes of its flight had to wait until the client's address was proven, because three times what the SYN
    /// carried was sent already: a round trip that a shorter certificate chain, or a longer SYN, saves. 0 on a client.
    /// </summary>
    public int HeldBackBytes { get; init; }

    /// <summary>
    /// The weight of the server's certificates: the bytes of the message that carried them, with their OCSP responses, compressed where
    /// the client can decompress (RFC 8879). They are most of the server's first flight, of which three times the SYN's data may be
    /// sent to an address that is not proven, and ten segments before the first acknowledgment. 0 on a resumed connection.
    /// </summary>
    public int CertificateBytes { get; init; }

    /// <summary>The bytes of the server's certificates themselves, before compression; 0 on a resumed connection.</summary>
    public int CertificateChainBytes { get; init; }

    /// <summary>On a client, the bytes of the OCSP responses that came with the server's certificates; 0 when none did. 0 on a server.</summary>
    public int OcspResponseBytes { get; init; }

    /// <summary>How many key shares were left out, so that the first flight fits the SYN.</summary>
    public int DroppedKeyShares { get; init; }

    /// <summary>
    /// Whether a session was at hand and not offered, because the ClientHello fits the SYN only without it, or because
    /// the session fits the client's configuration no more.
    /// </summary>
    public bool SessionDropped { get; init; }

    /// <summary>
    /// How many round trips had passed when the client could send its request: one for TCP unless the SYN carried the
    /// whole ClientHello and it was taken, one for TLS, one more for a HelloRetryRequest, and in TLS 1.2 one more for a full handshake without a False Start. With accepted early data,
    /// which is a request, none when the SYN carried all of it and was taken, otherwise one; a server knows that for
    /// sure when the handshake is complete. A SYN sent again is not counted.
    /// </summary>
    public required int RoundTripsUntilRequest { get; init; }

    /// <summary>How many round trips until the first byte of a response: one more.</summary>
    public int RoundTripsUntilFirstByte => RoundTripsUntilRequest + 1;

    /// <summary>The path's round trip as the kernel measured it; null when it has not.</summary>
    public required TimeSpan? PathRoundTrip { get; init; }

    /// <summary>
    /// The time until the SYN was answered: the name's resolution, and a round trip. When the ClientHello rode in the
    /// SYN, the handshake began with it and not after. Zero on a server.
    /// </summary>
    public required TimeSpan ConnectTime { get; init; }

    /// <summary>The time from there to the end of the handshake.</summary>
    public required TimeSpan HandshakeTime { get; init; }
}
