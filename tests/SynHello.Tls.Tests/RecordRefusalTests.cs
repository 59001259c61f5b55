using System.Text;

using SynHello.Crypto;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Records that neither side takes, and how many of a kind it puts up with.</summary>
public sealed class RecordRefusalTests
{
    public static TheoryData<bool> Sides => [false, true];

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "plain HTTP")]
    [InlineData("POST", "plain HTTP")]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n", "does not speak TLS")]
    [InlineData("\0\0\0\0", "does not speak TLS")]
    [InlineData("\u0080\u002e\u0001", "does not speak TLS")] // an SSL 2.0 hello
    [Refuses(TlsErrorCause.NotTls)]
    public void FirstBytes_ThatAreNoRecordAreNamed(string text, string said)
    {
        using var client = new HostileClient();
        client.Raw(Encoding.Latin1.GetBytes(text));
        client.AssertRefused(TlsErrorCause.NotTls, isProtected: false);
        Assert.Contains(said, client.Victim.Failure?.Message, StringComparison.Ordinal);
        Assert.Equal("1503030002020a", Convert.ToHexStringLower(client.Victim.Sent));
    }

    [Fact]
    [Refuses(TlsErrorCause.NotTls)]
    public void FirstByte_IsEnough()
    {
        using var client = new HostileClient();
        client.Raw((byte)'G');
        client.AssertRefused(TlsErrorCause.NotTls);
        using var version = new HostileClient();
        version.Raw(22, 2);
        version.AssertRefused(TlsErrorCause.NotTls);
        using var server = new HostileServer();
        server.Raw((byte)'H');
        server.AssertRefused(TlsErrorCause.NotTls);
    }

    [Fact]
    [Refuses(TlsErrorCause.NotTls)]
    public void RecordVersion_HasToBeThatOfSomeTls()
    {
        using var client = new HostileClient();
        byte[] hello = client.Hello().ToMessage();
        client.Raw([22, 3, 0, .. Octets.Vector16(hello[..50])]); // any minor version is to be ignored
        client.AssertNotRefused();
        client.Raw([22, 2, 3, .. Octets.Vector16(hello[50..])]);
        client.AssertRefused(TlsErrorCause.NotTls);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.UnexpectedRecordType)]
    public void RecordType_HasToBeKnown(bool isServer)
    {
        using (HostilePeer peer = HostilePeers.Fresh(isServer))
        {
            peer.Raw(22, 3, 3, 0, 4, isServer ? (byte)1 : (byte)2, 0, 0, 80);
            peer.Raw(24, 3, 3, 0, 1, 1);
            peer.AssertRefused(TlsErrorCause.UnexpectedRecordType, isProtected: false);
        }

        foreach (byte inner in new byte[] { 20, 24, 1, 255 })
        {
            using HostilePeer peer = HostilePeers.Connected(isServer);
            peer.Raw(peer.Seal([1, inner]));
            peer.AssertRefused(TlsErrorCause.UnexpectedRecordType, isProtected: true);
        }
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.RecordTooLarge)]
    public void RecordLength_IsCheckedBeforeTheRecordIsThere(bool isServer)
    {
        using HostilePeer fresh = HostilePeers.Fresh(isServer);
        fresh.Raw(22, 3, 3, 0x40, 0x01);
        fresh.AssertRefused(TlsErrorCause.RecordTooLarge, isProtected: false);

        using HostilePeer connected = HostilePeers.Connected(isServer);
        connected.Raw(23, 3, 3, 0x41, 0x01); // 2^14 + 257
        connected.AssertRefused(TlsErrorCause.RecordTooLarge, isProtected: true);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.RecordTooLarge)]
    public void InnerPlaintext_IsAtMost16385Bytes(bool isServer)
    {
        using HostilePeer peer = HostilePeers.Connected(isServer);
        peer.Protected(ContentType.ApplicationData, new byte[16_384]);
        peer.Protected(ContentType.ApplicationData, [1], padding: 16_383);
        peer.AssertNotRefused();
        Assert.Equal(16_385, peer.Victim.Plaintext.Length);
        peer.Protected(ContentType.ApplicationData, new byte[16_384], padding: 1);
        peer.AssertRefused(TlsErrorCause.RecordTooLarge, isProtected: true);
    }

    [Theory]
    [InlineData(1, 400)] // the header tells
    [InlineData(2, 64)] // only the opened record tells
    [Refuses(TlsErrorCause.RecordAboveSizeLimit)]
    public void RecordSizeLimit_IsHeldAgainstTheServer(int seed, int length)
    {
        using var server = new HostileServer(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { RecordSizeLimit = 64 });
        server.SendHello(server.Hello());
        byte[][] messages =
            [server.EncryptedExtensions((28, [0x40, 1])), server.Certificate(), server.CertificateVerify()];
        server.Handshake(messages[0]);
        foreach (byte[] fragment in messages[1..].SelectMany(message => message).Chunk(63))
            server.Protected(ContentType.Handshake, fragment);
        byte[] finished = server.Finished();
        server.PrepareApplication();
        server.Handshake(finished);
        server.EnterApplication();
        server.Protected(ContentType.ApplicationData, Engines.Pattern(63, seed));
        server.AssertNotRefused();
        server.Protected(ContentType.ApplicationData, Engines.Pattern(length, seed));
        server.AssertRefused(TlsErrorCause.RecordAboveSizeLimit, isProtected: true);
        Assert.Equal(63, server.Victim.Plaintext.Length);
    }

    [Fact]
    [Refuses(TlsErrorCause.RecordAboveSizeLimit)]
    public void RecordSizeLimit_IsHeldAgainstTheClient()
    {
        using var client = new HostileClient(
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                RecordSizeLimit = 100,
            });
        client.SendHello(client.Hello().With(28, 0x40, 1));
        client.SendFinished();
        client.Protected(ContentType.ApplicationData, new byte[99]);
        client.AssertNotRefused();
        client.Protected(ContentType.ApplicationData, new byte[90], padding: 10); // padding counts (RFC 8449 section 4)
        client.AssertRefused(TlsErrorCause.RecordAboveSizeLimit, isProtected: true);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.UnprotectedRecord)]
    public void AfterTheHandshake_NothingMayComeInTheClear(bool isServer)
    {
        foreach (ContentType type in new[] { ContentType.Handshake, ContentType.Alert })
        {
            using HostilePeer peer = HostilePeers.Connected(isServer);
            peer.Plain(type, 1, 0);
            peer.AssertRefused(TlsErrorCause.UnprotectedRecord, isProtected: true);
            Assert.False(peer.Victim.Engine.IsPeerClosed);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.UnprotectedRecord)]
    public void AfterTheKeys_NoMessageMayComeInTheClear()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello());
        client.Plain(ContentType.Handshake, client.Finished());
        client.AssertRefused(TlsErrorCause.UnprotectedRecord, isProtected: true);

        using var server = new HostileServer();
        server.SendHello(server.Hello());
        server.Plain(ContentType.Handshake, server.EncryptedExtensions());
        server.AssertRefused(TlsErrorCause.UnprotectedRecord, isProtected: true);

        using var alert = new HostileServer();
        alert.SendHello(alert.Hello());
        alert.Handshake(alert.EncryptedExtensions());
        alert.Plain(ContentType.Alert, 2, 40);
        alert.AssertRefused(TlsErrorCause.UnprotectedRecord, isProtected: true);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.BadRecordMac)]
    public void Record_IsRefusedWithABitFlippedAnywhere(bool isServer)
    {
        int length = 5 + 3 + Aead.TagLength;
        for (int octet = 1; octet < length; octet++)
        {
            if (octet is 1 or 3 or 4)
                continue; // no TLS version, or another length: refused for that
            using HostilePeer peer = HostilePeers.Connected(isServer);
            byte[] record = peer.Seal([1, 2, 23]);
            record[octet] ^= 4;
            peer.Raw(record);
            peer.AssertRefused(TlsErrorCause.BadRecordMac, isProtected: true);
            Assert.True(peer.Victim.Plaintext.IsEmpty);
        }
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.BadRecordMac)]
    public void Record_IsRefusedWhenReplayedReorderedOrTooShort(bool isServer)
    {
        using HostilePeer replayed = HostilePeers.Connected(isServer);
        byte[] record = replayed.Seal([1, 23]);
        replayed.Raw(record);
        replayed.AssertNotRefused();
        replayed.Raw(record);
        replayed.AssertRefused(TlsErrorCause.BadRecordMac, isProtected: true);

        using HostilePeer reordered = HostilePeers.Connected(isServer);
        reordered.Seal([1, 23]);
        reordered.Raw(reordered.Seal([2, 23]));
        reordered.AssertRefused(TlsErrorCause.BadRecordMac, isProtected: true);

        for (int length = 0; length <= Aead.TagLength; length++)
        {
            using HostilePeer tooShort = HostilePeers.Connected(isServer);
            tooShort.Plain(ContentType.ApplicationData, new byte[length]);
            tooShort.AssertRefused(TlsErrorCause.BadRecordMac, isProtected: true);
        }
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.MissingInnerContentType)]
    public void Record_OfPaddingAloneIsRefused(bool isServer)
    {
        foreach (int length in new[] { 1, 100, 16_385 })
        {
            using HostilePeer peer = HostilePeers.Connected(isServer);
            peer.Raw(peer.Seal(new byte[length]));
            peer.AssertRefused(TlsErrorCause.MissingInnerContentType, isProtected: true);
        }
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.EmptyRecord)]
    public void HandshakeAndAlertRecords_MayNotBeEmpty(bool isServer)
    {
        foreach (ContentType type in new[] { ContentType.Handshake, ContentType.Alert })
        {
            using HostilePeer fresh = HostilePeers.Fresh(isServer);
            fresh.Plain(type);
            fresh.AssertRefused(TlsErrorCause.EmptyRecord, isProtected: false);
            using HostilePeer connected = HostilePeers.Connected(isServer);
            connected.Protected(type, [], padding: 3);
            connected.AssertRefused(TlsErrorCause.EmptyRecord, isProtected: true);
        }
    }

    /// <summary>CVE-2016-6309's messages end at a limit.</summary>
    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.HandshakeMessageTooLarge)]
    public void HandshakeMessage_IsRefusedAboveTheLimitByItsHeader(bool isServer)
    {
        using HostilePeer fresh = HostilePeers.Fresh(isServer);
        fresh.Plain(ContentType.Handshake, isServer ? (byte)1 : (byte)2, 1, 0, 1);
        fresh.AssertRefused(TlsErrorCause.HandshakeMessageTooLarge, isProtected: false);
        using HostilePeer connected = HostilePeers.Connected(isServer);
        connected.Protected(ContentType.Handshake, [4, 0xff, 0xff, 0xff]);
        connected.AssertRefused(TlsErrorCause.HandshakeMessageTooLarge, isProtected: true);
    }

    /// <summary>
    /// CVE-2026-123613, CVE-2025-61730: what followed in the same record was read under the wrong keys.
    /// </summary>
    [Fact]
    [Refuses(TlsErrorCause.MessageAcrossKeyChange)]
    public void HellosAndFinished_HaveToEndTheirRecords()
    {
        using var clientHello = new HostileClient();
        clientHello.SendHello(clientHello.Hello(), 20);
        clientHello.AssertRefused(TlsErrorCause.MessageAcrossKeyChange, isProtected: true);

        using var serverHello = new HostileServer();
        serverHello.SendHello(serverHello.Hello(), 8, 0);
        serverHello.AssertRefused(TlsErrorCause.MessageAcrossKeyChange, isProtected: true);

        using var clientFinished = new HostileClient();
        clientFinished.SendHello(clientFinished.Hello());
        clientFinished.Handshake(clientFinished.Finished(), Octets.Message(24, 0));
        clientFinished.AssertRefused(TlsErrorCause.MessageAcrossKeyChange, isProtected: true);

        using var serverFinished = new HostileServer();
        serverFinished.SendHello(serverFinished.Hello());
        byte[][] flight =
        [
            serverFinished.EncryptedExtensions(), serverFinished.Certificate(), serverFinished.CertificateVerify(),
            serverFinished.Finished(), [4],
        ];
        serverFinished.PrepareApplication();
        serverFinished.Handshake(flight);
        serverFinished.AssertRefused(TlsErrorCause.MessageAcrossKeyChange, isProtected: true);
    }

    /// <summary>What begins a message before it has the answer to its last one did not wait for that answer; nothing is sent for it.</summary>
    [Fact]
    [Refuses(TlsErrorCause.MessageAcrossFlights)]
    public void HelloThatIsRetried_HasToEndItsRecord()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello().Without(51).With(51, 0, 0), 1);
        client.AssertRefused(TlsErrorCause.MessageAcrossFlights, isProtected: false);
        Assert.Empty(client.Messages);

        using var server = new HostileServer();
        byte[] retry = server.Retry().ToMessage();
        server.Plain(ContentType.Handshake, [.. retry, 2]);
        server.AssertRefused(TlsErrorCause.MessageAcrossFlights, isProtected: false);
        Assert.Single(server.Messages); // the first ClientHello, and no second one
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.InterleavedRecord)]
    public void HandshakeMessage_IsNotInterrupted(bool isServer)
    {
        AssertRefused(peer => peer.Protected(ContentType.ApplicationData, [1]));
        AssertRefused(peer => peer.Protected(ContentType.ApplicationData, []));
        AssertRefused(peer => peer.Protected(ContentType.Alert, [1, 90])); // user_canceled
        AssertRefused(peer => peer.Protected(ContentType.Alert, [1, 0])); // close_notify
        using HostilePeer early = HostilePeers.WithHandshakeKeys(isServer);
        early.Protected(ContentType.Handshake, [isServer ? (byte)20 : (byte)8, 0]);
        early.Plain(ContentType.ChangeCipherSpec, 1);
        early.AssertRefused(TlsErrorCause.InterleavedRecord, isProtected: true);

        void AssertRefused(Action<HostilePeer> interrupt)
        {
            using HostilePeer peer = HostilePeers.Connected(isServer);
            peer.Protected(ContentType.Handshake, [24, 0, 0, 1]);
            interrupt(peer);
            peer.AssertRefused(TlsErrorCause.InterleavedRecord, isProtected: true);
            Assert.True(peer.Victim.Plaintext.IsEmpty);
            Assert.False(peer.Victim.Engine.IsPeerClosed);
        }
    }

    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.EarlyApplicationData)]
    public void ApplicationData_MayNotComeBeforeTheHandshakeIsComplete(bool isServer)
    {
        using HostilePeer fresh = HostilePeers.Fresh(isServer);
        fresh.Plain(ContentType.ApplicationData, new byte[40]);
        fresh.AssertRefused(TlsErrorCause.EarlyApplicationData, isProtected: false);

        using HostilePeer keyed = HostilePeers.WithHandshakeKeys(isServer);
        keyed.Protected(ContentType.ApplicationData, [1, 2, 3]);
        keyed.AssertRefused(TlsErrorCause.EarlyApplicationData, isProtected: true);
        Assert.True(keyed.Victim.Plaintext.IsEmpty);
    }

    /// <summary>CVE-2014-0224, as far as TLS 1.3 knows change_cipher_spec.</summary>
    [Theory]
    [MemberData(nameof(Sides))]
    [Refuses(TlsErrorCause.UnexpectedChangeCipherSpec)]
    public void ChangeCipherSpec_IsOneOctetAndOnlyWithinTheHandshake(bool isServer)
    {
        foreach (byte[] content in new byte[][] { [], [0], [2], [1, 1] })
        {
            using HostilePeer keyed = HostilePeers.WithHandshakeKeys(isServer);
            keyed.Plain(ContentType.ChangeCipherSpec, 1);
            keyed.AssertNotRefused();
            keyed.Plain(ContentType.ChangeCipherSpec, content);
            keyed.AssertRefused(TlsErrorCause.UnexpectedChangeCipherSpec, isProtected: true);
        }

        using HostilePeer connected = HostilePeers.Connected(isServer);
        connected.Plain(ContentType.ChangeCipherSpec, 1);
        connected.AssertRefused(TlsErrorCause.UnexpectedChangeCipherSpec, isProtected: true);
        using var fresh = new HostileClient();
        fresh.Plain(ContentType.ChangeCipherSpec, 1);
        fresh.AssertRefused(TlsErrorCause.UnexpectedChangeCipherSpec, isProtected: false);
    }
}
