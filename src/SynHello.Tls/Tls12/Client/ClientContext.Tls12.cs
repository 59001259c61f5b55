using SynHello.Wire;

namespace SynHello.Tls;

/// <content>What the client keeps in TLS 1.2.</content>
internal sealed partial class ClientContext
{
    /// <summary>The session of TLS 1.2 on offer; null for none, and once another handshake was agreed on.</summary>
    public TlsSession? Tls12Session { get; private set; }

    /// <summary>The session on offer, of whatever version.</summary>
    public TlsSession? OfferedSession => Tls12Session ?? Session;

    /// <summary>The client's Random.</summary>
    public ReadOnlySpan<byte> Random => _random;

    /// <summary>What a server may answer with in TLS 1.2: renegotiation_info was offered by a code point among the suites.</summary>
    public ExtensionSet AnswerableInTls12 => Offered.With(ExtensionType.RenegotiationInfo);

    /// <summary>The ID that the server gave to a new session; empty when it gave none.</summary>
    public byte[] NewSessionId { get; set; } = [];

    /// <summary>Whether the server said that it would send a ticket.</summary>
    public bool IsTicketPromised { get; set; }

    /// <summary>The ticket that it sent; empty until then, and when it gave none after all.</summary>
    public byte[] Ticket { get; set; } = [];

    /// <summary>How long the server would like it to be kept, in seconds; 0 when it does not say.</summary>
    public uint TicketLifetimeHint { get; set; }

    /// <summary>Whether the server said that an OCSP response would come.</summary>
    public bool IsStatusPromised { get; set; }

    /// <summary>The server's public value.</summary>
    public byte[] ServerPublicKey { get; set; } = [];

    /// <summary>What this side shows; null when it shows nothing.</summary>
    public (TlsCredential Credential, SignatureScheme Scheme)? Credential { get; set; }

    /// <summary>Offers a session, or none.</summary>
    public void Offer(TlsSession? session)
    {
        Session = session?.Version == ProtocolVersion.Tls13 ? session : null;
        Tls12Session = session?.Version == ProtocolVersion.Tls12 ? session : null;
        if (Tls12Session is null || _sessionId.Length > 0)
            return;

        // RFC 5077 section 3.4: an echo of this ID says that the ticket was taken.
        _sessionId = new byte[32];
        Provider.FillRandom(_sessionId);
    }
}
