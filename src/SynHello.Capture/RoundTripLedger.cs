using System.Security.Authentication;

using SynHello.Wire;

namespace SynHello.Capture;

/// <summary>
/// The account of one TCP connection, read from its packets: what rode in the SYN, and how many round trips had to pass
/// until the request left and until the first byte of the response arrived.
/// </summary>
/// <remarks>
/// <para><b>How round trips are counted.</b> The count is causal; no stopwatch takes part, so a slow machine does not
/// change it. Every packet has a depth: the crossings of the wire that had to be complete before it could be
/// sent. The depth of a packet that carries new data, a SYN or a FIN is the greatest of</para>
/// <list type="number">
/// <item>the depth of the sender's own earlier data, because a stream is read in order (0 for the first packet);</item>
/// <item>d + 1, where d is the depth of the deepest SYN, FIN or data that its sender had received, readable without a
/// gap,
/// when it was sent. Data that arrives twice, or waits behind a gap, is not a cause;</item>
/// <item>d + 1, where d is the depth of a packet that newly acknowledged the sender's data, if the sender had been
/// held back until then. It had been (a) if the packet goes on with a TLS record whose beginning
/// is acknowledged: congestion window, receive window or the budget of an unproven address was used up; (b)
/// if data had been sent before and the packet left within an eighth of the wire's round trip, at most 5 ms, of the
/// acknowledgement's arrival: the same between records, and Nagle's algorithm; (c) if it is the listener's first data
/// and
/// the acknowledgement completes the handshake, unless data in the SYN was taken.</item>
/// </list>
/// <para>All other acknowledgements count for nothing: they ride along with every flight, and nobody waits for them. A
/// retransmission has the depth at which its bytes were first sent: a loss costs time, not a round trip of the
/// protocol, and is counted in <see cref="Retransmissions"/>. Bytes in a SYN that the SYN-ACK does not acknowledge
/// count as
/// not sent, so their second sending, behind the SYN-ACK, is the first. TLS 1.3 has one exception to
/// rule 2: the first request does not depend on what the server sent after it had the client's Finished (session
/// tickets), even
/// if the client was slow to send the request. What cannot be told apart counts: a server that answers early data only
/// after it had the client's Finished is taken to have waited for it.</para>
/// <para>The request is sent after depth / 2 round trips, the first response byte arrives after (depth + 1) / 2,
/// because its own
/// delivery is one crossing more. Worked example, TLS 1.3 with the ClientHello in the SYN:</para>
/// <code>
/// depth 0   client   SYN + ClientHello
/// depth 1   server   SYN-ACK; ServerHello ... Finished       needs the SYN
/// depth 2   client   ACK; Finished + request                 needs the server's Finished: request sent after 2/2 = 1
/// depth 3   server   NewSessionTicket; response              needs the request: first byte after (3+1)/2 = 2
/// </code>
/// <para><b>What the request is.</b> In TLS 1.2 the client's first application_data record; in TLS 1.3 its first early
/// data unless the server refused it, else the record after its Finished; without TLS the client's first byte. The
/// response is the
/// first application_data record of the server that begins in a packet sent after the request arrived (without
/// TLS its first byte). <see cref="RoundTripLedgerOptions"/> refines this.</para>
/// <para>A ledger does not change after it is made and can be used by several threads.</para>
/// </remarks>
public sealed class RoundTripLedger
{
    private const byte FastOpenOption = 34;
    private const byte ExperimentalOption = 254;

    // RFC 7413, appendix A: the experiment's identifier inside option 254.
    private static ReadOnlySpan<byte> FastOpenExperiment => [0xF9, 0x89];

