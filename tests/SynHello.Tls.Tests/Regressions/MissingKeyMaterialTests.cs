using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>ServerHellos from which no secret follows: one that everybody could compute must not take its place.</summary>
public sealed class MissingKeyMaterialTests
{
    private readonly ResumptionSetup _setup = new();

    /// <summary>CVE-2023-3724: without key_share and pre_shared_key a client took a secret that was the same for everybody.</summary>
    [Fact]
    [Refuses(TlsErrorCause.MissingExtension)]
    public void ServerHello_WithNeitherKeyShareNorPreSharedKey_IsRefused()
    {
        using (var server = new HostileServer())
            AssertRefused(server);

        // A client that has a session to offer, and early data on the way.
        using (var server = new HostileServer(
            _setup.Client(allowPskOnly: true), new TlsClientStart { Session = _setup.Visit()[0], EarlyData = new byte[10] }))
        {
            server.IsAlertUnreadable = true;
            server.SendHello(server.Hello().Without(51));
            server.AssertRefusedUnreadably(TlsErrorCause.MissingExtension);
        }

        using (var server = new HostileServer(_setup.Client(allowPskOnly: true), new TlsClientStart { Session = _setup.Visit()[0] }))
            AssertRefused(server);

        using (var server = new HostileServer())
        {
            server.SendRetry(server.Retry());
            AssertRefused(server);
        }

        static void AssertRefused(HostileServer server)
        {
            server.SendHello(server.Hello().Without(51));
            server.AssertRefused(TlsErrorCause.MissingExtension, isProtected: false);
            Assert.DoesNotContain(server.Messages, message => message[0] == 20);
        }
    }

    /// <summary>And TLS 1.2's: keys do not follow without a ServerKeyExchange, or from a point that gives the same secret to all.</summary>
    [Fact]
    [Refuses(TlsErrorCause.InvalidKeyShare)]
    public void ServerKeyExchange_WithAPointOfSmallOrder_IsRefused()
    {
        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello());
        server.Handshake(
            server.Certificate(), server.ServerKeyExchange([3, 0, 0x1d, .. Octets.Vector8(new byte[32])]), server.HelloDone());
        server.AssertRefused(TlsErrorCause.InvalidKeyShare, isProtected: false);
        Assert.False(server.Victim.Engine.MaySend);
    }
}
