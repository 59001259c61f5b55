using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Which version two sides agree on, and what becomes of somebody who wants them to agree on less.</summary>
public sealed class VersionNegotiationTests
{
    private static readonly byte[] _downgradeFromTls13 = [.. "DOWNGRD"u8, 1];
    private static readonly byte[] _downgradeFromTls12 = [.. "DOWNGRD"u8, 0];

    [Theory]
    [InlineData(true, true, true, true, "1.3")]
    [InlineData(true, true, true, false, "1.2")]
    [InlineData(true, true, false, true, "1.3")]
    [InlineData(true, false, true, true, "1.2")]
    [InlineData(false, true, true, true, "1.3")]
    [InlineData(true, false, true, false, "1.2")]
    [InlineData(true, false, false, true, null)]
    [InlineData(false, true, true, false, null)]
    public void Version_IsTheNewestThatBothSpeak(bool client12, bool client13, bool server12, bool server13, string? expected)
    {
        using EnginePair pair = new EnginePair(
            Tls12Engines.Client(Versions(client12, client13)),
            Tls12Engines.Server(versions: Versions(server12, server13))).Handshake();
        if (expected is null)
        {
            Assert.Equal(AlertDescription.ProtocolVersion, pair.Client.Failure?.PeerAlert);
            return;
        }

        Engines.AssertConnected(pair);
        Assert.Equal(expected, pair.Client.Engine.Negotiated.Version.ToString());
        Assert.Equal(expected, pair.Server.Engine.Negotiated.Version.ToString());
        Engines.AssertTalks(pair);

        static ProtocolVersion[] Versions(bool tls12, bool tls13) =>
            [.. tls12 ? Tls12Engines.Only : [], .. tls13 ? [ProtocolVersion.Tls13] : (ProtocolVersion[])[]];
    }

    [Fact]
    public void Versions_AreThoseOfTls12And13()
    {
        Assert.Equal([ProtocolVersion.Tls13], Engines.Client().Versions);
        Assert.Throws<ArgumentException>(() => Tls12Engines.Client([]));
        Assert.Throws<ArgumentException>(() => Tls12Engines.Client([ProtocolVersion.Tls10]));
        Assert.Throws<ArgumentException>(() => Tls12Engines.Server(versions: [ProtocolVersion.Tls12, new ProtocolVersion(0x0302)]));
    }

    [Fact]
    public void Version_WithoutASuiteIsNotSpoken()
    {
        using EnginePair pair = Engines.Connected(
            Tls12Engines.Client(suites: [CipherSuite.TlsAes128GcmSha256]), Tls12Engines.Server(versions: Tls12Engines.Both));
        Assert.Equal(ProtocolVersion.Tls13, pair.Client.Engine.Negotiated.Version);
        ClientHello hello = ClientHello.Parse(pair.Client.Sent.Slice(9, pair.ClientEngine.ClientHelloLength - 9));
        Assert.False(hello.Present.Contains(ExtensionType.ExtendedMasterSecret));
        Assert.False(hello.SupportedVersions.Contains(ProtocolVersion.Tls12.Value));
    }

    /// <summary>Somebody on the path takes TLS 1.3 out of the hello: the Random of the server says what happened.</summary>
    [Fact]
    [Refuses(TlsErrorCause.DowngradeDetected)]
    public void Downgrade_ByAnEditedHello_IsFoundInTheServersRandom()
    {
        using var pair = new EnginePair(Tls12Engines.Client(), Tls12Engines.Server(versions: Tls12Engines.Both))
        {
            TamperClient = RemoveTls13,
        };
        pair.Handshake();
        Assert.Equal(TlsErrorCause.DowngradeDetected, pair.Client.Failure?.Cause);
        Assert.Equal(AlertDescription.IllegalParameter, pair.Server.Failure?.PeerAlert);
        Assert.False(pair.Client.Engine.MaySend);
    }