    private RoundTripLedger(TcpConversation tcp, TlsConversation tls)
    {
        Entries = [.. tcp.Packets.Select(packet => EntryOf(packet, tls))];
        UnreadablePackets = tcp.UnreadablePackets;
        IsTruncated = tcp.IsTruncated;
        StartedAt = Entries.Count > 0 ? Entries[0].SentAt : TimeSpan.Zero;

        if (tcp.Syn is { } syn)
        {
            SynPayloadBytes = syn.Segment.Payload.Length;
            SynPayloadBytesTaken = Math.Min(tcp.SynBytesTaken, SynPayloadBytes);
            ClientHelloInSyn = TlsBytes.BeginsWithClientHello(syn.Segment.Payload.Span);
            FastOpenCookie = CookieOf(syn);
            FastOpenCookieGranted = tcp.SynAck is { } synAck && CookieOf(synAck) == FastOpenCookie.Sent;
        }

        IsTls = tls.IsTls || ClientHelloInSyn;
        TlsVersion = ProtocolOf(tls.Version);
        HelloRetryRequestSeen = tls.HasHelloRetryRequest;
        SessionResumed = tls.IsResumed;
        EarlyData = tls.EarlyData;

        if (tls.RequestStart is { } request && tcp.ClientStream.SenderOf(request) is { } requestPacket)
        {
            RequestSentAt = requestPacket.SentAt;
            RequestSentRoundTrips = tcp.Syn is null ? null : requestPacket.Depth / 2;
        }

        if (tls.ResponseStart is { } response && tcp.ServerStream.ReadableAt(response) is { } firstByteAt)
        {
            FirstByteAt = firstByteAt;
            int? depth = tcp.ServerStream.SenderOf(response)?.Depth;
            FirstByteRoundTrips = tcp.Syn is null ? null : (depth + 1) / 2;
        }
    }

    /// <summary>The packets in the order of sending.</summary>
    public IReadOnlyList<LedgerEntry> Entries { get; }

    /// <summary>When the first packet was sent, on the clock of the capture.</summary>
    public TimeSpan StartedAt { get; }

    /// <summary>Bytes of data in the client's first SYN.</summary>
    public int SynPayloadBytes { get; }

    /// <summary>
    /// How many of <see cref="SynPayloadBytes"/> the server's SYN-ACK acknowledged (RFC 7413, section 4.2.2).
    /// </summary>
    public int SynPayloadBytesTaken { get; }

    /// <summary>What the client's first SYN says in its Fast Open option.</summary>
    public FastOpenCookie FastOpenCookie { get; }

    /// <summary>Whether the SYN-ACK brought a cookie for next time.</summary>
    public bool FastOpenCookieGranted { get; }

    /// <summary>
    /// Whether the data in the client's first SYN begins with a TLS record that begins with a ClientHello.
    /// </summary>
    public bool ClientHelloInSyn { get; }

    /// <summary>Whether <see cref="ClientHelloInSyn"/>, and the server acknowledged all data of the SYN.</summary>
    public bool ClientHelloInSynTaken => ClientHelloInSyn && SynPayloadBytesTaken == SynPayloadBytes;

    /// <summary>Whether the client speaks TLS: its stream, or its SYN, begins with a ClientHello.</summary>
    public bool IsTls { get; }

    /// <summary>
    /// The version that the ServerHello chose; None if there is no ServerHello, or it is older than TLS 1.2.
    /// </summary>
    public SslProtocols TlsVersion { get; }

    /// <summary>Whether the server sent a HelloRetryRequest.</summary>
    public bool HelloRetryRequestSeen { get; }

    /// <summary>
    /// TLS 1.3: whether the ServerHello takes a pre-shared key, so that the handshake resumes a session and no
    /// certificate is sent (RFC 8446, section 2.2). False in older versions.
    /// </summary>
    public bool SessionResumed { get; }

    /// <summary>Whether the client sent early data, and what became of it.</summary>
    public EarlyDataUse EarlyData { get; }

    /// <summary>
    /// Round trips that had to pass, TCP's included, before the request's first byte could be sent; null if there was
    /// no
    /// request, or the capture does not hold the SYN.
    /// </summary>
    public int? RequestSentRoundTrips { get; }

    /// <summary>
    /// Round trips that had to pass, TCP's included, before the response's first byte could arrive; null if none
    /// arrived, or the capture does not hold the SYN.
    /// </summary>
    public int? FirstByteRoundTrips { get; }

