using System.Security.Cryptography;

namespace SynHello.Tls;

/// <summary>What the server keeps from one state to the next.</summary>
internal sealed class ServerContext(TlsServerConfiguration configuration) : ConnectionContext(configuration)
{
    public TlsServerConfiguration Configuration { get; } = configuration;

    /// <summary>What may come next because the client sent early data; taken over by the engine.</summary>
    public EarlyDataSkip EarlyDataSkip { get; set; }

    /// <summary>What a verdict on early data is waited for about; null when none is.</summary>
    public EarlyDataAttempt? EarlyDataAttempt { get; set; }

    /// <summary>Bytes of early data that were received and taken.</summary>
    public long EarlyDataLength { get; set; }

    /// <summary>client_application_traffic_secret_0, until the client's Finished.</summary>
    public byte[] ClientApplicationSecret { get; } = new byte[CipherSuiteParameters.MaximumHashLength];

    public override void Dispose()
    {
        CryptographicOperations.ZeroMemory(ClientApplicationSecret);
        base.Dispose();
    }
}
