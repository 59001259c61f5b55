using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What server engines are configured with. Immutable and thread-safe: one serves many connections.</summary>
public sealed class TlsServerConfiguration : TlsConfiguration
{
    private readonly byte[] _cookieKey = new byte[32];
    private ClientAuthentication? _request;

    /// <summary>Configures servers.</summary>
    /// <param name="provider">The cryptography of every connection.</param>
    /// <param name="credentials">
    /// The certificates, best first: the first that can sign with a scheme that the client takes is used. Empty where
    /// <see cref="CredentialSelector"/> has them all.
    /// </param>
    public TlsServerConfiguration(TlsCryptoProvider provider, IReadOnlyList<TlsCredential> credentials)
        : base(provider)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        Credentials = credentials;
        provider.FillRandom(_cookieKey);
    }

    /// <summary>The certificates, best first.</summary>
    public IReadOnlyList<TlsCredential> Credentials { get; }

    /// <summary>
    /// Chooses the certificates to show by the host that the client asks for: gives them best first, none to refuse the client
    /// (<see cref="TlsErrorCause.UnrecognizedName"/>), or null to be asked with <see cref="TlsEvent.NeedCredential"/>. It is called
    /// inside the engine: it must not wait. Null, the default, shows one of <see cref="Credentials"/>.
    /// </summary>
    public Func<TlsCredentialRequest, IReadOnlyList<TlsCredential>?>? CredentialSelector { get; init; }

    /// <summary>Whether clients are asked for a certificate; by default they are not.</summary>
    public TlsClientCertificateMode ClientCertificateMode { get; init; }

    /// <summary>
    /// The DER of the names of authorities whose certificates are taken of clients, to help them choose; empty, the default, says
    /// nothing.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> ClientCertificateAuthorities { get; init; } = [];

    /// <summary>How clients may come back. Null, the default, gives out no tickets and resumes nothing.</summary>
    public TlsServerResumption? Resumption { get; init; }

    /// <summary>
    /// The key of HelloRetryRequest cookies: drawn at random for each configuration, so a cookie is of no use to
    /// another one and none outlives the process.
    /// </summary>
    internal ReadOnlySpan<byte> CookieKey => _cookieKey;

    /// <summary>Groups to name in EncryptedExtensions (RFC 8446 section 4.2.7); only recorded traces need it.</summary>
    internal IReadOnlyList<NamedGroup>? AnnouncedGroups { get; init; }

    /// <summary>What the CertificateRequest holds, encoded once.</summary>
    internal ClientAuthentication EncodedRequest => _request ??= new ClientAuthentication(this);

    /// <summary>The parts of a CertificateRequest (RFC 8446 section 4.3.2).</summary>
    internal sealed class ClientAuthentication
    {
        public ClientAuthentication(TlsServerConfiguration configuration)
        {
            using var writer = new TlsWriter();
            foreach (SignatureScheme scheme in TlsClientConfiguration.WithCertificateSchemes(configuration.SignatureSchemes))
                writer.WriteUInt16(scheme.Value);
            SignatureSchemes = writer.Written.ToArray();
            writer.Clear();
            foreach (CertificateCompressionAlgorithm algorithm in configuration.CertificateCompressionAlgorithms)
                writer.WriteUInt16(algorithm.Value);
            CompressionAlgorithms = writer.Written.ToArray();
            writer.Clear();
            foreach (ReadOnlyMemory<byte> name in configuration.ClientCertificateAuthorities)
                writer.WriteVector16(name.Span);
            Authorities = writer.Written.ToArray();
            if (CompressionAlgorithms.Length > 0)
                Extensions = Extensions.With(ExtensionType.CompressCertificate);
        }

        public byte[] SignatureSchemes { get; }

        public byte[] CompressionAlgorithms { get; }

        public byte[] Authorities { get; }

        /// <summary>What a client may answer with.</summary>
        public ExtensionSet Extensions { get; }
    }
}
