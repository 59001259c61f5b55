using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What the server keeps from one state to the next.</summary>
internal sealed partial class ServerContext(TlsServerConfiguration configuration) : ConnectionContext(configuration)
{
    public TlsServerConfiguration Configuration { get; } = configuration;

    /// <summary>What may come next because the client sent early data; taken over by the engine.</summary>
    public EarlyDataSkip EarlyDataSkip { get; set; }

    /// <summary>
    /// The early data that a client may send which keeps to its ticket, in bytes: the limit of today, or that of the
    /// ticket which it shows, if that was higher.
    /// </summary>
    public long SkippableEarlyData { get; set; } = configuration.Resumption?.MaximumEarlyData ?? 0L;

    /// <summary>The session that is resumed; null for a full handshake, and once the flight is made.</summary>
    public ResumedSession? Session { get; set; }

    /// <summary>The ClientHello that waits for an answer, or for the client's certificate; null when none does.</summary>
    public byte[]? PendingClientHello { get; set; }

    /// <summary>The suite and the group that were chosen for it.</summary>
    public (CipherSuite Suite, NamedGroup Group) PendingChoice { get; set; }

    /// <summary>What is shown to the client, and the scheme that its key signs with; null until it was chosen.</summary>
    public (TlsCredential Credential, SignatureScheme Scheme)? Credential { get; set; }

    /// <summary>Whether this handshake asks the client for a certificate.</summary>
    public bool AsksForCertificate { get; set; }

    /// <summary>What the CertificateRequest offered.</summary>
    public ExtensionSet Requested { get; set; }

    /// <summary>
    /// Until when the verdict on the client's certificate holds, in milliseconds of Unix time: no session outlives it.
    /// </summary>
    public long ClientVerifiedUntil { get; set; }

    /// <summary>The key of the client's certificate, until its signature was checked.</summary>
    public CertificateKey? ClientKey { get; set; }

    /// <summary>What a verdict on early data is waited for about; null when none is.</summary>
    public EarlyDataAttempt? EarlyDataAttempt { get; set; }

    /// <summary>Whether early data is taken.</summary>
    public bool IsEarlyDataAccepted { get; set; }

    /// <summary>
    /// The largest inner plaintext to receive; early data keeps to that of the connection that its ticket is from (RFC
    /// 8449 section 4).
    /// </summary>
    public int ReadSizeLimit { get; set; } = RecordLayer.MaximumInnerPlaintext;

    /// <summary>client_handshake_traffic_secret, until the client's Finished.</summary>
    public byte[] ClientHandshakeSecret { get; } = new byte[CipherSuiteParameters.MaximumHashLength];

    /// <summary>What the client's Finished has to hold.</summary>
    public byte[] ClientFinished { get; } = new byte[CipherSuiteParameters.MaximumHashLength];

    /// <summary>client_application_traffic_secret_0, until the client's Finished.</summary>
    public byte[] ClientApplicationSecret { get; } = new byte[CipherSuiteParameters.MaximumHashLength];

    public override void Dispose()
    {
        CryptographicOperations.ZeroMemory(ClientApplicationSecret);
        CryptographicOperations.ZeroMemory(ClientHandshakeSecret);
        Session?.Dispose();
        ClientKey?.Dispose();
        KeyExchange?.Dispose();
        base.Dispose();
    }
}
