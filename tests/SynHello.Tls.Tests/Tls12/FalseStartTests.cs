using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Application data right behind the client's Finished (RFC 7918).</summary>
public sealed class FalseStartTests
{
    [Fact]
    public void Request_LeavesWithTheFinished_AndIsAnsweredWithTheServers()
    {
        using var pair = new EnginePair(Tls12Engines.Client(), Tls12Engines.Server());
        Assert.False(pair.Client.Engine.MaySend);
        pair.ClientEngine.Start(pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        pair.Client.Deliver(pair.Server.TakeOutput());
        Assert.False(pair.Client.Engine.IsHandshakeComplete);
        Assert.True(pair.Client.Engine.MaySend);
        Assert.True(pair.Client.Engine.Negotiated.IsFalseStarted);
        Assert.Throws<InvalidOperationException>(() => Tls12Engines.Export(pair.Client, "EXPORTER-a", [], 16));
        pair.Client.Send([1, 2, 3]);

        // One flight: ClientKeyExchange, change_cipher_spec, Finished, and the request.
        pair.Server.Deliver(pair.Client.TakeOutput());
        Assert.True(pair.Server.Engine.IsHandshakeComplete);
        Assert.Equal([1, 2, 3], pair.Server.Plaintext.ToArray());
        pair.Server.Send([4, 5]);
        pair.Client.Deliver(pair.Server.TakeOutput());
        Assert.True(pair.Client.Engine.IsHandshakeComplete);
        Assert.Equal([4, 5], pair.Client.Plaintext.ToArray());
        Assert.Single(pair.Client.Events, TlsEvent.HandshakeCompleted);
    }

    [Fact]
    public void WithoutIt_NothingLeavesBeforeTheServersFinished()
    {
        using var pair = new EnginePair(Tls12Engines.Client(falseStart: false), Tls12Engines.Server());
        pair.ClientEngine.Start(pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        pair.Client.Deliver(pair.Server.TakeOutput());
        Assert.False(pair.Client.Engine.MaySend);
        Assert.Throws<InvalidOperationException>(() => pair.Client.Send([1]));
        pair.Pump();
        Engines.AssertConnected(pair);
        Assert.False(pair.Client.Engine.Negotiated.IsFalseStarted);
    }

    [Theory]
    [InlineData("h2", "h2", true)]
    [InlineData("", "h2", true)]
    [InlineData("h2", "", false)] // somebody may have cut the answer out
    public void Protocol_HasToBeChosenWhereOneIsOffered(string client, string server, bool isAllowed)
    {
        using var pair = new EnginePair(
            Tls12Engines.Client(protocols: Protocols(client)), Tls12Engines.Server(protocols: Protocols(server)));
        pair.ClientEngine.Start(pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        pair.Client.Deliver(pair.Server.TakeOutput());
        Assert.Equal(isAllowed, pair.Client.Engine.MaySend);
        pair.Pump();
        Engines.AssertConnected(pair);

        static System.Net.Security.SslApplicationProtocol[] Protocols(string name) =>
            name.Length == 0 ? [] : Engines.Protocols(name);
    }

    [Fact]
    public void ResumedHandshake_HasNone()
    {
        var setup = new Tls12ResumptionSetup();
        TlsSession session = setup.Visit();
        using var pair = new EnginePair(setup.Client(), setup.Server());
        pair.ClientEngine.Start(new TlsClientStart { Session = session }, pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        Assert.False(pair.Server.Engine.MaySend); // the server has sent its Finished; the client has not
        pair.Client.Deliver(pair.Server.TakeOutput());
        Assert.True(pair.Client.Engine.IsHandshakeComplete);
        Assert.False(pair.Client.Engine.Negotiated.IsFalseStarted);
        pair.Pump();
        Tls12ResumptionTests.AssertResumed(pair);
    }

    [Fact]
    [Refuses(TlsErrorCause.BadFinished)]
    public void ServersFinished_IsCheckedAllTheSame()
    {
        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello());
        server.SendFlight();
        Assert.True(server.Victim.Engine.MaySend);
        server.ChangeCipherSpec();
        server.Handshake(Octets.Flip(server.Finished()));
        server.AssertRefused(TlsErrorCause.BadFinished, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.EarlyApplicationData)]
    public void ServersData_IsNotTakenBeforeItsFinished()
    {
        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello());
        server.SendFlight();
        server.ChangeCipherSpec();
        server.Protected(ContentType.ApplicationData, [1, 2, 3]);
        server.AssertRefused(TlsErrorCause.EarlyApplicationData, isProtected: true);
        Assert.True(server.Victim.Plaintext.IsEmpty);
    }

    [Fact]
    public void Ending_BeforeTheServersFinished_IsAFailure()
    {
        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello());
        server.SendFlight();
        Assert.Equal(
            TlsErrorCause.TruncatedByPeer,
            Assert.Throws<TlsProtocolException>(server.Victim.Engine.ReceiveEnd).Cause);
    }
}
