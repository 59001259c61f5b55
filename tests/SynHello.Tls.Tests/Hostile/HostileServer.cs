using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>A server that a client engine has to put up with, or not.</summary>
internal sealed class HostileServer : HostilePeer
{
    private KeyExchange? _keyExchange;
    private byte[] _clientHandshakeSecret = [];
    private byte[] _clientApplicationSecret = [];
    private bool _retried;

    public HostileServer(TlsClientConfiguration? configuration = null, in TlsClientStart start = default)
        : base(new TlsClientEngine(configuration ?? Engines.Client(), "example.com"))
    {
        ((TlsClientEngine)Victim.Engine).Start(start, Victim.Output);
        Raw();
    }

    /// <summary>The client's newest hello, without its header.</summary>
    public byte[] ClientHelloBody => Messages.FindLast(message => message[0] == 1)![4..];

    /// <summary>The secret of the session that is resumed; empty for none.</summary>
    public byte[] PreSharedKey { get; set; } = [];

    public TlsCredential Credential { get; set; } = Engines.Credential();

    /// <summary>A right ServerHello for the newest ClientHello and its first share.</summary>
    public HelloParts Hello()
    {
        ClientHello client = ClientHello.Parse(ClientHelloBody);
        KeyShareList.Enumerator shares = client.KeyShares.GetEnumerator();
        Assert.True(shares.MoveNext());
        _keyExchange ??= Provider.CreateKeyExchange(shares.Current.Group);
        return new HelloParts { Type = 2, SessionId = client.LegacySessionId.ToArray() }
            .With(43, 3, 4)
            .With(51, [.. Octets.Two(_keyExchange.Group.Value), .. Octets.Vector16(_keyExchange.PublicKey.ToArray())]);
    }

    /// <summary>A HelloRetryRequest for secp384r1, which the client offers and sends no share of.</summary>
    public HelloParts Retry() => new HelloParts
    {
        Type = 2,
        Random = ServerHello.HelloRetryRequestRandom.ToArray(),
        SessionId = ClientHello.Parse(ClientHelloBody).LegacySessionId.ToArray(),
    }.With(43, 3, 4).With(51, 0, 0x18);

    public void SendRetry(HelloParts retry)
    {
        var hash = CipherSuiteParameters.Of(CipherSuite.TlsAes128GcmSha256).Hash;
        _retried = true;
        Transcript.Start(Provider, hash);
        Transcript.Retry(Provider, hash);
        Handshake(Append(retry.ToMessage()));
    }

    /// <summary>Sends a ServerHello, and whatever shall stand in the same record behind it.</summary>
    public void SendHello(HelloParts hello, params byte[] behind)
    {
        byte[] message = Append(hello.ToMessage());
        if (!_retried)
            Transcript.Start(Provider, CipherSuiteParameters.Of(CipherSuite.TlsAes128GcmSha256).Hash);
        byte[] shared = new byte[_keyExchange!.SharedSecretLength];
        ClientHello client = ClientHello.Parse(ClientHelloBody);
        if (client.KeyShares.TryFind(_keyExchange.Group, out ReadOnlySpan<byte> share))
            _keyExchange.DeriveSharedSecret(share, shared);
        Keys = new KeySchedule(Provider, CipherSuite.TlsAes128GcmSha256);
        Keys.EnterEarly(PreSharedKey);
        Keys.EnterHandshake(shared);
        _clientHandshakeSecret = Derive("c hs traffic"u8);
        ProtectReads(_clientHandshakeSecret);
        Handshake(message, behind);
        ProtectWrites(Derive("s hs traffic"u8));
    }

    public byte[] EncryptedExtensions(params (int Type, byte[] Data)[] extensions) =>
        Append(Octets.Message(8, Octets.Extensions(extensions)));

    /// <summary>A CertificateRequest as a server sends it in a handshake.</summary>
    public byte[] Request() => Append(Octets.Message(13, [0, .. Octets.Extensions((13, [0, 2, 4, 3]))]));

    public byte[] Certificate() => Certificate([.. Credential.CertificateChain.Select(der => der.ToArray())]);

    public byte[] Certificate(byte[][] chain, byte[]? context = null, params (int Type, byte[] Data)[] extensions) =>
        Append(Octets.Message(11,
        [
            .. Octets.Vector8(context ?? []),
            .. Octets.Vector24([.. chain.SelectMany(der =>
                (byte[])[.. Octets.Vector24(der), .. Octets.Extensions(extensions)])]),
        ]));

    public byte[] Message(int type, byte[] body) => Append(Octets.Message(type, body));

    /// <summary>A right CertificateVerify for the transcript as it is, unless told otherwise.</summary>
    public byte[] CertificateVerify(SignatureScheme? saidScheme = null, bool asClient = false)
    {
        SignatureScheme scheme = Credential.SignatureSchemes[0];
        byte[] content = new byte[SignatureContent.MaximumLength];
        int length = SignatureContent.Write(
            asClient ? SignatureContent.Client : SignatureContent.Server, TranscriptHashNow(), content);
        byte[] signature = new byte[Credential.MaximumSignatureLength];
        signature = signature[..Credential.Sign(scheme, content.AsSpan(0, length), signature)];
        return Append(Octets.Message(15, [.. Octets.Two((saidScheme ?? scheme).Value), .. Octets.Vector16(signature)]));
    }

    public byte[] Finished() => MakeFinished();

    /// <summary>The Finished that the client has to send behind a message of its own.</summary>
    public byte[] ExpectedClientFinished(byte[] message)
    {
        Append(message);
        byte[] verifyData = new byte[RequireKeys().HashLength];
        RequireKeys().ComputeFinished(_clientHandshakeSecret, TranscriptHashNow(), verifyData);
        return Octets.Message(20, verifyData);
    }

    /// <summary>Derives the application keys, which the victim has once it read a right Finished.</summary>
    public void PrepareApplication()
    {
        RequireKeys().EnterMaster();
        _clientApplicationSecret = Derive("c ap traffic"u8);
        ApplicationSecret = Derive("s ap traffic"u8);
    }

    public byte[] ApplicationSecret { get; private set; } = [];

    public void EnterApplication() => ProtectWrites(ApplicationSecret);

    public HostileServer Connect()
    {
        SendHello(Hello());
        byte[][] flight = [EncryptedExtensions(), Certificate(), CertificateVerify(), Finished()];
        PrepareApplication();
        Handshake(flight);
        EnterApplication();
        AssertNotRefused();
        Assert.True(Victim.Engine.IsHandshakeComplete);
        Assert.Equal(20, Messages[^1][0]);
        return this;
    }

    protected override void OnMessage(HandshakeType type, byte[] message)
    {
        if (type == HandshakeType.ClientHello)
            Transcript.Append(message);
        else if (type == HandshakeType.Finished)
            ProtectReads(_clientApplicationSecret);
    }

    protected override void Dispose(bool disposing) => _keyExchange?.Dispose();
}
