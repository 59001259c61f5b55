using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// What can be sent over and over without getting anywhere, before there are keys and in TLS 1.2. Under TLS 1.3's keys see
/// <see cref="RepetitionRefusalTests"/>.
/// </summary>
public sealed class HandshakeFloodTests
{
    /// <summary>Far above every limit: who ends a flood ends it before.</summary>
    private const int Many = 200;

    /// <summary>CVE-2020-12457: a server that was sent change_cipher_spec records without end read on for ever.</summary>
    [Fact]
    [Refuses(TlsErrorCause.TooManyEmptyRecords)]
    [Refuses(TlsErrorCause.UnexpectedChangeCipherSpec)]
    public void ChangeCipherSpecs_BetweenHellos_End()
    {
        // A client that does not know the version yet.
        using var server = new Tls12HostileServer();
        AssertEnds(server, TlsErrorCause.TooManyEmptyRecords, peer => peer.Plain(ContentType.ChangeCipherSpec, 1));

        // A server that has asked for another hello.
        using var client = new HostileClient();
        client.SendHelloThatIsRetried();
        AssertEnds(client, TlsErrorCause.TooManyEmptyRecords, peer => peer.Plain(ContentType.ChangeCipherSpec, 1));

        // In TLS 1.2 there is one, and no second.
        using var older = new Tls12HostileClient();
        older.SendHello(Tls12HostileClient.Hello());
        older.Handshake(older.ClientKeyExchange());
        older.Plain(ContentType.ChangeCipherSpec, 1);
        older.AssertNotRefused();
        older.Plain(ContentType.ChangeCipherSpec, 1);
        Assert.NotNull(older.Victim.Failure);
    }

    /// <summary>CVE-2016-8610: warnings in the clear, during the handshake, kept a server busy for nothing.</summary>
    [Theory]
    [InlineData(false, 90)]
    [InlineData(true, 90)]
    [InlineData(false, 112)]
    [InlineData(true, 112)]
    [InlineData(true, 41)]
    [Refuses(TlsErrorCause.TooManyAlerts)]
    [Refuses(TlsErrorCause.PeerAlert)]
    public void Warnings_BeforeAnyKeys_End(bool isServer, byte alert)
    {
        using HostilePeer fresh = isServer ? new Tls12HostileClient() : new Tls12HostileServer();
        AssertFewAreTaken(fresh);
        using HostilePeer newer = HostilePeers.Fresh(isServer);
        AssertFewAreTaken(newer);

        using HostilePeer further = isServer ? new Tls12HostileClient() : new Tls12HostileServer();
        if (further is Tls12HostileClient client)
            client.SendHello(Tls12HostileClient.Hello());
        else if (further is Tls12HostileServer server)
            server.SendHello(server.Hello());
        AssertFewAreTaken(further);

        void AssertFewAreTaken(HostilePeer peer)
        {
            int taken = 0;
            while (peer.Victim.Failure is null && taken < Many)
            {
                peer.Plain(ContentType.Alert, 1, alert);
                taken++;
            }

            Assert.InRange(taken, 1, TlsLimits.WarningAlerts + 1);
            peer.AssertRefused(taken == 1 ? TlsErrorCause.PeerAlert : TlsErrorCause.TooManyAlerts);
        }
    }

    /// <summary>The same under TLS 1.2's keys, on both sides.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.TooManyAlerts)]
    [Refuses(TlsErrorCause.TooManyEmptyRecords)]
    [Refuses(TlsErrorCause.EmptyRecord)]
    public void NothingButRecords_UnderTheKeysOfTls12_End(bool isServer)
    {
        using HostilePeer warnings = Connected();
        AssertEnds(warnings, TlsErrorCause.TooManyAlerts, peer => peer.Protected(ContentType.Alert, [1, 90]));
        using HostilePeer empty = Connected();
        AssertEnds(empty, TlsErrorCause.TooManyEmptyRecords, peer => peer.Protected(ContentType.ApplicationData, []));
        using HostilePeer handshake = Connected();
        handshake.Protected(ContentType.Handshake, []);
        handshake.AssertRefused(TlsErrorCause.EmptyRecord, isProtected: true);

        HostilePeer Connected() => isServer ? new Tls12HostileClient().Connect() : new Tls12HostileServer().Connect();
    }

    /// <summary>
    /// CVE-2026-32283: KeyUpdates in one record locked a connection against itself; CVE-2026-56862: KeyUpdates without end were counted as
    /// progress. One more record than the limit, however they are dressed.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.TooManyKeyUpdates)]
    [Refuses(TlsErrorCause.MessageAcrossKeyChange)]
    public void KeyUpdates_InOneRecordOrWithoutEnd_End(bool isServer)
    {
        using HostilePeer together = HostilePeers.Connected(isServer);
        together.Handshake([.. Enumerable.Repeat(Octets.Message(24, 1), 5)]);
        together.AssertRefused(TlsErrorCause.MessageAcrossKeyChange, isProtected: true);

        using HostilePeer endless = HostilePeers.Connected(isServer);
        AssertEnds(endless, TlsErrorCause.TooManyKeyUpdates, peer => peer.KeyUpdate(request: true));
    }

    private static void AssertEnds(HostilePeer peer, TlsErrorCause cause, Action<HostilePeer> send)
    {
        for (int i = 0; i < Many && peer.Victim.Failure is null; i++)
            send(peer);
        peer.AssertRefused(cause);
    }
}
