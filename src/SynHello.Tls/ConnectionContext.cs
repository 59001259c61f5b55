using System.Buffers;
using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What a connection keeps from one state to the next, on either side.</summary>
internal abstract class ConnectionContext(TlsConfiguration configuration) : IDisposable
{
    private uint _events;
    private byte[]? _clientRandom;

    public TlsCryptoProvider Provider => configuration.Provider;

    public RecordLayer Records { get; } = new(configuration.Provider, configuration.RecordPadding);

    public Transcript Transcript { get; } = new();

    /// <summary>Messages of the flight that is being made, not yet in a record.</summary>
    public TlsWriter Flight { get; } = new();

    public KeySchedule? Keys { get; private set; }

    public TlsNegotiation Negotiated { get; } = new();

    /// <summary>Where records go; set for as long as a call of the engine lasts.</summary>
    public IBufferWriter<byte>? Output { get; set; }

    /// <summary>
    /// Whether the keys that open records were changed, so that no part of a message may be left over.
    /// </summary>
    public bool ReadKeyChanged { get; set; }

    /// <summary>Whether a Need... event waits for its answer; messages wait with it.</summary>
    public bool IsQuestionOpen { get; set; }

    /// <summary>Whether that question is what the peer's chain is worth.</summary>
    public bool IsVerdictDue =>
        IsQuestionOpen && CredentialRequest is null && SignatureRequest is null && !IsSessionAwaited && Negotiated.PeerCertificates.Count > 0;

    /// <summary>Whether it is a session that is looked up elsewhere.</summary>
    protected virtual bool IsSessionAwaited => false;

    /// <summary>What a credential is asked for with; null when none is.</summary>
    public TlsCredentialRequest? CredentialRequest { get; set; }

    /// <summary>The signature that is waited for; null when none is.</summary>
    public TlsSignatureRequest? SignatureRequest { get; set; }

    public bool IsHandshakeComplete { get; private set; }

    /// <summary>Whether the keys for application data are there, and it may be sent.</summary>
    public bool MaySend { get; set; }

    /// <summary>Whether this side has ended its data: nothing follows it.</summary>
    public bool IsCloseNotifySent { get; set; }

    /// <summary>
    /// How many bytes of application data may come before the handshake is complete: early data that is taken. Negative
    /// when none may come.
    /// </summary>
    public long EarlyDataAllowance { get; set; } = -1;

    /// <summary>How many of them came.</summary>
    public long EarlyDataLength { get; set; }

    /// <summary>Whether change_cipher_spec records may come and are dropped (RFC 8446 section 5).</summary>
    public bool ChangeCipherSpecAllowed { get; set; }

    /// <summary>Whether one came and was dropped.</summary>
    public bool ChangeCipherSpecDropped { get; set; }

    /// <summary>
    /// Whether an alert that says it is a warning is one (RFC 5246 section 7.2.2): in TLS 1.2, and on a client that may get to speak it.
    /// </summary>
    public bool WarningsAllowed { get; set; }

    /// <summary>Whether TLS 1.2 was agreed on.</summary>
    public bool IsTls12 => Negotiated.Version == ProtocolVersion.Tls12;

    /// <summary>The secrets of TLS 1.2; null in 1.3, and until the ServerHello.</summary>
    public Tls12KeySchedule? Tls12Keys { get; set; }

    /// <summary>The keys of TLS 1.2 that the peer's change_cipher_spec switches to; null until they are made, and from then on.</summary>
    public Tls12RecordProtection? PendingReads { get; set; }

    /// <summary>The keys of TLS 1.2 that this side's change_cipher_spec switches to.</summary>
    public Tls12RecordProtection? PendingWrites { get; set; }

    /// <summary>Whether the master secret is bound to the handshake (RFC 7627), in TLS 1.2.</summary>
    public bool UsesExtendedMasterSecret { get; set; }

    /// <summary>How often the peer asked for a renegotiation.</summary>
    public int Renegotiations { get; set; }

    /// <summary>Whether a KeyUpdate is owed before the next record of application data.</summary>
    public bool KeyUpdateOwed { get; set; }

    private IBufferWriter<byte> CurrentOutput => Output ?? throw new InvalidOperationException("No call is under way.");

    public Tls12KeySchedule RequireTls12Keys() => Tls12Keys ?? throw new InvalidOperationException("There are no keys yet.");

    public KeySchedule RequireKeys() => Keys ?? throw new InvalidOperationException("There are no keys yet.");