    /// <summary>... and where he rubs that out as well, the server's signature over the Random is wrong.</summary>
    [Fact]
    [Refuses(TlsErrorCause.BadSignature)]
    public void Downgrade_ByAnEditedHelloAndRandom_IsFoundInTheSignature()
    {
        using var pair = new EnginePair(Tls12Engines.Client(), Tls12Engines.Server(versions: Tls12Engines.Both))
        {
            TamperClient = RemoveTls13,
            TamperServer = bytes =>
            {
                byte[] copy = [.. bytes];
                int mark = copy.AsSpan().IndexOf(_downgradeFromTls13);
                if (mark >= 0)
                    copy[mark] ^= 1;
                return copy;
            },
        };
        pair.Handshake();
        Assert.Equal(TlsErrorCause.BadSignature, pair.Client.Failure?.Cause);
    }

    /// <summary>What is edited in a hello of TLS 1.2 alone is found in Finished: the transcripts differ.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.BadFinished)]
    public void Downgrade_OfTheSuite_IsFoundInFinished(bool falseStart)
    {
        using var pair = new EnginePair(
            Tls12Engines.Client(Tls12Engines.Only, falseStart: falseStart),
            Tls12Engines.Server(requireExtendedMasterSecret: false))
        {
            // The client's best suite becomes one that nobody knows.
            TamperClient = bytes => bytes[0] == 22 && bytes[5] == 1 ? Replace(bytes, [0xc0, 0x2b], [0xc0, 0x7b]) : bytes,
        };
        pair.Handshake();

        // The master secret is bound to the hello, so with different ones not even the record of Finished opens.
        Assert.True(pair.Server.Failure?.Cause is TlsErrorCause.BadFinished or TlsErrorCause.BadRecordMac, $"{pair.Server.Failure}");
        Assert.False(pair.Client.Engine.IsHandshakeComplete);
        Assert.False(pair.Server.Engine.IsHandshakeComplete);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ServersRandom_SaysWhetherItCouldDoBetter(bool speaksTls13)
    {
        using var client = new Tls12HostileClient(
            Tls12Engines.Server(versions: speaksTls13 ? Tls12Engines.Both : Tls12Engines.Only));
        client.Connect();
        ReadOnlySpan<byte> mark = client.ServerHelloBody.AsSpan(2 + 24, 8);
        Assert.Equal(speaksTls13, mark.SequenceEqual(_downgradeFromTls13));
    }

    [Fact]
    [Refuses(TlsErrorCause.DowngradeDetected)]
    public void ServersRandom_IsRefusedWithEitherMark()
    {
        foreach (byte[] mark in new[] { _downgradeFromTls13, _downgradeFromTls12 })
        {
            using var server = new Tls12HostileServer();
            HelloParts hello = server.Hello();
            hello.Random = [.. Engines.Pattern(24, 7), .. mark];
            server.SendHello(hello);
            server.AssertRefused(TlsErrorCause.DowngradeDetected, isProtected: false);

            // A client that does not offer TLS 1.3 expects nothing else of a server that does.
            using var older = new Tls12HostileServer(Tls12Engines.Client(Tls12Engines.Only));
            older.SendHello(hello);
            older.AssertNotRefused();
        }
    }

    [Theory]
    [InlineData(true, "0303", true)]
    [InlineData(true, "0302", true)]
    [InlineData(true, "0304", false)]
    [InlineData(false, "0303", false)]
    [InlineData(false, "0302", true)]
    [Refuses(TlsErrorCause.InappropriateFallback)]
    public void FallbackScsv_IsRefusedWhereTheServerSpeaksBetter(bool speaksTls13, string offered, bool isRefused)
    {
        using var client = new Tls12HostileClient(
            Tls12Engines.Server(versions: speaksTls13 ? Tls12Engines.Both : Tls12Engines.Only));
        HelloParts hello = Tls12HostileClient.Hello();
        hello.CipherSuites = [0x13, 0x01, .. hello.CipherSuites, 0x56, 0x00];
        if (offered == "0304")
        {
            using KeyExchange share = DefaultCryptoProvider.Instance.CreateKeyExchange(NamedGroup.X25519);
            hello.With(43, 4, 3, 4, 3, 3).With(51, HostileClient.Share(share.Group, share.PublicKey));
            client.Victim.Deliver(Octets.Record(22, hello.ToMessage()));
        }
        else
        {
            hello.LegacyVersion = Convert.FromHexString(offered);
            client.SendHello(hello);
        }

        if (isRefused)
            client.AssertRefused(TlsErrorCause.InappropriateFallback, isProtected: false);
        else
            client.AssertNotRefused();
    }

    [Theory]
    [InlineData("0303", null, true)]
    [InlineData("0304", null, true)] // RFC 8446 section 4.1.2: without supported_versions, whatever is at least 1.2
    [InlineData("0302", null, false)]
    [InlineData("0301", null, false)]
    [InlineData("0303", "020302", false)] // the list counts, not the field
    [InlineData("0303", "067a7a03040303", true)]
    [InlineData("0302", "020303", true)]
    [Refuses(TlsErrorCause.UnsupportedVersion)]
    public void Server_ChoosesTls12ByTheRules(string legacyVersion, string? list, bool isTaken)
    {
        using var client = new Tls12HostileClient();
        HelloParts hello = Tls12HostileClient.Hello();
        hello.LegacyVersion = Convert.FromHexString(legacyVersion);
        if (list is not null)
            hello.With(43, Convert.FromHexString(list));
        client.SendHello(hello);
        if (!isTaken)
        {
            client.AssertRefused(TlsErrorCause.UnsupportedVersion, isProtected: false);
            return;
        }

        client.SendFlight();
        Assert.True(client.Victim.Engine.IsHandshakeComplete);
    }

    [Fact]
    [Refuses(TlsErrorCause.IllegalValue)]
    public void Client_RefusesTls12NamedInSupportedVersions()
    {
        using var server = new Tls12HostileServer();
        server.Handshake(server.Hello().Without(23).Without(0xff01).With(43, 3, 3).ToMessage());
        server.AssertRefused(TlsErrorCause.IllegalValue, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnsupportedVersion)]
    public void Client_OfTls12Alone_RefusesTls13()
    {
        using var server = new Tls12HostileServer(Tls12Engines.Client(Tls12Engines.Only));
        HelloParts hello = server.Hello().With(43, 3, 4).Without(23).Without(0xff01);
        hello.CipherSuites = [0x13, 0x01];
        server.Handshake(hello.ToMessage());
        server.AssertRefused(TlsErrorCause.UnsupportedVersion, isProtected: false);
    }

    [Theory]
    [InlineData("0302")]
    [InlineData("0301")]
    [InlineData("0300")]
    [Refuses(TlsErrorCause.UnsupportedVersion)]
    public void Client_RefusesOlderVersions(string version)
    {
        using var server = new Tls12HostileServer();
        HelloParts hello = server.Hello();
        hello.LegacyVersion = Convert.FromHexString(version);
        server.Handshake(hello.ToMessage());
        server.AssertRefused(TlsErrorCause.UnsupportedVersion, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.IllegalValue)]
    public void Client_RefusesTls12BehindAHelloRetryRequest()
    {
        using var server = new HostileServer(Tls12Engines.Client());
        server.SendRetry(server.Retry());
        using var other = new Tls12HostileServer();
        server.Handshake(other.Hello().ToMessage());
        server.AssertRefused(TlsErrorCause.IllegalValue);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnsupportedVersion)]
    public void Client_RefusesTls12BehindEarlyData()
    {
        var setup = new ResumptionSetup();
        TlsSession session = setup.Visit()[0];
        var start = new TlsClientStart { Session = session, EarlyData = new byte[10] };
        using var server = new Tls12HostileServer(Tls12Engines.Client(clock: setup.Clock), start) { IsAlertUnreadable = true };
        server.Handshake(server.Hello().ToMessage());
        server.AssertRefusedUnreadably(TlsErrorCause.UnsupportedVersion);
    }

    private static byte[] RemoveTls13(byte[] bytes) =>
        bytes[0] == 22 && bytes[5] == 1 ? Replace(bytes, [0, 43, 0, 5, 4, 3, 4, 3, 3], [0, 43, 0, 5, 4, 0x7a, 0x7a, 3, 3]) : bytes;

    private static byte[] Replace(byte[] bytes, byte[] old, byte[] replacement)
    {
        int at = bytes.AsSpan().IndexOf(old);
        Assert.True(at >= 0, "There is nothing to edit.");
        byte[] copy = [.. bytes];
        replacement.CopyTo(copy, at);
        return copy;
    }
}
