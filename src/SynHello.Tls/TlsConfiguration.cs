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

    /// <summary>Cipher suites, best first; by default all that the provider has.</summary>
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
}
