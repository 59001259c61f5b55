using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>
/// What the runner says a connection will turn out to be; a default is no expectation unless said otherwise.
/// </summary>
internal sealed class ExpectedOutcome
{
    public ushort Version { get; set; }

    public CipherSuite CipherSuite { get; set; }

    public NamedGroup Group { get; set; }

    public SignatureScheme PeerSignatureScheme { get; set; }

    public List<SignatureScheme> PeerVerifyPreferences { get; } = [];

    public string? ServerName { get; set; }

    /// <summary>What a client ends up with; nothing is an expectation too.</summary>
    public string ApplicationProtocol { get; set; } = "";

    public byte[]? AdvertisedProtocols { get; set; }

    public byte[]? OcspResponse { get; set; }

    public string? PeerCertificateFile { get; set; }

    public byte[][]? ClientAuthorities { get; set; }

    public bool SessionMiss { get; set; }

    public bool NoSession { get; set; }

    public bool TicketRenewal { get; set; }

    public bool SessionId { get; set; }

    public bool NoSessionId { get; set; }

    public bool TicketSupportsEarlyData { get; set; }

    public bool EarlyDataAccepted { get; set; }

    public bool EarlyDataRejected { get; set; }

    public bool NoEarlyDataOffered { get; set; }

    /// <summary>The runner's word for why early data was taken or not: only whether it was is compared.</summary>
    public string? EarlyDataReason { get; set; }

    public bool HelloRetryRequest { get; set; }

    public bool NoHelloRetryRequest { get; set; }

    public bool ExtendedMasterSecret { get; set; }

    public bool SecureRenegotiation { get; set; }

    public bool HandshakeNeverDone { get; set; }
}
