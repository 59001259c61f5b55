using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>A client of TLS 1.2 that a server engine has to put up with, or not.</summary>
internal sealed class Tls12HostileClient(TlsServerConfiguration? configuration = null)
    : HostilePeer(new TlsServerEngine(configuration ?? Tls12Engines.Server()))
{
    private byte[] _random = Engines.Pattern(32, 13);
    private Tls12KeySchedule? _keys;
    private NamedGroup _group;
    private byte[] _serverPublicKey = [];

    /// <summary>The master secret of the session that is resumed; empty for a full handshake.</summary>
    public byte[] MasterSecret { get; set; } = [];

    /// <summary>The ServerHello, without its header.</summary>
    public byte[] ServerHelloBody => Messages.Find(message => message[0] == 2)![4..];

    public Tls12KeySchedule TlsKeys => _keys ?? throw new InvalidOperationException("There are no keys yet.");

    /// <summary>A hello that any server here takes.</summary>
    public static HelloParts Hello() => new HelloParts { CipherSuites = [0xc0, 0x2b, 0xc0, 0x2f, 0, 0xff] }
        .With(10, 0, 4, 0, 0x1d, 0, 0x17)
        .With(11, 1, 0)
        .With(13, 0, 6, 4, 3, 8, 4, 5, 3)
        .With(23);

    public void SendHello(HelloParts hello, params byte[] behind)
    {
        _random = hello.Random;
        Handshake(Append(hello.ToMessage()), behind);
    }

    public byte[] Message(int type, params byte[] body) => Append(Octets.Message(type, body));

    /// <summary>A right ClientKeyExchange; the keys follow from it.</summary>
    public byte[] ClientKeyExchange()
    {
        using KeyExchange exchange = Provider.CreateKeyExchange(_group);
        byte[] message = Message(16, Octets.Vector8(exchange.PublicKey.ToArray()));
        byte[] premaster = new byte[exchange.SharedSecretLength];
        exchange.DeriveSharedSecret(_serverPublicKey, premaster);
        TlsKeys.EnterExtendedMaster(premaster, TranscriptHashNow());
        Prepare();
        return message;
    }

    public byte[] Certificate(TlsCredential? credential) => Message(
        11,
        Octets.Vector24([.. (credential?.CertificateChain ?? []).SelectMany(der => Octets.Vector24(der.ToArray()))]));

    /// <summary>A right CertificateVerify for the messages so far, unless told otherwise.</summary>
    public byte[] CertificateVerify(TlsCredential credential, SignatureScheme scheme, SignatureScheme? saidScheme = null)
    {
        byte[] signature = new byte[credential.MaximumSignatureLength];
        signature = signature[..credential.Sign(scheme, Transcript.Unhashed, signature)];
        return Message(15, [.. Octets.Two((saidScheme ?? scheme).Value), .. Octets.Vector16(signature)]);
    }

    public void ChangeCipherSpec()
    {
        Plain(ContentType.ChangeCipherSpec, 1);
        SwitchWrites();
    }

    /// <summary>A right Finished.</summary>
    public byte[] Finished()
    {
        byte[] verifyData = new byte[12];
        TlsKeys.ComputeFinished(ofClient: true, TranscriptHashNow(), verifyData);
        return Message(20, verifyData);
    }

    /// <summary>ClientKeyExchange to Finished, without a certificate.</summary>
    public void SendFlight()
    {
        Handshake(ClientKeyExchange());
        ChangeCipherSpec();
        Handshake(Finished());
    }

    public Tls12HostileClient Connect()
    {
        SendHello(Hello());
        SendFlight();
        AssertNotRefused();
        Assert.True(Victim.Engine.IsHandshakeComplete);
        return this;
    }

    protected override void OnMessage(HandshakeType type, byte[] message)
    {
        if (type == HandshakeType.ServerHello)
        {
            Tls12ServerHello hello = Tls12ServerHello.Parse(message.AsSpan(4), new ExtensionSet(ulong.MaxValue));
            Transcript.Start(Provider, Tls12CipherSuiteParameters.Of(hello.CipherSuite).Hash, keepsMessages: true);
            _keys = new Tls12KeySchedule(Provider, hello.CipherSuite, _random, hello.Random);
            if (MasterSecret.Length > 0)
            {
                _keys.Resume(MasterSecret);
                Prepare();
            }
        }
        else if (type == HandshakeType.ServerKeyExchange)
        {
            ServerKeyExchange exchange = ServerKeyExchange.Parse(message.AsSpan(4));
            _group = exchange.Group;
            _serverPublicKey = exchange.PublicKey.ToArray();
        }

        Transcript.Append(message);
    }

    protected override void Dispose(bool disposing) => _keys?.Dispose();

    private void Prepare() => (PendingWrites, PendingReads) = TlsKeys.CreateProtections();
}