    /// <summary>Begins the key schedule with a session's secret; empty without one.</summary>
    /// <param name="suite">The suite that was chosen.</param>
    /// <param name="preSharedKey">The secret.</param>
    /// <param name="begun">A schedule that has made the binder already, and is taken over if it is of the suite.</param>
    public KeySchedule StartKeySchedule(CipherSuite suite, ReadOnlySpan<byte> preSharedKey, KeySchedule? begun)
    {
        if (!preSharedKey.IsEmpty && begun is not null && begun.Suite == suite)
            return Keys = begun;
        begun?.Dispose();
        Keys = new KeySchedule(Provider, suite);
        Keys.EnterEarly(preSharedKey);
        return Keys;
    }

    /// <summary>
    /// Adds what was written to <see cref="Flight"/> since <paramref name="start"/> to the transcript.
    /// </summary>
    public void AppendFlight(int start) => Transcript.Append(Flight.Written[start..]);

    /// <summary>Puts the messages of the flight so far into records under the current keys.</summary>
    public void FlushFlight()
    {
        if (Flight.Length > 0)
            Records.Write(ContentType.Handshake, Flight.Written, CurrentOutput);
        Flight.Clear();
    }

    /// <summary>Seals application data under the current keys.</summary>
    public void WriteApplicationData(ReadOnlySpan<byte> data) =>
        Records.Write(ContentType.ApplicationData, data, CurrentOutput);

    /// <summary>Writes an alert under the current keys.</summary>
    public void WriteAlert(byte level, AlertDescription alert) =>
        Records.Write(ContentType.Alert, [level, alert.Value], CurrentOutput);

    public void WriteChangeCipherSpec() => Records.WritePlaintext(ContentType.ChangeCipherSpec, [1], CurrentOutput);

    /// <summary>Writes this side's Finished into the flight (RFC 8446 section 4.4.4).</summary>
    public void WriteFinished(ReadOnlySpan<byte> trafficSecret)
    {
        KeySchedule keys = RequireKeys();
        Span<byte> hash = stackalloc byte[keys.HashLength];
        Transcript.GetHash(hash);
        int start = Flight.Length;
        using (Flight.Message(HandshakeType.Finished))
            keys.ComputeFinished(trafficSecret, hash, Flight.Take(keys.HashLength));
        AppendFlight(start);
    }

    /// <summary>Checks the other side's Finished against what it has to hold.</summary>
    public static void CheckFinished(in HandshakeMessage message, ReadOnlySpan<byte> expected)
    {
        ReadOnlySpan<byte> received = message.Expect(HandshakeType.Finished);
        if (received.Length != expected.Length)
        {
            throw new TlsProtocolException(
                received.Length < expected.Length ? TlsErrorCause.TruncatedMessage : TlsErrorCause.TrailingBytes,
                "Finished has the wrong length.");
        }

        if (!CryptographicOperations.FixedTimeEquals(received, expected))
        {
            throw new TlsProtocolException(
                TlsErrorCause.BadFinished,
                "The peer's Finished does not match the handshake.");
        }
    }

    /// <summary>Remembers the ClientHello's Random for key log lines, if anybody wants them.</summary>
    public void RememberClientRandom(ReadOnlySpan<byte> random)
    {
        if (configuration.KeyLog is not null)
            _clientRandom = random.ToArray();
    }

    public void LogSecret(string label, ReadOnlySpan<byte> secret)
    {
        if (configuration.KeyLog is { } log)
            log($"{label} {Convert.ToHexStringLower(_clientRandom ?? [])} {Convert.ToHexStringLower(secret)}");
    }

    public void CompleteHandshake()
    {
        IsHandshakeComplete = true;
        MaySend = true;
        Transcript.Dispose();
        Flight.Dispose();
        Raise(TlsEvent.HandshakeCompleted);
    }

    public void Raise(TlsEvent tlsEvent) => _events |= 1u << (int)tlsEvent;

    /// <summary>
    /// The events come out in the order in which they are declared, which is that of a connection's life.
    /// </summary>
    public bool TryReadEvent(out TlsEvent tlsEvent)
    {
        tlsEvent = default;
        if (_events == 0)
            return false;
        int lowest = System.Numerics.BitOperations.TrailingZeroCount(_events);
        _events &= ~(1u << lowest);
        tlsEvent = (TlsEvent)lowest;
        return true;
    }

    public virtual void Dispose()
    {
        Records.Dispose();
        Transcript.Dispose();
        Flight.Dispose();
        Keys?.Dispose();
        Tls12Keys?.Dispose();
        PendingReads?.Dispose();
        PendingWrites?.Dispose();
    }
}
