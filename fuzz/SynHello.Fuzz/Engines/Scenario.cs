using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Engines;

/// <summary>A kind of handshake.</summary>
/// <param name="Name">For a person.</param>
internal sealed record Scenario(string Name)
{
    /// <summary>All of them. The corpus names them by their place: new ones go to the end.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("full"),
        new("retry") { Retries = true },
        new("resumed with early data") { Resumes = true, EarlyData = 300 },
        new("resumed with early data that is refused") { Resumes = true, EarlyData = 300, RefusesEarlyData = true },
        new("resumed with early data and a retry") { Resumes = true, EarlyData = 300, Retries = true },
        new("client certificate") { ClientCertificates = TlsClientCertificateMode.Required, CertificateKind = 3 },
        new("everything elsewhere")
        {
            ClientCertificates = TlsClientCertificateMode.Requested, AsksForCredentials = true, SignsElsewhere = true, CertificateKind = 2,
            IsUncompressed = true,
        },
        new("either version, small records") { Versions = Either, RecordSizeLimit = 200, IsStapled = true, IsUncompressed = true },
        new("1.2 full") { Versions = Tls12, IsStapled = true },
        new("1.2 of an offer of both, client certificate")
        {
            Versions = Either, ServerVersions = Tls12, ClientCertificates = TlsClientCertificateMode.Required, CertificateKind = 2,
        },
        new("1.2 by ticket") { Versions = Tls12, Resumes = true },
        new("1.2 by ID") { Versions = Tls12, Resumes = true, ByIdentifier = true },
        new("1.2 by ID that is looked up elsewhere")
        {
            Versions = Either, ServerVersions = Tls12, Resumes = true, ByIdentifier = true, LooksElsewhere = true,
        },
        new("1.2 with everything elsewhere")
        {
            Versions = Tls12, ClientCertificates = TlsClientCertificateMode.Requested, AsksForCredentials = true, SignsElsewhere = true,
        },
        new("1.2 without extended master secret required") { Versions = Tls12, AllowsPlainMasterSecret = true, CertificateKind = 3 },
        new("resumed without early data") { Resumes = true, ClientCertificates = TlsClientCertificateMode.Required, KeyAlone = true },
    ];

    private static ProtocolVersion[] Tls12 => [ProtocolVersion.Tls12];

    private static ProtocolVersion[] Either => [ProtocolVersion.Tls13, ProtocolVersion.Tls12];

    public IReadOnlyList<ProtocolVersion> Versions { get; init; } = [ProtocolVersion.Tls13];

    /// <summary>The server's, where they are others.</summary>
    public IReadOnlyList<ProtocolVersion>? ServerVersions { get; init; }

    /// <summary>Whether the server asks for another group.</summary>
    public bool Retries { get; init; }

    /// <summary>Whether it is a second visit.</summary>
    public bool Resumes { get; init; }

    /// <summary>Whether a session may be resumed without a new key agreement.</summary>
    public bool KeyAlone { get; init; }

    /// <summary>How many bytes of early data there are.</summary>
    public int EarlyData { get; init; }

    public bool RefusesEarlyData { get; init; }

    public TlsClientCertificateMode ClientCertificates { get; init; }

    /// <summary>Whether both sides are asked which certificate they show.</summary>
    public bool AsksForCredentials { get; init; }

    public bool SignsElsewhere { get; init; }

    public bool IsStapled { get; init; }

    /// <summary>Whether nobody offers to take compressed certificates.</summary>
    public bool IsUncompressed { get; init; }

    /// <summary>What key the certificates have.</summary>
    public byte CertificateKind { get; init; } = 1;

    public int? RecordSizeLimit { get; init; }

    /// <summary>Whether the server keeps its sessions of TLS 1.2, instead of giving out tickets.</summary>
    public bool ByIdentifier { get; init; }

    /// <summary>Whether it has to ask for them.</summary>
    public bool LooksElsewhere { get; init; }

    public bool AllowsPlainMasterSecret { get; init; }
}
