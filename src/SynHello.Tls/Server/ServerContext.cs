using System.Security.Cryptography;

namespace SynHello.Tls;

/// <summary>What the server keeps from one state to the next.</summary>
internal sealed class ServerContext(TlsServerConfiguration configuration) : ConnectionContext(configuration)
{
    public TlsServerConfiguration Configuration { get; } = configuration;

    /// <summary>What may come next because the client sent early data; taken over by the engine.</summary>
    public EarlyDataSkip EarlyDataSkip { get; set; }

    /// <summary>
    /// The early data that a client may send which keeps to its ticket, in bytes: the limit of today, or that of the
    /// ticket which it shows, if that was higher.
    /// </summary>
    public long SkippableEarlyData { get; set; } = configuration.Resumption?.MaximumEarlyData ?? 0L;

    /// <summary>The session that is resumed; null for a full handshake, and once the flight is made.</summary>
    public ResumedSession? Session { get; set; }

    /// <summary>The ClientHello that waits for a verdict on its early data; null when none does.</summary>
    public byte[]? PendingClientHello { get; set; }

    /// <summary>What a verdict on early data is waited for about; null when none is.</summary>
    public EarlyDataAttempt? EarlyDataAttempt { get; set; }

    /// <summary>Whether early data is taken.</summary>
    public bool IsEarlyDataAccepted { get; set; }

    /// <summary>
    /// The largest inner plaintext to receive; early data keeps to that of the connection that its ticket is from (RFC
    /// 8449 section 4).
    /// </summary>
    public int ReadSizeLimit { get; set; } = RecordLayer.MaximumInnerPlaintext;

    /// <summary>client_handshake_traffic_secret, until the client's Finished.</summary>
    public byte[] ClientHandshakeSecret { get; } = new byte[CipherSuiteParameters.MaximumHashLength];

    /// <summary>What the client's Finished has to hold.</summary>
    public byte[] ClientFinished { get; } = new byte[CipherSuiteParameters.MaximumHashLength];

    /// <summary>client_application_traffic_secret_0, until the client's Finished.</summary>
    public byte[] ClientApplicationSecret { get; } = new byte[CipherSuiteParameters.MaximumHashLength];

    public override void Dispose()
    {
        CryptographicOperations.ZeroMemory(ClientApplicationSecret);
        CryptographicOperations.ZeroMemory(ClientHandshakeSecret);
        Session?.Dispose();
        base.Dispose();
    }
}
