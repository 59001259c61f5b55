using System.Buffers;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The client's side of one connection. <see cref="Start(IBufferWriter{byte})"/> makes the ClientHello; then bytes go to <see
/// cref="TlsEngine.Receive"/>
/// until <see cref="TlsEvent.NeedCertificateVerdict"/> and <see cref="TlsEvent.HandshakeCompleted"/> have come. Not
/// thread-safe.
/// </summary>
public sealed class TlsClientEngine : TlsEngine
{
    private readonly ClientContext _context;
    private HandshakeState<ClientContext> _state = ExpectServerHello.Instance;
    private int _tickets;

    /// <summary>Makes a client for one connection.</summary>
    /// <param name="configuration">What is offered and taken.</param>
    /// <param name="serverName">
    /// The host name to ask for: ASCII (punycode), no trailing dot. Null or an IP address sends no server_name (RFC
    /// 6066
    /// section 3).
    /// </param>
    /// <exception cref="ArgumentException">The name is empty, longer than 255 characters or not ASCII.</exception>
    public TlsClientEngine(TlsClientConfiguration configuration, string? serverName)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (serverName is not null)
        {
            ArgumentException.ThrowIfNullOrEmpty(serverName);
            if (serverName.Length > 255 || !System.Text.Ascii.IsValid(serverName))
                throw new ArgumentException("A server name is at most 255 ASCII characters.", nameof(serverName));
            if (System.Net.IPAddress.TryParse(serverName, out _))
                serverName = null;
        }

        _context = new ClientContext(configuration, serverName);
    }

    /// <summary>
    /// The size of the first ClientHello in bytes, record header included: what the SYN has to hold. 0 before it
    /// has started.
    /// </summary>
    public int ClientHelloLength { get; private set; }

    private protected override ConnectionContext Context => _context;

    /// <summary>Makes the ClientHello. To be called once, first.</summary>
    /// <param name="output">The ClientHello is appended here, as one record where it fits one.</param>
    /// <exception cref="InvalidOperationException">It was called before.</exception>
    public void Start(IBufferWriter<byte> output) => Start(default, output);

    /// <summary>Makes the first flight: the ClientHello, and early data behind it. To be called once, first.</summary>
    /// <param name="start">What the flight is made of. A session that has expired, or that does not fit the
    /// configuration or the server's name, is not offered.</param>
    /// <param name="output">The flight is appended here, to be sent in one write.</param>
    /// <exception cref="InvalidOperationException">It was called before, or there is a session and no clock.</exception>
    public void Start(in TlsClientStart start, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ThrowIfUnusable();
        if (ClientHelloLength > 0)
            throw new InvalidOperationException("The handshake has started already.");
        if (start.Session is not null && _context.Configuration.TimeProvider is null)
            throw new InvalidOperationException("A session cannot be resumed without a clock.");

        _context.Output = output;
        _context.Records.PlaintextVersion = ProtocolVersion.Tls10; // RFC 8446 section 5.1, of a first ClientHello
        _context.DrawEntropy();
        ClientHelloLength = ClientFirstFlight.Write(_context, start);
        IsSessionOffered = _context.OfferedSession is not null;
        FinishStart();
    }

    /// <summary>
    /// Whether a session was offered to the server. One that was handed in is left out when it does not fit the
    /// configuration, or when the ClientHello fits into the SYN only without it.
    /// </summary>
    public bool IsSessionOffered { get; private set; }

    /// <summary>How many key shares were left out, so that the first flight fits into the SYN.</summary>
    public int DroppedKeyShares => _context.DroppedKeyShares;

    /// <summary>Reads the next session that the server gave out, the oldest first.</summary>
    /// <param name="session">The session.</param>
    /// <returns>False when there is none.</returns>
    public bool TryReadSession([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TlsSession? session)
    {
        return _context.Sessions.TryDequeue(out session);
    }

    /// <summary>
    /// Starts with the hello of a recorded trace, whose Random and key share the provider is made to draw.
    /// </summary>
    internal void StartRecorded(ReadOnlySpan<byte> clientHello, IBufferWriter<byte> output, in TlsClientStart start = default)
    {
        _context.Output = output;
        _context.Records.PlaintextVersion = ProtocolVersion.Tls10;
        _context.DrawEntropy();
        _context.Session = start.Session;
        _context.OffersEarlyData = !start.EarlyData.IsEmpty;
        _context.SendRecorded(clientHello);
        _context.FlushFlight();
        _context.Records.PlaintextVersion = ProtocolVersion.Tls12;
        if (_context.OffersEarlyData)
            ClientFirstFlight.WriteEarlyData(_context, start.EarlyData.Span);
        ClientHelloLength = RecordHeader.Size + clientHello.Length;
        FinishStart();
    }

    /// <summary>The second hello of a recorded trace, to be sent in place of this side's own.</summary>
    internal byte[]? RecordedSecondClientHello
    {
        set => _context.RecordedSecondClientHello = value;
    }

    private protected override void Handle(in HandshakeMessage message)
    {
        if (_state == ExpectPostHandshake.Instance && message.Type == HandshakeType.KeyUpdate)
        {
            HandleKeyUpdate(message);
            return;
        }

        if (message.Type == HandshakeType.NewSessionTicket && ++_tickets > TlsLimits.Tickets)
        {
            throw new TlsProtocolException(
                TlsErrorCause.TooManyTickets,
                "The server sends one ticket after the other.");
        }

        _state = _state.Handle(_context, message);
    }

    private protected override void OnApplicationData() => _tickets = 0;

    private void FinishStart()
    {
        _context.ChangeCipherSpecAllowed = true;
        _context.WarningsAllowed = _context.Configuration.SpeaksTls12; // RFC 6066 section 3: unrecognized_name may come first
        _context.Output = null;
    }

    private protected override void HandleChangeCipherSpec() => _state = _state.HandleChangeCipherSpec(_context);

    private protected override void Answer(IReadOnlyList<TlsCredential> credentials) => _state = _context.IsTls12
        ? Tls12ClientFlight.Continue(_context, credentials)
        : ClientCredential.Continue(_context, credentials);

    private protected override void Answer(ReadOnlySpan<byte> signature) => _state = _context.IsTls12
        ? Tls12ClientFlight.Continue(_context, signature)
        : ClientCredential.Continue(_context, signature);
}
