using System.Buffers.Binary;
using System.Net.Security;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What client engines are configured with. Immutable and thread-safe: one serves many connections.</summary>
/// <param name="provider">The cryptography of every connection.</param>
public sealed class TlsClientConfiguration(TlsCryptoProvider provider) : TlsConfiguration(provider)
{
    private readonly int? _ticketRequest;
    private readonly int? _resumptionTicketRequest;
    private Offer? _offer;

    /// <summary>
    /// The groups that the ClientHello carries key shares for; each must be one of <see
    /// cref="TlsConfiguration.Groups"/>.
    /// Null, the default, means the first group alone, because the SYN is small.
    /// </summary>
    public IReadOnlyList<NamedGroup>? KeyShareGroups { get; init; }

    /// <summary>
    /// Whether the handshake is made to look like TLS 1.2 to middleboxes: a legacy_session_id of 32 octets and a
    /// change_cipher_spec record (RFC 8446 appendix D.4). True by default.
    /// </summary>
    public bool MiddleboxCompatibility { get; init; } = true;

    /// <summary>
    /// The clock of sessions' ages. Null, the default, takes no tickets and resumes nothing.
    /// </summary>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>
    /// How many tickets the server is asked for (RFC 9149), 1 to 255. Null, the default, does not ask, and leaves it to
    /// the server, which saves 6 bytes of the SYN.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the limits.</exception>
    public int? TicketRequest
    {
        get => _ticketRequest;
        init
        {
            if (value is { } count)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(value));
                ArgumentOutOfRangeException.ThrowIfGreaterThan(count, byte.MaxValue, nameof(value));
            }

