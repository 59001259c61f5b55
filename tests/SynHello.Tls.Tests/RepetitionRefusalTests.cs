using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Alerts, key updates and empty records: in which form, and how many in a row.</summary>
public sealed class RepetitionRefusalTests
{
    public static TheoryData<bool> Sides => [false, true];

    /// <summary>Of the kind of CVE-2016-8610: nothing but records.</summary>
    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.TooManyEmptyRecords)]
    public void EmptyRecords_AreRefusedBeyondTheLimit(bool isServer)
    {
        using HostilePeer peer = HostilePeers.Connected(isServer);
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < TlsLimits.EmptyRecords; i++)
                peer.Protected(ContentType.ApplicationData, [], padding: i);
            peer.Protected(ContentType.ApplicationData, [1]);
        }

        for (int i = 0; i < TlsLimits.EmptyRecords; i++)
            peer.Protected(ContentType.ApplicationData, []);
        peer.AssertNotRefused();
        peer.Protected(ContentType.ApplicationData, []);
        peer.AssertRefused(TlsErrorCause.TooManyEmptyRecords, isProtected: true);
    }

    /// <summary>The change_cipher_spec of a handshake is not one of the empty records behind it.</summary>
    [Fact]
    public void EmptyRecords_AreCountedAnewBehindTheHandshake()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello());
        client.Plain(ContentType.ChangeCipherSpec, 1);
        client.SendFinished();
        for (int i = 0; i < TlsLimits.EmptyRecords; i++)
            client.Protected(ContentType.ApplicationData, []);
        client.AssertNotRefused();
    }

    /// <summary>CVE-2020-12457: change_cipher_spec without end kept a server busy.</summary>
    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.TooManyEmptyRecords)]
    public void ChangeCipherSpecs_AreRefusedBeyondTheLimit(bool isServer)
    {
        using HostilePeer peer = HostilePeers.WithHandshakeKeys(isServer);
        for (int i = 0; i < TlsLimits.EmptyRecords; i++)
            peer.Plain(ContentType.ChangeCipherSpec, 1);
        peer.AssertNotRefused();
        peer.Plain(ContentType.ChangeCipherSpec, 1);
        peer.AssertRefused(TlsErrorCause.TooManyEmptyRecords, isProtected: true);
    }

    /// <summary>CVE-2026-56862: KeyUpdates without end were counted as progress.</summary>
    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.TooManyKeyUpdates)]
    public void KeyUpdates_AreRefusedBeyondTheLimit(bool isServer)
    {
        using HostilePeer peer = HostilePeers.Connected(isServer);
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < TlsLimits.KeyUpdates; i++)
            {
                peer.KeyUpdate(request: true);
                peer.Protected(ContentType.ApplicationData, []); // an empty record is no data
            }

            peer.AssertNotRefused();
            peer.Protected(ContentType.ApplicationData, [1]);
        }

        for (int i = 0; i < TlsLimits.KeyUpdates; i++)
            peer.KeyUpdate();
        peer.AssertNotRefused();
        peer.KeyUpdate();
        peer.AssertRefused(TlsErrorCause.TooManyKeyUpdates, isProtected: true);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.IllegalValue)]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void KeyUpdate_IsRefusedInAnotherForm(bool isServer)
    {
        AssertRefused(TlsErrorCause.IllegalValue, 2);
        AssertRefused(TlsErrorCause.TruncatedMessage);
        AssertRefused(TlsErrorCause.TrailingBytes, 0, 0);

        void AssertRefused(TlsErrorCause cause, params byte[] body)
        {
            using HostilePeer peer = HostilePeers.Connected(isServer);
            peer.Handshake(Octets.Message(24, body));
            peer.AssertRefused(cause, isProtected: true);
        }
    }

    /// <summary>CVE-2016-8610: warnings without end kept a server busy.</summary>
    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.TooManyAlerts)]
    public void WarningAlerts_AreRefusedBeyondTheLimit(bool isServer)
    {
        using HostilePeer peer = HostilePeers.Connected(isServer);
        for (int i = 0; i < TlsLimits.WarningAlerts; i++)
            peer.Protected(ContentType.Alert, [1, 90]);
        peer.AssertNotRefused();
        peer.Protected(ContentType.Alert, [1, 90]);
        peer.AssertRefused(TlsErrorCause.TooManyAlerts, isProtected: true);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void AlertRecord_HoldsOneAlert(bool isServer)
    {
        using HostilePeer half = HostilePeers.Connected(isServer);
        half.Protected(ContentType.Alert, [1]);
        half.AssertRefused(TlsErrorCause.TruncatedMessage, isProtected: true);
        using HostilePeer two = HostilePeers.Connected(isServer);
        two.Protected(ContentType.Alert, [1, 0, 1, 0]);
        two.AssertRefused(TlsErrorCause.TrailingBytes, isProtected: true);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.PeerAlert)]
    public void Alert_OfAnyKindAndLevelEndsTheConnection(bool isServer)
    {
        foreach (byte level in new byte[] { 0, 1, 2 })
        {
            foreach (byte description in new byte[] { 10, 20, 40, 48, 80, 100, 112, 255 })
            {
                using HostilePeer peer = HostilePeers.Connected(isServer);
                peer.Protected(ContentType.Alert, [level, description]);
                peer.AssertRefused(TlsErrorCause.PeerAlert);
                Assert.Equal(description, peer.Victim.Failure?.PeerAlert?.Value);
            }
        }

        using HostilePeer fresh = HostilePeers.Fresh(isServer);
        fresh.Plain(ContentType.Alert, 2, 70);
        fresh.AssertRefused(TlsErrorCause.PeerAlert);

        // The side that has keys hears why the other one, which has none yet, gave up at its hello.
        using HostilePeer early = HostilePeers.WithHandshakeKeys(isServer);
        early.Plain(ContentType.Alert, 2, 47);
        early.AssertRefused(TlsErrorCause.PeerAlert);

        using HostilePeer closed = HostilePeers.WithHandshakeKeys(isServer);
        closed.Protected(ContentType.Alert, [1, 0]); // close_notify in the middle of a handshake
        closed.AssertRefused(TlsErrorCause.PeerAlert);
    }

    /// <summary>CVE-2026-32283: several in one record locked a connection up.</summary>
    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.MessageAcrossKeyChange)]
    public void KeyUpdate_HasToEndItsRecord(bool isServer)
    {
        using HostilePeer peer = HostilePeers.Connected(isServer);
        peer.Handshake(Octets.Message(24, 0), Octets.Message(24, 0));
        peer.AssertRefused(TlsErrorCause.MessageAcrossKeyChange, isProtected: true);
    }
}
