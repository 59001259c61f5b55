using SynHello.Tls;

namespace SynHello.Bogo;

/// <summary>Sets a client up as the runner's flags say.</summary>
internal static class ClientSetup
{
    public static TlsClientEngine CreateEngine(
        ShimFlags flags, ShimClock clock, IReadOnlyList<TlsCredential> credentials)
    {
        var configuration = new TlsClientConfiguration(EngineSetup.Provider(flags))
        {
            Versions = EngineSetup.Versions(flags),
            CipherSuites = EngineSetup.CipherSuites(flags),
            Groups = EngineSetup.Groups(flags),
            SignatureSchemes = EngineSetup.SignatureSchemes(flags),
            ApplicationProtocols = EngineSetup.Protocols(flags.AdvertisedProtocols),
            RequestOcspResponses = flags.EnableOcspStapling,
            AllowFalseStart = flags.FalseStart,
            RequireExtendedMasterSecret = false,
            TimeProvider = clock,
            CredentialSelector = EngineSetup.Selector(flags, credentials),
        };
        return new TlsClientEngine(configuration, flags.HostName);
    }
}
