using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>OCSP responses that come along with certificates (RFC 8446 section 4.4.2.1); whether they are good is not the engine's business.</summary>
public sealed class OcspResponseTests
{
    private static readonly byte[] _first = Engines.Pattern(700, 3);
    private static readonly byte[] _second = Engines.Pattern(400, 5);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Responses_ComeWithTheirCertificatesToWhoAsks(bool asks)
    {
        var credential = new StaplingCredential(Engines.Credential()) { Responses = [_first, _second] };
        using EnginePair pair = Engines.Connected(Client(asks), Server(credential));
        Assert.Equal(
            asks ? [_first, _second] : [],
            pair.Client.Engine.Negotiated.PeerOcspResponses.Select(response => response.ToArray()));
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void Responses_MayBeMissingForSome()
    {
        var credential = new StaplingCredential(Engines.Credential());
        using (EnginePair none = Engines.Connected(Client(), Server(credential)))
            Assert.Empty(none.Client.Engine.Negotiated.PeerOcspResponses);

        credential.Responses = [default, _second];
        using (EnginePair pair = Engines.Connected(Client(), Server(credential)))
            Assert.Equal([[], _second], pair.Client.Engine.Negotiated.PeerOcspResponses.Select(response => response.ToArray()));

        credential.Responses = [_first];
        using (EnginePair pair = Engines.Connected(Client(), Server(credential)))
            Assert.Equal([_first, []], pair.Client.Engine.Negotiated.PeerOcspResponses.Select(response => response.ToArray()));
    }

    /// <summary>Encoded and compressed once, and anew when the responses are renewed.</summary>
    [Fact]
    public void Responses_AreRenewed()
    {
        var credential = new StaplingCredential(Engines.Credential()) { Responses = [_first] };
        TlsServerConfiguration server = Server(credential);
        for (int i = 0; i < 3; i++)
        {
            byte[] response = Engines.Pattern(100 + i, 7);
            credential.Responses = [response];
            for (int visit = 0; visit < 2; visit++)
            {
                using EnginePair pair = Engines.Connected(Client(), server);
                Assert.Equal(response, pair.Client.Engine.Negotiated.PeerOcspResponses[0].ToArray());
            }
        }
    }

    [Theory]
    [InlineData("0100000109", null)]
    [InlineData("0200000109", TlsErrorCause.IllegalValue)] // not OCSP
    [InlineData("01000000", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData("0100000209", TlsErrorCause.TruncatedMessage)]
    [InlineData("010000010900", TlsErrorCause.TrailingBytes)]
    [InlineData("", TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.IllegalValue)]
    [Refuses(TlsErrorCause.VectorLengthOutOfRange)]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void Status_HasItsForm(string status, TlsErrorCause? cause)
    {
        using var server = new HostileServer(Client());
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions());
        byte[][] chain = [server.Credential.CertificateChain[0].ToArray()];
        server.Handshake(server.Certificate(chain, extensions: (5, Convert.FromHexString(status))));
        if (cause is { } expected)
            server.AssertRefused(expected);
        else
            server.AssertNotRefused();
    }

    [Fact]
    [Refuses(TlsErrorCause.UnsolicitedExtension)]
    public void Response_IsRefusedWhereNobodyAsked()
    {
        using var server = new HostileServer(Client(asks: false));
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions());
        byte[][] chain = [server.Credential.CertificateChain[0].ToArray()];
        server.Handshake(server.Certificate(chain, extensions: (5, Convert.FromHexString("0100000109"))));
        server.AssertRefused(TlsErrorCause.UnsolicitedExtension);
    }

    private static TlsClientConfiguration Client(bool asks = true) =>
        new(DefaultCryptoProvider.Instance) { RequestOcspResponses = asks };

    private static TlsServerConfiguration Server(TlsCredential credential) => new(DefaultCryptoProvider.Instance, [credential]);

    private sealed class StaplingCredential(TlsCredential inner) : TlsCredential
    {
        private IReadOnlyList<ReadOnlyMemory<byte>> _responses = [];

        public override IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses => _responses;

        public IReadOnlyList<ReadOnlyMemory<byte>> Responses
        {
            set => _responses = value;
        }

        public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => inner.CertificateChain;

        public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

        public override int MaximumSignatureLength => inner.MaximumSignatureLength;

        public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
            inner.Sign(scheme, message, signature);
    }
}
