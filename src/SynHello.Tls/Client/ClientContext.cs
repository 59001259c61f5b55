using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What the client keeps from one state to the next.</summary>
internal sealed partial class ClientContext(TlsClientConfiguration configuration, string? serverName)
    : ConnectionContext(configuration)
{
    private static readonly byte[] _dheOnly = [PskKeyExchangeMode.PskDheKe];
    private static readonly byte[] _eitherMode = [PskKeyExchangeMode.PskDheKe, PskKeyExchangeMode.PskKe];

    private readonly byte[] _random = new byte[32];
    private byte[] _sessionId = configuration.MiddleboxCompatibility && configuration.SpeaksTls13 ? new byte[32] : [];
    private bool _changeCipherSpecSent;
    private KeySchedule? _sessionKeys;

    public TlsClientConfiguration Configuration { get; } = configuration;

    /// <summary>legacy_session_id: that of the session of TLS 1.2 that is on offer, or octets of no meaning.</summary>
    public ReadOnlySpan<byte> SessionId => Tls12Session is { SessionId.Length: > 0 } session ? session.SessionId : _sessionId;

    /// <summary>The extensions of the ClientHello: no other may be answered.</summary>
    public ExtensionSet Offered { get; private set; }

    /// <summary>The key shares on offer; one after a HelloRetryRequest.</summary>
    public List<KeyExchange> KeyExchanges { get; } = [];

    /// <summary>The suite that a HelloRetryRequest chose; the ServerHello has to choose the same.</summary>
    public CipherSuite? RetrySuite { get; set; }

    /// <summary>What the server's CertificateRequest asks for; null when it asks for none.</summary>
    public TlsCredentialRequest? CertificateRequest { get; set; }

    /// <summary>How a certificate of this side's may be compressed; null when it may not.</summary>
    public CertificateCompressionAlgorithm? CertificateCompression { get; set; }

    /// <summary>client_application_traffic_secret_0, until the client's last flight is made.</summary>
    public byte[] ClientApplicationSecret { get; } = new byte[CipherSuiteParameters.MaximumHashLength];

    /// <summary>client_handshake_traffic_secret, until this side's Finished is made.</summary>
    public byte[] ClientHandshakeSecret { get; } = new byte[CipherSuiteParameters.MaximumHashLength];

    public CertificateKey? ServerKey { get; set; }

    public byte[]? RecordedSecondClientHello { get; set; }

    /// <summary>The host name to ask for; null for none.</summary>
    public string? ServerName { get; } = serverName;

    /// <summary>The session on offer; null for none, or once a HelloRetryRequest has ruled it out.</summary>
    public TlsSession? Session { get; set; }

    /// <summary>Whether the ClientHello offers early data.</summary>
    public bool OffersEarlyData { get; set; }

    /// <summary>How many key shares were left out.</summary>
    public int DroppedKeyShares { get; private set; }

    /// <summary>Sessions that the server gave out and nobody has read yet.</summary>
    public Queue<TlsSession> Sessions { get; } = [];

    private int BinderLength => Session is null ? 0 : CipherSuiteParameters.Of(Session.CipherSuite).HashLength;

    /// <summary>Draws the Random, the session ID and the first key shares.</summary>
    public void DrawEntropy()
    {
        Provider.FillRandom(_random);
        if (_sessionId.Length > 0)
            Provider.FillRandom(_sessionId);
        RememberClientRandom(_random);
        foreach (NamedGroup group in Configuration.Encoded.KeyShareGroups)
            KeyExchanges.Add(Provider.CreateKeyExchange(group));
        Negotiated.ServerName = ServerName;
    }

    /// <summary>
    /// Writes a ClientHello with the shares of <see cref="KeyExchanges"/> and <see cref="Session"/> into the flight.
    /// Its binder is still to be made, by <see cref="FinishClientHello"/>.
    /// </summary>
    /// <param name="cookie">What a HelloRetryRequest asked to be sent back.</param>
    /// <param name="padding">The length of the padding (RFC 7685); negative for none.</param>
    public void WriteClientHello(ReadOnlySpan<byte> cookie = default, int padding = -1)
    {
        TlsClientConfiguration.Offer offer = Configuration.Encoded;
        using var shares = new TlsWriter();
        foreach (KeyExchange exchange in KeyExchanges)
        {
            shares.WriteUInt16(exchange.Group.Value);
            shares.WriteVector16(exchange.PublicKey);
        }

        ExtensionSet present = offer.Extensions;
        if (ServerName is not null)
            present = present.With(ExtensionType.ServerName);
        using var identities = new TlsWriter();
        if (Session is { } session)
        {
            present = present.With(ExtensionType.PreSharedKey);
            identities.WriteVector16(session.Ticket);
            identities.WriteUInt32(session.ObfuscatedAge(Configuration.TimeProvider!.GetUtcNow()));
        }

        if (OffersEarlyData)
            present = present.With(ExtensionType.EarlyData);
        Offered = present;
        if (!cookie.IsEmpty)
            present = present.With(ExtensionType.Cookie);
        if (padding >= 0)
            present = present.With(ExtensionType.Padding);
        ReadOnlySpan<byte> ticket = Tls12Session is { } olderSession ? olderSession.Ticket : default;

        Span<byte> name = stackalloc byte[255];
        name = name[..System.Text.Encoding.ASCII.GetBytes(ServerName ?? "", name)];
        Span<byte> binders = stackalloc byte[1 + CipherSuiteParameters.MaximumHashLength];
        binders = binders[..(1 + BinderLength)];
        binders.Clear();
        binders[0] = (byte)BinderLength;
        byte tickets = (byte)(Configuration.TicketRequest ?? 0);
        new ClientHello
        {
            LegacyVersion = ProtocolVersion.Tls12,
            Random = _random,
            LegacySessionId = SessionId,
            CipherSuites = new CodePoints(offer.CipherSuites),
            LegacyCompressionMethods = [0],
            Present = present,
            ServerName = name,
            SupportedVersions = new CodePoints(offer.Versions),
            SupportedGroups = new CodePoints(offer.Groups),
            SignatureAlgorithms = new CodePoints(offer.SignatureSchemes),
            KeyShares = KeyShareList.Parse(shares.Written),
            CertificateCompressionAlgorithms = new CodePoints(offer.CertificateCompressionAlgorithms),
            ApplicationProtocols = ProtocolNameList.Parse(offer.ApplicationProtocols),
            RecordSizeLimit = (ushort)(Configuration.RecordSizeLimit ?? 0),
            Cookie = cookie,
            Padding = padding,
            PointFormats = [0],
            SessionTicket = ticket,
            PskKeyExchangeModes = Configuration.AllowPskKeyExchange ? _eitherMode : _dheOnly,
            NewSessionCount = tickets,
            ResumptionCount = (byte)(Configuration.ResumptionTicketRequest ?? tickets),
            PreSharedKeys = new PreSharedKeyOffer { Identities = identities.Written, Binders = binders },
        }.Write(Flight);
    }

    /// <summary>Writes the ClientHello anew, after something was left out or is to be put in.</summary>
    public void RewriteClientHello(int padding = -1)
    {
        Flight.Clear();
        WriteClientHello(padding: padding);
    }

    /// <summary>
    /// Makes the binder over all in front of it, the transcript so far included (RFC 8446 section 4.2.11.2), and adds
    /// the ClientHello to the transcript.
    /// </summary>
    public void FinishClientHello()
    {
        if (Session is not { } session)
        {
            AppendFlight(0);
            return;
        }

        int binderLength = BinderLength;
        int truncated = Flight.Length - binderLength - 3;
        KeySchedule keys = StartSessionKeys(session);
        Span<byte> hash = stackalloc byte[keys.HashLength];
        Transcript.Append(Flight.Written[..truncated]);
        if (RetrySuite is null)
            Provider.Hash(keys.Hash, Transcript.Unhashed, hash);
        else
            Transcript.GetHash(hash);
        keys.ComputeBinder(hash, Flight.Slice(Flight.Length - binderLength, binderLength));
        AppendFlight(truncated);
    }

    /// <summary>The key schedule of the session on offer, at its early secret.</summary>
    public KeySchedule StartSessionKeys(TlsSession session)
    {
        if (_sessionKeys is not null)
            return _sessionKeys;
        _sessionKeys = new KeySchedule(Provider, session.CipherSuite);
        _sessionKeys.EnterEarly(session.Secret);
        return _sessionKeys;
    }

    /// <summary>Begins the key schedule of the connection, with the session's if there is one.</summary>
    public KeySchedule StartKeySchedule(CipherSuite suite)
    {
        KeySchedule? begun = _sessionKeys;
        _sessionKeys = null;
        return StartKeySchedule(suite, Session is { } session ? session.Secret : default, begun);
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

    /// <summary>Finds out what may be shown, or asks.</summary>
    /// <returns>Null when it was asked: <see cref="TakeCredentialRequest"/> goes on.</returns>
    public IReadOnlyList<TlsCredential>? AskForCredentials(TlsCredentialRequest request)
    {
        IReadOnlyList<TlsCredential>? credentials =
            Configuration.CredentialSelector is { } selector ? selector(request) : Configuration.Credentials;
        if (credentials is not null)
            return credentials;
        CredentialRequest = request;
        IsQuestionOpen = true;
        Raise(TlsEvent.NeedCredential);
        return null;
    }

    /// <summary>What was asked, now that the answer is there; checked by the engine.</summary>
    public TlsCredentialRequest TakeCredentialRequest()
    {
        TlsCredentialRequest request = CredentialRequest ?? throw new InvalidOperationException("No credential is waited for.");
        CredentialRequest = null;
        IsQuestionOpen = false;
        return request;
    }

    public KeyExchange? FindKeyExchange(NamedGroup group) => KeyExchanges.Find(exchange => exchange.Group == group);

    /// <summary>Leaves out all key shares but the first.</summary>
    public void KeepOneKeyExchange()
    {
        for (int i = KeyExchanges.Count - 1; i > 0; i--)
        {
            KeyExchanges[i].Dispose();
            KeyExchanges.RemoveAt(i);
            DroppedKeyShares++;
        }
    }

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
        _sessionKeys?.Dispose();
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(ClientHandshakeSecret);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(ClientApplicationSecret);
        base.Dispose();
    }
}