    /// <summary>
    /// When the request's first byte was sent, on the clock of the capture; null if there was no request.
    /// </summary>
    public TimeSpan? RequestSentAt { get; }

    /// <summary>
    /// When the response's first byte was readable at the client, on the clock of the capture; null if never.
    /// </summary>
    public TimeSpan? FirstByteAt { get; }

    /// <summary>Packets that carried only what had been sent before.</summary>
    public int Retransmissions => Entries.Count(entry => entry.IsRetransmission);

    /// <summary>Packets that the wire lost.</summary>
    public int LostPackets => Entries.Count(entry => entry.IsLost);

    /// <summary>Packets that were left out because they are not whole TCP segments in IP packets.</summary>
    public int UnreadablePackets { get; }

    /// <summary>Whether packets were left out because of <see cref="RoundTripLedgerOptions.MaximumPackets"/>.</summary>
    public bool IsTruncated { get; }

    /// <summary>Reads the packets of one TCP connection.</summary>
    /// <param name="packets">
    /// The connection's packets in any order; not copied, so their bytes must stay as they are meanwhile.
    /// </param>
    /// <param name="options">What the packets do not show; null for the defaults.</param>
    /// <returns>The ledger. Packets with malformed contents are told as far as they can be, and never make it
    /// fail.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="packets"/> or one of them is null.</exception>
    /// <exception cref="ArgumentException">A packet is said to be delivered before it was sent.</exception>
    public static RoundTripLedger Read(IEnumerable<CapturedPacket> packets, RoundTripLedgerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(packets);
        options ??= new RoundTripLedgerOptions();

        var tcp = TcpConversation.Read(packets, options.MaximumPackets);
        var tls = new TlsConversation(tcp, options);
        CausalDepth.Assign(tcp, tls);
        return new RoundTripLedger(tcp, tls);
    }

    private static LedgerEntry EntryOf(ConnectionPacket packet, TlsConversation tls) => new(
        packet.Direction,
        packet.SentAt,
        packet.DeliveredAt,
        ContentsOf(packet, tls),
        packet.Segment.Payload.Length,
        packet.IsRetransmission,
        packet.Depth);

    private static PacketContents ContentsOf(ConnectionPacket packet, TlsConversation tls)
    {
        var contents = tls.ContentsOf(packet);
        if (packet.IsSyn)
        {
            contents |= packet.Segment.Flags.HasFlag(TcpFlags.Ack) ? PacketContents.SynAck : PacketContents.Syn;
            if (packet.HasPayload && packet.StreamBytes.IsEmpty)
            {
                contents |= TlsBytes.BeginsWithClientHello(packet.Segment.Payload.Span)
                    ? PacketContents.ClientHello
                    : PacketContents.OtherData;
            }
        }

        if (packet.IsFin)
            contents |= PacketContents.Fin;
        if (packet.IsReset)
            contents |= PacketContents.Reset;
        if (contents == PacketContents.None)
            contents = packet.HasPayload ? PacketContents.OtherData : PacketContents.Ack;
        return contents;
    }

    private static FastOpenCookie CookieOf(ConnectionPacket packet)
    {
        if (packet.Segment.TryGetOption(FastOpenOption, out var cookie))
            return cookie.IsEmpty ? FastOpenCookie.Requested : FastOpenCookie.Sent;
        if (packet.Segment.TryGetOption(ExperimentalOption, out cookie)
            && cookie.Span.StartsWith(FastOpenExperiment))
            return cookie.Length == FastOpenExperiment.Length ? FastOpenCookie.Requested : FastOpenCookie.Sent;
        return FastOpenCookie.None;
    }

    internal static SslProtocols ProtocolOf(ProtocolVersion version) =>
        version == ProtocolVersion.Tls13 ? SslProtocols.Tls13
        : version == ProtocolVersion.Tls12 ? SslProtocols.Tls12
        : SslProtocols.None;
}
