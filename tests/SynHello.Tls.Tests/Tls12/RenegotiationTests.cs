using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>There is no renegotiation: who asks is told once, and not put up with a second time (RFC 5246, RFC 5746).</summary>
public sealed class RenegotiationTests
{
    private static readonly byte[] _noRenegotiation = [1, 100];

    [Fact]
    [Refuses(TlsErrorCause.RenegotiationRepeated)]
    public void Server_AnswersAHelloWithAWarning_AndEndsAtTheSecond()
    {
        using Tls12HostileClient client = new Tls12HostileClient().Connect();
        client.Handshake(Tls12HostileClient.Hello().ToMessage());
        client.AssertNotRefused();
        Assert.Equal((ContentType.Alert, true), (client.Received[^1].Type, client.Received[^1].IsProtected));
        Assert.Equal(_noRenegotiation, client.Received[^1].Content);
        client.Protected(ContentType.ApplicationData, [1, 2, 3]);
        Assert.Equal([1, 2, 3], client.Victim.Plaintext.ToArray());

        client.Handshake(Tls12HostileClient.Hello().ToMessage());
        client.AssertRefused(TlsErrorCause.RenegotiationRepeated, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.RenegotiationRepeated)]
    public void Client_AnswersAHelloRequestWithAWarning_AndEndsAtTheSecond()
    {
        using Tls12HostileServer server = new Tls12HostileServer().Connect();
        server.Handshake(Octets.Message(0));
        server.AssertNotRefused();
        Assert.Equal(_noRenegotiation, server.Received[^1].Content);
        server.Protected(ContentType.ApplicationData, [1, 2, 3]);
        Assert.Equal([1, 2, 3], server.Victim.Plaintext.ToArray());

        server.Handshake(Octets.Message(0));
        server.AssertRefused(TlsErrorCause.RenegotiationRepeated, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.TrailingBytes)]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Client_TakesNoOtherMessageBehindTheHandshake()
    {
        using (Tls12HostileServer server = new Tls12HostileServer().Connect())
        {
            server.Handshake(Octets.Message(0, 1));
            server.AssertRefused(TlsErrorCause.TrailingBytes, isProtected: true);
        }

        foreach (int type in new[] { 1, 2, 4, 8, 11, 12, 13, 14, 15, 16, 20, 22, 24, 99 })
        {
            using Tls12HostileServer server = new Tls12HostileServer().Connect();
            server.Handshake(Octets.Message(type, type == 24 ? [1] : new byte[12]));
            server.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: true);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Client_RefusesAHelloRequestWithinTheHandshake()
    {
        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello(), Octets.Message(0));
        server.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: false);
    }

    [Theory]
    [InlineData(false, 0xff01)]
    [InlineData(true, 0)]
    [Refuses(TlsErrorCause.InsecureRenegotiation)]
    public void Client_RefusesAServerThatDoesNotSignalSecureRenegotiation(bool isWrong, int without)
    {
        using var server = new Tls12HostileServer();
        HelloParts hello = server.Hello().Without(without);
        if (isWrong)
            hello.With(0xff01, Octets.Vector8(Engines.Pattern(24, 3)));
        server.SendHello(hello);
        server.AssertRefused(TlsErrorCause.InsecureRenegotiation, isProtected: false);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Server_SignalsSecureRenegotiationToThoseWhoDo(bool byScsv, bool byExtension)
    {
        using var client = new Tls12HostileClient();
        HelloParts hello = Tls12HostileClient.Hello();
        if (!byScsv)
            hello.CipherSuites = hello.CipherSuites[..^2];
        if (byExtension)
            hello.With(0xff01, 0);
        client.SendHello(hello);
        client.SendFlight();
        Assert.True(client.Victim.Engine.IsHandshakeComplete);
        Tls12ServerHello answer = Tls12ServerHello.Parse(client.ServerHelloBody, new ExtensionSet(ulong.MaxValue));
        Assert.Equal(byScsv || byExtension, answer.Present.Contains(ExtensionType.RenegotiationInfo));
        Assert.True(answer.RenegotiatedConnection.IsEmpty);
    }

    [Fact]
    [Refuses(TlsErrorCause.InsecureRenegotiation)]
    public void Server_RefusesAFirstHelloThatSpeaksOfAnEarlierConnection()
    {
        using var client = new Tls12HostileClient();
        client.SendHello(Tls12HostileClient.Hello().With(0xff01, Octets.Vector8(Engines.Pattern(12, 3))));
        client.AssertRefused(TlsErrorCause.InsecureRenegotiation, isProtected: false);
    }
}
