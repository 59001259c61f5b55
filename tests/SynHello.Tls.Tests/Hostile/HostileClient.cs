using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>A client that a server engine has to put up with, or not.</summary>
internal sealed class HostileClient(TlsServerConfiguration? configuration = null)
    : HostilePeer(new TlsServerEngine(configuration ?? Engines.Server()))
{
    private static readonly byte[] _retriedGroups = [0, 4, 0, 0x17, 0x7a, 0x7a];

    private byte[] _clientApplicationSecret = [];

    public KeyExchange KeyExchange { get; private set; } = Provider.CreateKeyExchange(NamedGroup.X25519);

    /// <summary>The cookie of the HelloRetryRequest.</summary>
    public byte[] Cookie { get; private set; } = [];

    /// <summary>A hello that any server here takes: x25519, AES-128-GCM, every scheme.</summary>
    public HelloParts Hello() => new HelloParts { SessionId = Engines.Pattern(32, 17) }
        .With(10, 0, 4, 0, 0x1d, 0, 0x17)
        .With(13, 0, 4, 4, 3, 8, 4)
        .With(43, 2, 3, 4)
        .With(51, Share(KeyExchange.Group, KeyExchange.PublicKey));

    public static byte[] Share(NamedGroup group, ReadOnlySpan<byte> value) =>
        Octets.Vector16([.. Octets.Two(group.Value), .. Octets.Vector16(value.ToArray())]);

    /// <summary>Sends a hello, and whatever shall stand in the same record behind it.</summary>
    public void SendHello(HelloParts hello, params byte[] behind) => Handshake(Append(hello.ToMessage()), behind);

    /// <summary>A hello that offers secp256r1 and sends a share of a group that no server has.</summary>
    public void SendHelloThatIsRetried(Action<HelloParts>? change = null)
    {
        HelloParts hello = Hello().With(10, _retriedGroups).With(51, Share(new NamedGroup(0x7a7a), [1]));
        change?.Invoke(hello);
        SendHello(hello);
        AssertNotRefused();
        Assert.NotEmpty(Cookie);
    }

    /// <summary>The hello that has to follow <see cref="SendHelloThatIsRetried"/>.</summary>
    public HelloParts SecondHello()
    {
        KeyExchange.Dispose();
        KeyExchange = Provider.CreateKeyExchange(NamedGroup.Secp256r1);
        return Hello().With(10, _retriedGroups).With(44, Octets.Vector16(Cookie));
    }

    public byte[] Message(int type, byte[] body) => Append(Octets.Message(type, body));

    public byte[] Certificate(params byte[][] chain) => Message(
        11, [0, .. Octets.Vector24([.. chain.SelectMany(der => (byte[])[.. Octets.Vector24(der), 0, 0])])]);

    /// <summary>The chain of a credential.</summary>
    public byte[] Certificate(TlsCredential credential) =>
        Certificate([.. credential.CertificateChain.Select(der => der.ToArray())]);

    /// <summary>A right CertificateVerify for the transcript as it is, unless told otherwise.</summary>
    public byte[] CertificateVerify(TlsCredential credential, SignatureScheme? saidScheme = null, bool asServer = false)
    {
        SignatureScheme scheme = credential.SignatureSchemes[0];
        byte[] content = new byte[SignatureContent.MaximumLength];
        int length = SignatureContent.Write(
            asServer ? SignatureContent.Server : SignatureContent.Client, TranscriptHashNow(), content);
        byte[] signature = new byte[credential.MaximumSignatureLength];
        signature = signature[..credential.Sign(scheme, content.AsSpan(0, length), signature)];
        return Message(15, [.. Octets.Two((saidScheme ?? scheme).Value), .. Octets.Vector16(signature)]);
    }

    /// <summary>A right Finished.</summary>
    public byte[] Finished() => MakeFinished();

    public void SendFinished()
    {
        Handshake(Finished());
        EnterApplication();
    }

    /// <summary>From here on records are sealed with the application keys.</summary>
    public void EnterApplication() => ProtectWrites(_clientApplicationSecret);

    public HostileClient Connect()
    {
        SendHello(Hello());
        SendFinished();
        AssertNotRefused();
        Assert.True(Victim.Engine.IsHandshakeComplete);
        return this;
    }

    protected override void OnMessage(HandshakeType type, byte[] message)
    {
        if (type == HandshakeType.ServerHello)
        {
            OnServerHello(message);
            return;
        }

        if (type == HandshakeType.NewSessionTicket)
            return; // no part of the transcript
        Transcript.Append(message);
        if (type != HandshakeType.Finished)
            return;
        RequireKeys().EnterMaster();
        _clientApplicationSecret = Derive("c ap traffic"u8);
        ProtectReads(Derive("s ap traffic"u8));
    }

    protected override void Dispose(bool disposing) => KeyExchange.Dispose();

    private void OnServerHello(byte[] message)
    {
        ServerHello hello = ServerHello.Parse(message.AsSpan(4));
        var hash = CipherSuiteParameters.Of(hello.CipherSuite).Hash;
        if (hello.IsHelloRetryRequest)
        {
            Cookie = hello.Cookie.ToArray();
            Transcript.Start(Provider, hash);
            Transcript.Retry(Provider, hash);
            Transcript.Append(message);
            return;
        }

        if (Cookie.Length == 0)
            Transcript.Start(Provider, hash);
        Transcript.Append(message);
        byte[] shared = new byte[KeyExchange.SharedSecretLength];
        KeyExchange.DeriveSharedSecret(hello.KeyExchange, shared);
        Keys = new KeySchedule(Provider, hello.CipherSuite);
        Keys.EnterEarly([]);
        Keys.EnterHandshake(shared);
        ProtectReads(Derive("s hs traffic"u8));
        ProtectWrites(Derive("c hs traffic"u8));
    }
}
