using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>A server of TLS 1.2 that a client engine has to put up with, or not.</summary>
internal sealed class Tls12HostileServer : HostilePeer
{
    private KeyExchange? _keyExchange;
    private Tls12KeySchedule? _keys;

    public Tls12HostileServer(TlsClientConfiguration? configuration = null, in TlsClientStart start = default)
        : base(new TlsClientEngine(configuration ?? Tls12Engines.Client(), "example.com"))
    {
        ((TlsClientEngine)Victim.Engine).Start(start, Victim.Output);
        Raw();
    }

    public TlsCredential Credential { get; set; } = Engines.Credential();

    /// <summary>What it signs with; the credential's best when it is not set.</summary>
    public SignatureScheme? Scheme { get; set; }

    /// <summary>Whether it speaks of an OCSP response, which it does not send.</summary>
    public bool PromisesStatus { get; set; }

    /// <summary>Whether it speaks of a ticket, which it sends.</summary>
    public bool PromisesTicket { get; set; }

    /// <summary>The group of the key exchange.</summary>
    public NamedGroup Group { get; set; } = NamedGroup.X25519;

    /// <summary>The master secret of the session that is resumed; empty for a full handshake.</summary>
    public byte[] MasterSecret { get; set; } = [];

    public ClientHello ClientHello => ClientHello.Parse(Messages.Find(message => message[0] == 1)!.AsSpan(4));

    public Tls12KeySchedule TlsKeys => _keys ?? throw new InvalidOperationException("There are no keys yet.");

    private SignatureScheme ActualScheme => Scheme ?? Credential.Tls12SignatureSchemes[0];

    /// <summary>A right ServerHello.</summary>
    public HelloParts Hello()
    {
        HelloParts hello = new HelloParts
        {
            Type = 2,
            CipherSuites = Tls12CipherSuiteParameters.IsEcdsaScheme(ActualScheme) ? [0xc0, 0x2b] : [0xc0, 0x2f],
        }.With(0xff01, 0).With(23);
        if (PromisesStatus)
            hello.With(5);
        if (PromisesTicket)
            hello.With(35);
        return hello;
    }

    public void SendHello(HelloParts hello, params byte[][] behind)
    {
        byte[] message = hello.ToMessage();
        Start(message);
        Handshake([message, .. behind]);
    }

    /// <summary>A ServerHello for a flight whose messages are made before any of them is sent.</summary>
    public byte[] Start(byte[] message)
    {
        Append(message);
        Tls12ServerHello hello = Tls12ServerHello.Parse(message.AsSpan(4), new ExtensionSet(ulong.MaxValue));
        Transcript.Start(Provider, Tls12CipherSuiteParameters.Of(hello.CipherSuite).Hash, keepsMessages: true);
        _keys = new Tls12KeySchedule(Provider, hello.CipherSuite, ClientHello.Random, hello.Random);
        if (MasterSecret.Length > 0)
        {
            _keys.Resume(MasterSecret);
            Prepare();
        }

        return message;
    }

    public byte[] Message(int type, params byte[] body) => Append(Octets.Message(type, body));

    public byte[] Certificate() => Message(
        11, Octets.Vector24([.. Credential.CertificateChain.SelectMany(der => Octets.Vector24(der.ToArray()))]));

    public byte[] CertificateRequest() => Message(13, 1, 64, 0, 2, 4, 3, 0, 0);

    /// <summary>The parameters of ServerKeyExchange, right unless they are changed.</summary>
    public byte[] Parameters()
    {
        _keyExchange ??= Provider.CreateKeyExchange(Group);
        return [3, .. Octets.Two(Group.Value), .. Octets.Vector8(_keyExchange.PublicKey.ToArray())];
    }

    /// <summary>A ServerKeyExchange that is signed rightly, whatever it holds.</summary>
    public byte[] ServerKeyExchange(byte[]? parameters = null, SignatureScheme? saidScheme = null, bool wrongly = false)
    {
        parameters ??= Parameters();
        byte[] content = [.. TlsKeys.Randoms, .. parameters];
        byte[] signature = new byte[Credential.MaximumSignatureLength];
        signature = signature[..Credential.Sign(ActualScheme, wrongly ? Octets.Flip(content) : content, signature)];
        return Message(
            12, [.. parameters, .. Octets.Two((saidScheme ?? ActualScheme).Value), .. Octets.Vector16(signature)]);
    }

    public byte[] HelloDone() => Message(14);

    /// <summary>Certificate to ServerHelloDone.</summary>
    public void SendFlight() => Handshake(Certificate(), ServerKeyExchange(), HelloDone());

    public byte[] Ticket() => Message(4, 0, 0, 0x1c, 0x20, 0, 3, 7, 8, 9);

    public void ChangeCipherSpec()
    {
        Plain(ContentType.ChangeCipherSpec, 1);
        SwitchWrites();
    }

    public byte[] Finished()
    {
        byte[] verifyData = new byte[12];
        TlsKeys.ComputeFinished(ofClient: false, TranscriptHashNow(), verifyData);
        return Message(20, verifyData);
    }

    /// <summary>The end of a full handshake.</summary>
    public void SendFinish()
    {
        if (PromisesTicket)
            Handshake(Ticket());
        ChangeCipherSpec();
        Handshake(Finished());
    }

    public Tls12HostileServer Connect()
    {
        SendHello(Hello());
        SendFlight();
        AssertNotRefused();
        SendFinish();
        AssertNotRefused();
        Assert.True(Victim.Engine.IsHandshakeComplete);
        return this;
    }

    protected override void OnMessage(HandshakeType type, byte[] message)
    {
        Transcript.Append(message);
        if (type != HandshakeType.ClientKeyExchange || _keyExchange is null)
            return;
        byte[] premaster = new byte[_keyExchange.SharedSecretLength];
        _keyExchange.DeriveSharedSecret(message.AsSpan(5), premaster);
        TlsKeys.EnterExtendedMaster(premaster, TranscriptHashNow());
        Prepare();
    }

    protected override void Dispose(bool disposing)
    {
        _keyExchange?.Dispose();
        _keys?.Dispose();
    }

    private void Prepare() => (PendingReads, PendingWrites) = TlsKeys.CreateProtections();
}