            _ticketRequest = value;
        }
    }

    /// <summary>
    /// How many tickets the server is asked for when it resumes a session (RFC 9149 section 3), 0 to 255, where <see
    /// cref="TicketRequest"/> asks at all. Null, the default, asks for as many as then.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the limits.</exception>
    public int? ResumptionTicketRequest
    {
        get => _resumptionTicketRequest;
        init
        {
            if (value is { } count)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(count, nameof(value));
                ArgumentOutOfRangeException.ThrowIfGreaterThan(count, byte.MaxValue, nameof(value));
            }

            _resumptionTicketRequest = value;
        }
    }

    /// <summary>
    /// Whether a session may be resumed by the pre-shared key alone (psk_ke, RFC 8446 section 4.2.9), without forward
    /// secrecy, if the server wants that. False by default.
    /// </summary>
    public bool AllowPskKeyExchange { get; init; }

    /// <summary>What is shown to servers that ask for a certificate, best first; none by default.</summary>
    public IReadOnlyList<TlsCredential> Credentials { get; init; } = [];

    /// <summary>
    /// Chooses the certificates to show by what the server asks for: gives them best first, none to show none, or null to be asked
    /// with <see cref="TlsEvent.NeedCredential"/>. It is called inside the engine: it must not wait. Null, the default, shows one of
    /// <see cref="Credentials"/>.
    /// </summary>
    public Func<TlsCredentialRequest, IReadOnlyList<TlsCredential>?>? CredentialSelector { get; init; }

    /// <summary>
    /// Whether the server is asked for OCSP responses along with its certificates (RFC 6066 section 8, RFC 8446 section 4.4.2.1);
    /// what it sends is in <see cref="TlsNegotiation.PeerOcspResponses"/>, not checked. False by default.
    /// </summary>
    public bool RequestOcspResponses { get; init; }

    /// <summary>
    /// Whether, in TLS 1.2, application data may leave right behind this side's Finished, before the server's has come, which saves a
    /// round trip (False Start, RFC 7918): where application protocols are offered and one was chosen, or none are offered. True by
    /// default. Every suite and group that is spoken here is strong enough for it.
    /// </summary>
    public bool AllowFalseStart { get; init; } = true;

    /// <summary>The parts of the ClientHello that are the same in each connection, encoded once.</summary>
    /// <exception cref="InvalidOperationException">A list that may not be empty is.</exception>
    internal Offer Encoded => _offer ??= new Offer(this);

    /// <summary>
    /// Adds PKCS #1 v1.5 where RSA is taken: without signature_algorithms_cert the list speaks for the chain's certificates
    /// too, and most of those are signed that way (RFC 8446 sections 4.2.3, 9.1). A CertificateVerify may not use it.
    /// </summary>
    internal static IReadOnlyList<SignatureScheme> WithCertificateSchemes(IReadOnlyList<SignatureScheme> schemes) =>
        !schemes.Contains(SignatureScheme.RsaPssRsaeSha256)
            ? schemes
            : [.. schemes, SignatureScheme.RsaPkcs1Sha256, SignatureScheme.RsaPkcs1Sha384, SignatureScheme.RsaPkcs1Sha512];

    internal sealed class Offer
    {
        public Offer(TlsClientConfiguration configuration)
        {
            bool offersTls12 = configuration.SpeaksTls12, offersTls13 = configuration.SpeaksTls13;
            List<CipherSuite> suites = [.. configuration.Tls13CipherSuites, .. configuration.Tls12CipherSuites];
            if (offersTls12)
                suites.Add(CipherSuite.EmptyRenegotiationInfoScsv); // two octets, where the extension takes five (RFC 5746 section 3.4)
            CipherSuites = Encode(suites, suite => suite.Value, nameof(CipherSuites));
            Versions = offersTls13 && offersTls12 ? [3, 4, 3, 3] : [3, 4];
            Groups = Encode(configuration.Groups, group => group.Value, nameof(Groups));
            SignatureSchemes = Encode(
                WithCertificateSchemes(configuration.SignatureSchemes), scheme => scheme.Value, nameof(SignatureSchemes));
            CertificateCompressionAlgorithms =
                [.. configuration.CertificateCompressionAlgorithms.SelectMany(algorithm => Octets(algorithm.Value))];
            ApplicationProtocols = EncodeProtocols(configuration.ApplicationProtocols);
            KeyShareGroups = !offersTls13 ? [] : configuration.KeyShareGroups ?? [configuration.Groups[0]];
            foreach (NamedGroup group in KeyShareGroups)
            {
                if (!configuration.Groups.Contains(group))
                    throw new InvalidOperationException($"A key share of {group} is configured, but the group is not.");
            }

            var present = default(ExtensionSet);
            present = present.With(ExtensionType.SupportedGroups)
                .With(ExtensionType.SignatureAlgorithms);
            if (offersTls13)
                present = present.With(ExtensionType.SupportedVersions).With(ExtensionType.KeyShare);
            if (offersTls12)
                present = present.With(ExtensionType.EcPointFormats).With(ExtensionType.ExtendedMasterSecret);
            if (ApplicationProtocols.Length > 0)
                present = present.With(ExtensionType.ApplicationLayerProtocolNegotiation);
            if (configuration.RequestOcspResponses)
                present = present.With(ExtensionType.StatusRequest);
            if (CertificateCompressionAlgorithms.Length > 0 && offersTls13)
                present = present.With(ExtensionType.CompressCertificate);
            if (configuration.RecordSizeLimit is not null)
                present = present.With(ExtensionType.RecordSizeLimit);
            if (configuration.TimeProvider is not null && offersTls12)
                present = present.With(ExtensionType.SessionTicket);
            if (configuration.TimeProvider is not null && offersTls13)
            {
                present = present.With(ExtensionType.PskKeyExchangeModes);
                if (configuration.TicketRequest is not null)
                    present = present.With(ExtensionType.TicketRequest);
            }

            Extensions = present;
        }

        public byte[] CipherSuites { get; }

        /// <summary>The versions of supported_versions.</summary>
        public byte[] Versions { get; }

        public byte[] Groups { get; }

        public byte[] SignatureSchemes { get; }

        public byte[] CertificateCompressionAlgorithms { get; }

        public byte[] ApplicationProtocols { get; }

        public IReadOnlyList<NamedGroup> KeyShareGroups { get; }

        public ExtensionSet Extensions { get; }

        private static byte[] Octets(ushort value) => [(byte)(value >> 8), (byte)value];

        private static byte[] Encode<T>(IReadOnlyList<T> values, Func<T, ushort> code, string name)
        {
            if (values.Count == 0)
                throw new InvalidOperationException($"{name} is empty.");
            byte[] encoded = new byte[2 * values.Count];
            for (int i = 0; i < values.Count; i++)
                BinaryPrimitives.WriteUInt16BigEndian(encoded.AsSpan(2 * i), code(values[i]));
            return encoded;
        }

        private static byte[] EncodeProtocols(IReadOnlyList<SslApplicationProtocol> protocols)
        {
            using var writer = new TlsWriter();
            foreach (SslApplicationProtocol protocol in protocols)
                writer.WriteVector8(protocol.Protocol.Span);
            return writer.Written.ToArray();
        }
    }
}
