using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>What the runner asks of one connection, by the names of its flags.</summary>
internal sealed class ShimFlags
{
    public int Port { get; set; }

    public ulong ShimId { get; set; }

    public bool IPv6 { get; set; }

    public bool IsServer { get; set; }

    public int ResumeCount { get; set; }

    public int ResumptionDelay { get; set; }

    /// <summary>Bytes come one at a time, and every question is answered later.</summary>
    public bool Async { get; set; }

    public bool ImplicitHandshake { get; set; }

    public ushort MinimumVersion { get; set; }

    public ushort MaximumVersion { get; set; }

    public bool NoTls13 { get; set; }

    public bool NoTls12 { get; set; }

    public bool NoTicket { get; set; }

    public string? CertificateFile { get; set; }

    public string? KeyFile { get; set; }

    public string? CipherList { get; set; }

    /// <summary>The suites that a policy allows; null for all.</summary>
    public IReadOnlyList<CipherSuite>? CipherSuites { get; set; }

    public List<NamedGroup> Groups { get; } = [];

    public List<SignatureScheme> SigningPreferences { get; } = [];

    public List<SignatureScheme> VerifyPreferences { get; } = [];

    public string? HostName { get; set; }

    public byte[] AdvertisedProtocols { get; set; } = [];

    public string? SelectedProtocol { get; set; }

    public bool RejectsProtocols { get; set; }

    public bool FalseStart { get; set; }

    public bool EnableEarlyData { get; set; }

    public bool RequiresClientCertificate { get; set; }

    public bool VerifiesPeer { get; set; }

    public bool FailsVerification { get; set; }

    public bool VerifiesResumedPeer { get; set; }

    public bool FailsCertificateCallback { get; set; }

    public bool EnableOcspStapling { get; set; }

    public byte[] OcspResponse { get; set; } = [];

    public bool UseOcspCallback { get; set; }

    public bool SetOcspInCallback { get; set; }

    public bool DeclinesOcspCallback { get; set; }

    public bool FailsOcspCallback { get; set; }

    public bool InstallsCompression { get; set; }

    public ushort OnlyCompression { get; set; }

    public byte[][] ClientAuthorities { get; set; } = [];

    public bool ShimWritesFirst { get; set; }

    public bool ReadWithUnfinishedWrite { get; set; }

    public bool WritesDifferentSizes { get; set; }

    public bool ShimShutsDown { get; set; }

    public bool CheckCloseNotify { get; set; }

    public bool KeyUpdate { get; set; }

    public int ReadSize { get; set; } = 512;

    public int ExportLength { get; set; }

    public string ExportLabel { get; set; } = "";

    public string ExportContext { get; set; } = "";

    public bool UseExportContext { get; set; }

    public ExpectedOutcome Expected { get; } = new();
}
