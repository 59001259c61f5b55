using System.Net.Security;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// What client and server engines are configured with alike. Immutable; one serves many connections at once.
/// </summary>
public abstract class TlsConfiguration
{
    private readonly int? _recordSizeLimit;
    private readonly int _recordPadding = 1;
    private readonly IReadOnlyList<ProtocolVersion> _versions = [ProtocolVersion.Tls13];
    private CipherSuite[]? _tls13CipherSuites;
    private CipherSuite[]? _tls12CipherSuites;
    private SignatureScheme[]? _tls12SignatureSchemes;

    private protected TlsConfiguration(TlsCryptoProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        Provider = provider;
        CipherSuites = provider.CipherSuites;
        Groups = provider.Groups;
        SignatureSchemes = provider.SignatureSchemes;
        CertificateCompressionAlgorithms = provider.CertificateCompressionAlgorithms;
    }

    /// <summary>The cryptography and the randomness of every connection.</summary>
    public TlsCryptoProvider Provider { get; }

    /// <summary>
    /// The protocol versions that are spoken: TLS 1.3, which is the default, TLS 1.2, or both; the newest that the peer speaks too is
    /// taken. One that has no suite among <see cref="CipherSuites"/> is not spoken.
    /// </summary>
    /// <exception cref="ArgumentException">There is none, or one that is not known here.</exception>
    public IReadOnlyList<ProtocolVersion> Versions
    {
        get => _versions;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Count == 0 || value.Any(version => version != ProtocolVersion.Tls12 && version != ProtocolVersion.Tls13))
                throw new ArgumentException("The versions are TLS 1.2, TLS 1.3 or both.", nameof(value));
            _versions = value;
        }
    }

    /// <summary>
    /// Whether TLS 1.2 is spoken only with peers that bind the master secret to the handshake (RFC 7627); true by default. Without that,
    /// two connections can be made to share their secrets: nothing is resumed and nothing exported then.
    /// </summary>
    public bool RequireExtendedMasterSecret { get; init; } = true;

    /// <summary>Cipher suites of every version, best first; by default all that the provider has.</summary>
    public IReadOnlyList<CipherSuite> CipherSuites { get; init; }

    /// <summary>Key exchange groups, best first; by default all that the provider has.</summary>
    public IReadOnlyList<NamedGroup> Groups { get; init; }

    /// <summary>Schemes that the peer may sign with, best first; by default all that the provider can check.</summary>
    public IReadOnlyList<SignatureScheme> SignatureSchemes { get; init; }

    /// <summary>
    /// How certificate chains may be compressed (RFC 8879), best first; by default all that the provider can. Empty for not at all.
    /// </summary>
    public IReadOnlyList<CertificateCompressionAlgorithm> CertificateCompressionAlgorithms { get; init; }

    /// <summary>
    /// Application protocols, best first (RFC 7301); empty by default, and ALPN is then not negotiated.
    /// </summary>
    public IReadOnlyList<SslApplicationProtocol> ApplicationProtocols { get; init; } = [];

    /// <summary>
    /// The largest protected record that this side wants to receive, in bytes of TLSInnerPlaintext: 64 to 16,385
    /// (RFC 8449). A client with null, the default, does not send the extension; a server answers it with 16,385.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the limits.</exception>
    public int? RecordSizeLimit
    {
        get => _recordSizeLimit;
        init
        {
            if (value is { } limit)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(limit, RecordLayer.MinimumSizeLimit, nameof(value));
                ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, RecordLayer.MaximumInnerPlaintext, nameof(value));
            }

            _recordSizeLimit = value;
        }
    }

    /// <summary>
    /// Protected records are padded until their inner plaintext is a multiple of this many bytes, 1 to 4,096
    /// (RFC 8446 section 5.4). 1, the default, pads nothing.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the limits.</exception>
    public int RecordPadding
    {
        get => _recordPadding;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 4096);
            _recordPadding = value;
        }
    }

    /// <summary>
    /// Receives a line in the SSLKEYLOGFILE format for each secret of each connection. Whoever holds the lines can read
    /// the
    /// traffic: for debugging only. Null, the default, logs nothing. Called on the thread that drives the engine.
    /// </summary>
    public Action<string>? KeyLog { get; init; }

    /// <summary>The suites of TLS 1.3; empty where it is not spoken.</summary>
    internal IReadOnlyList<CipherSuite> Tls13CipherSuites => _tls13CipherSuites ??= Versions.Contains(ProtocolVersion.Tls13)
        ? [.. CipherSuites.Where(suite => suite.IsTls13)]
        : [];

    /// <summary>The suites of TLS 1.2; empty where it is not spoken.</summary>
    internal IReadOnlyList<CipherSuite> Tls12CipherSuites => _tls12CipherSuites ??= Versions.Contains(ProtocolVersion.Tls12)
        ? [.. CipherSuites.Where(Tls12CipherSuiteParameters.IsKnown)]
        : [];

    /// <summary>What a peer may sign with in TLS 1.2: where RSA is taken, PKCS #1 v1.5 is too.</summary>
    internal IReadOnlyList<SignatureScheme> Tls12SignatureSchemes =>
        _tls12SignatureSchemes ??= [.. TlsClientConfiguration.WithCertificateSchemes(SignatureSchemes)];

    internal bool SpeaksTls13 => Tls13CipherSuites.Count > 0;

    internal bool SpeaksTls12 => Tls12CipherSuites.Count > 0;
}
