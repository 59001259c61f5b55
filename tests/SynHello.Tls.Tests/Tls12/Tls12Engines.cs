using System.Net.Security;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Configurations and pairs that speak TLS 1.2.</summary>
internal static class Tls12Engines
{
    public static readonly ProtocolVersion[] Only = [ProtocolVersion.Tls12];

    public static readonly ProtocolVersion[] Both = [ProtocolVersion.Tls13, ProtocolVersion.Tls12];

    public static readonly CipherSuite[] Suites =
    [
        CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256,
        CipherSuite.TlsEcdheEcdsaWithAes256GcmSha384,
        CipherSuite.TlsEcdheEcdsaWithChaCha20Poly1305Sha256,
        CipherSuite.TlsEcdheRsaWithAes128GcmSha256,
        CipherSuite.TlsEcdheRsaWithAes256GcmSha384,
        CipherSuite.TlsEcdheRsaWithChaCha20Poly1305Sha256,
    ];

    public static TlsClientConfiguration Client(
        IReadOnlyList<ProtocolVersion>? versions = null,
        TimeProvider? clock = null,
        IReadOnlyList<SslApplicationProtocol>? protocols = null,
        IReadOnlyList<CipherSuite>? suites = null,
        IReadOnlyList<NamedGroup>? groups = null,
        bool falseStart = true,
        bool requireExtendedMasterSecret = true) => new(DefaultCryptoProvider.Instance)
        {
            Versions = versions ?? Both,
            TimeProvider = clock,
            ApplicationProtocols = protocols ?? [],
            CipherSuites = suites ?? DefaultCryptoProvider.Instance.CipherSuites,
            Groups = groups ?? DefaultCryptoProvider.Instance.Groups,
            AllowFalseStart = falseStart,
            RequireExtendedMasterSecret = requireExtendedMasterSecret,
        };

    public static TlsServerConfiguration Server(
        IReadOnlyList<TlsCredential>? credentials = null,
        IReadOnlyList<ProtocolVersion>? versions = null,
        TlsServerResumption? resumption = null,
        IReadOnlyList<SslApplicationProtocol>? protocols = null,
        TlsClientCertificateMode clientCertificates = TlsClientCertificateMode.None,
        IReadOnlyList<CipherSuite>? suites = null,
        bool requireExtendedMasterSecret = true) =>
        new(DefaultCryptoProvider.Instance, credentials ?? [Engines.Credential()])
        {
            Versions = versions ?? Only,
            Resumption = resumption,
            ApplicationProtocols = protocols ?? [],
            ClientCertificateMode = clientCertificates,
            CipherSuites = suites ?? DefaultCryptoProvider.Instance.CipherSuites,
            RequireExtendedMasterSecret = requireExtendedMasterSecret,
        };

    public static EnginePair Connected(TlsClientConfiguration? client = null, TlsServerConfiguration? server = null)
    {
        EnginePair pair = new EnginePair(client ?? Client(), server ?? Server()).Handshake();
        Engines.AssertConnected(pair);
        Assert.Equal(ProtocolVersion.Tls12, pair.Client.Engine.Negotiated.Version);
        Assert.Equal(ProtocolVersion.Tls12, pair.Server.Engine.Negotiated.Version);
        return pair;
    }

    public static byte[] Export(EngineEnd end, string label, byte[] context, int length)
    {
        byte[] material = new byte[length];
        end.Engine.ExportKeyingMaterial(label, context, material);
        return material;
    }
}
