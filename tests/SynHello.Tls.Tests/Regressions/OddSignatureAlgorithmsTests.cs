using SynHello.Crypto;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Lists of signature schemes that nobody expects: missing, without anything known, or beside another list.</summary>
public sealed class OddSignatureAlgorithmsTests
{
    private const int SignatureAlgorithms = 13;
    private const int SignatureAlgorithmsCert = 50;

    private static readonly byte[] _some = [0, 4, 4, 3, 8, 4];

    /// <summary>What stands in signature_algorithms_cert: right, unknown, or broken.</summary>
    public static TheoryData<byte[]> CertificateLists =>
        new((byte[][])[[0, 2, 4, 3], [0, 2, 0xfe, 0xfe], [0, 4, 0, 0, 0xff, 0xff], [0, 0], [], [0, 3, 4, 3, 4], [0xff, 0xff]]);

    /// <summary>
    /// CVE-2020-1967: an unknown scheme in signature_algorithms_cert made a null pointer of what the chain was checked by. No chain is
    /// chosen by it here, so whatever stands there changes nothing.
    /// </summary>
    [Theory]
    [MemberData(nameof(CertificateLists))]
    public void ListForCertificates_ChangesNothing(byte[] list)
    {
        using var newer = new HostileClient();
        newer.SendHello(newer.Hello().With(SignatureAlgorithmsCert, list));
        newer.AssertNotRefused();
        newer.SendFinished();
        newer.AssertNotRefused();
        Assert.True(newer.Victim.Engine.IsHandshakeComplete);

        using var older = new Tls12HostileClient();
        older.SendHello(Tls12HostileClient.Hello().With(SignatureAlgorithmsCert, list));
        older.AssertNotRefused();
        older.SendFlight();
        older.AssertNotRefused();
        Assert.True(older.Victim.Engine.IsHandshakeComplete);
    }

    /// <summary>It does not stand in for the list that is missing either (RFC 8446 section 4.2.3).</summary>
    [Theory]
    [MemberData(nameof(CertificateLists))]
    [Refuses(TlsErrorCause.MissingExtension)]
    [Refuses(TlsErrorCause.NoCommonSignatureScheme)]
    public void ListForCertificates_Alone_IsRefused(byte[] list)
    {
        using var newer = new HostileClient();
        newer.SendHello(newer.Hello().Without(SignatureAlgorithms).With(SignatureAlgorithmsCert, list));
        newer.AssertRefused(TlsErrorCause.MissingExtension, isProtected: false);

        using var older = new Tls12HostileClient();
        older.SendHello(Tls12HostileClient.Hello().Without(SignatureAlgorithms).With(SignatureAlgorithmsCert, list));
        older.AssertRefused(TlsErrorCause.NoCommonSignatureScheme, isProtected: false);
    }

    /// <summary>
    /// CVE-2021-3449: a hello of a renegotiation that left signature_algorithms out, and had signature_algorithms_cert, brought a server
    /// down. There is no renegotiation: such a hello is not even read.
    /// </summary>
    [Theory]
    [MemberData(nameof(CertificateLists))]
    [Refuses(TlsErrorCause.RenegotiationRepeated)]
    public void Renegotiation_WithoutTheList_IsAnsweredAsAnyOther(byte[] list)
    {
        HelloParts hello = Tls12HostileClient.Hello().Without(SignatureAlgorithms).With(SignatureAlgorithmsCert, list);
        using Tls12HostileClient client = new Tls12HostileClient().Connect();
        client.Handshake(hello.ToMessage());
        client.AssertNotRefused();
        Assert.Equal([1, 100], client.Received[^1].Content);
        client.Protected(ContentType.ApplicationData, [1, 2, 3]);
        Assert.Equal(3, client.Victim.Plaintext.Length);
        client.Handshake(hello.ToMessage());
        client.AssertRefused(TlsErrorCause.RenegotiationRepeated, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.VectorLengthOutOfRange)]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    [Refuses(TlsErrorCause.NoCommonSignatureScheme)]
    public void List_WithNothingOfUse_IsRefused()
    {
        AssertRefused(TlsErrorCause.VectorLengthOutOfRange, 0, 0);
        AssertRefused(TlsErrorCause.VectorLengthOutOfRange, 0, 3, 4, 3, 8);
        AssertRefused(TlsErrorCause.TruncatedMessage);
        AssertRefused(TlsErrorCause.TruncatedMessage, 0, 4, 4, 3);
        AssertRefused(TlsErrorCause.TrailingBytes, [.. _some, 0]);
        AssertRefused(TlsErrorCause.NoCommonSignatureScheme, 0, 4, 0xfe, 0xfe, 0, 0);
        AssertRefused(TlsErrorCause.NoCommonSignatureScheme, [.. Octets.Vector16([.. Enumerable.Range(0, 30_000).Select(_ => (byte)0x7a)])]);

        static void AssertRefused(TlsErrorCause cause, params byte[] list)
        {
            using var newer = new HostileClient();
            Send(newer, newer.Hello().With(SignatureAlgorithms, list));
            newer.AssertRefused(cause, isProtected: false);
            using var older = new Tls12HostileClient();
            Send(older, Tls12HostileClient.Hello().With(SignatureAlgorithms, list));
            older.AssertRefused(cause, isProtected: false);
        }

        static void Send(HostilePeer peer, HelloParts hello)
        {
            foreach (byte[] fragment in hello.ToMessage().Chunk(16_000))
                peer.Plain(ContentType.Handshake, fragment);
        }
    }

    /// <summary>The other direction: a server that asks a client for a signature which nobody can make is shown no certificate.</summary>
    [Theory]
    [InlineData(new byte[] { 0xfe, 0xfe })]
    [InlineData(new byte[] { 0, 0, 2, 3, 2, 1 })]
    [InlineData(new byte[] { 8, 4, 4, 1 })] // RSA's, for an ECDSA key
    public void Request_WithNothingOfUse_IsAnsweredWithNoCertificate(byte[] schemes)
    {
        using (var server = new HostileServer(new TlsClientConfiguration(DefaultCryptoProvider.Instance)
        {
            Credentials = [Engines.Credential()],
        }))
        {
            server.SendHello(server.Hello());
            byte[][] flight =
            [
                server.EncryptedExtensions(),
                server.Message(13, [0, .. Octets.Extensions(
                    (SignatureAlgorithms, Octets.Vector16(schemes)), (SignatureAlgorithmsCert, [1]))]),
                server.Certificate(), server.CertificateVerify(), server.Finished(),
            ];
            server.PrepareApplication();
            server.Handshake(flight);
            server.AssertNotRefused();
            Assert.Equal("0b00000400000000", Convert.ToHexStringLower(server.Messages[^2]));
        }

        using var older = new Tls12HostileServer(new TlsClientConfiguration(DefaultCryptoProvider.Instance)
        {
            Versions = Tls12Engines.Both,
            TimeProvider = TimeProvider.System,
            Credentials = [Engines.Credential()],
        });
        older.SendHello(older.Hello());
        older.Handshake(
            older.Certificate(),
            older.ServerKeyExchange(),
            older.Message(13, [1, 64, .. Octets.Vector16(schemes), 0, 0]),
            older.HelloDone());
        older.AssertNotRefused();
        Assert.Contains(older.Messages, message => Convert.ToHexStringLower(message) == "0b000003000000");
    }
}
