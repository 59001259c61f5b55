using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What the client keeps from one state to the next.</summary>
internal sealed class ClientContext(TlsClientConfiguration configuration, string? serverName)
    : ConnectionContext(configuration)
{
    private static readonly byte[] _tls13Only = [0x03, 0x04];

    private readonly byte[] _random = new byte[32];
    private readonly byte[] _sessionId = configuration.MiddleboxCompatibility ? new byte[32] : [];
    private bool _changeCipherSpecSent;

    public TlsClientConfiguration Configuration { get; } = configuration;

    public ReadOnlySpan<byte> SessionId => _sessionId;

    /// <summary>The extensions of the ClientHello: no other may be answered.</summary>
    public ExtensionSet Offered { get; private set; }

    /// <summary>The key shares on offer; one after a HelloRetryRequest.</summary>
    public List<KeyExchange> KeyExchanges { get; } = [];

    /// <summary>The suite that a HelloRetryRequest chose; the ServerHello has to choose the same.</summary>
    public CipherSuite? RetrySuite { get; set; }

    /// <summary>client_handshake_traffic_secret, until this side's Finished is made.</summary>
    public byte[] ClientHandshakeSecret { get; } = new byte[CipherSuiteParameters.MaximumHashLength];

    public CertificateKey? ServerKey { get; set; }

    public byte[]? RecordedSecondClientHello { get; set; }

    /// <summary>Draws the Random, the session ID and the first key shares.</summary>
    public void DrawEntropy()
    {
        Provider.FillRandom(_random);
        if (_sessionId.Length > 0)
            Provider.FillRandom(_sessionId);
        RememberClientRandom(_random);
        foreach (NamedGroup group in Configuration.Encoded.KeyShareGroups)
            KeyExchanges.Add(Provider.CreateKeyExchange(group));
        Negotiated.ServerName = serverName;
    }

    /// <summary>Writes a ClientHello with the shares of <see cref="KeyExchanges"/> into the flight.</summary>
    public void WriteClientHello(ReadOnlySpan<byte> cookie)
    {
        TlsClientConfiguration.Offer offer = Configuration.Encoded;
        using var shares = new TlsWriter();
        foreach (KeyExchange exchange in KeyExchanges)
        {
            shares.WriteUInt16(exchange.Group.Value);
            shares.WriteVector16(exchange.PublicKey);
        }

        ExtensionSet present = offer.Extensions;
        if (serverName is not null)
            present = present.With(ExtensionType.ServerName);
        Offered = present;
        if (!cookie.IsEmpty)
            present = present.With(ExtensionType.Cookie);

        Span<byte> name = stackalloc byte[255];
        name = name[..System.Text.Encoding.ASCII.GetBytes(serverName ?? "", name)];
        int start = Flight.Length;
        new ClientHello
        {
            LegacyVersion = ProtocolVersion.Tls12,
            Random = _random,
            LegacySessionId = _sessionId,
            CipherSuites = new CodePoints(offer.CipherSuites),
            LegacyCompressionMethods = [0],
            Present = present,
            ServerName = name,
            SupportedVersions = new CodePoints(_tls13Only),
            SupportedGroups = new CodePoints(offer.Groups),
            SignatureAlgorithms = new CodePoints(offer.SignatureSchemes),
            KeyShares = KeyShareList.Parse(shares.Written),
            ApplicationProtocols = ProtocolNameList.Parse(offer.ApplicationProtocols),
            RecordSizeLimit = (ushort)(Configuration.RecordSizeLimit ?? 0),
            Cookie = cookie,
        }.Write(Flight);
        AppendFlight(start);
    }

    public void SendRecorded(ReadOnlySpan<byte> clientHello)
    {
        Offered = ClientHello.Parse(clientHello[4..]).Present;
        int start = Flight.Length;
        Flight.WriteBytes(clientHello);
        AppendFlight(start);
    }

    /// <summary>The dummy change_cipher_spec in front of the client's second flight (RFC 8446 appendix D.4).</summary>
    public void WriteCompatibilityChangeCipherSpec()
    {
        if (_changeCipherSpecSent || !Configuration.MiddleboxCompatibility)
            return;
        _changeCipherSpecSent = true;
        WriteChangeCipherSpec();
    }

    public KeyExchange? FindKeyExchange(NamedGroup group) => KeyExchanges.Find(exchange => exchange.Group == group);

    public void DropKeyExchanges()
    {
        foreach (KeyExchange exchange in KeyExchanges)
            exchange.Dispose();
        KeyExchanges.Clear();
    }

    public override void Dispose()
    {
        DropKeyExchanges();
        ServerKey?.Dispose();
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(ClientHandshakeSecret);
        base.Dispose();
    }
}
