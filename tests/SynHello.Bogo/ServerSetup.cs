using SynHello.Tls;

namespace SynHello.Bogo;

/// <summary>Sets a server up as the runner's flags say.</summary>
internal static class ServerSetup
{
    private const int MaximumEarlyData = 14336;

    public static TlsServerEngine CreateEngine(
        ShimFlags flags, ShimServerState state, IReadOnlyList<TlsCredential> credentials)
    {
        var configuration = new TlsServerConfiguration(EngineSetup.Provider(flags), credentials)
        {
            Versions = EngineSetup.Versions(flags),
            CipherSuites = EngineSetup.CipherSuites(flags),
            Groups = EngineSetup.Groups(flags),
            SignatureSchemes = EngineSetup.SignatureSchemes(flags),
            ApplicationProtocols = flags.RejectsProtocols ? [new("rejected"u8.ToArray())]
                : flags.SelectedProtocol is { Length: > 0 } protocol ? [new(protocol)]
                : [],
            RequireExtendedMasterSecret = false,
            ClientCertificateMode = flags.RequiresClientCertificate ? TlsClientCertificateMode.Required
                : flags.VerifiesPeer ? TlsClientCertificateMode.Requested
                : TlsClientCertificateMode.None,
            ClientCertificateAuthorities = [.. flags.ClientAuthorities.Select(name => (ReadOnlyMemory<byte>)name)],
            CredentialSelector = EngineSetup.Selector(flags, credentials),
            Resumption = new TlsServerResumption(flags.NoTicket ? state.CacheProtector : state.Protector, state.Clock)
            {
                SessionCache = state.SessionCache,
                TicketCount = flags.NoTicket ? 0 : 2,
                MaximumEarlyData = flags.EnableEarlyData ? MaximumEarlyData : 0,
                ReplayScope = state.ReplayScope,
            },
        };
        return new TlsServerEngine(configuration);
    }
}
