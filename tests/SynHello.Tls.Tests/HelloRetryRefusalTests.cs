using SynHello.Crypto;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>HelloRetryRequest: what may differ behind it and what may not, on either side.</summary>
public sealed class HelloRetryRefusalTests
{
    [Fact]
    public void SecondClientHello_MayChangeWhatTheRfcAllows()
    {
        using var client = new HostileClient();
        client.SendHelloThatIsRetried();
        client.Plain(ContentType.ChangeCipherSpec, 1);
        HelloParts second = client.SecondHello().With(21, new byte[100]); // padding may come, go and change
        client.SendHello(second);
        client.AssertNotRefused();
        client.SendFinished();
        client.AssertNotRefused();
        Assert.True(client.Victim.Engine.IsHandshakeComplete);
        Assert.True(client.Victim.Engine.Negotiated.HelloRetryRequested);
    }

    public static TheoryData<string> Changes =>
        ["random", "session", "suites", "order", "schemes", "added", "removed", "groups", "early"];

    [Theory]
    [MemberData(nameof(Changes))]
    [Refuses(TlsErrorCause.ChangedClientHello)]
    public void SecondClientHello_IsRefusedWithAnyOtherChange(string change)
    {
        using var client = new HostileClient();
        client.SendHelloThatIsRetried(hello => hello.With(0x6a6a, 1));
        HelloParts second = client.SecondHello().With(0x6a6a, 1);
        switch (change)
        {
            case "random": second.Random = Octets.Flip(second.Random); break;
            case "session": second.SessionId = []; break;
            case "suites": second.CipherSuites = [0x13, 0x01, 0x13, 0x02]; break;
            case "order":
                (second.Extensions[0], second.Extensions[1]) = (second.Extensions[1],
                second.Extensions[0]); break;
            case "schemes": second.With(13, 0, 2, 4, 3); break;
            case "added": second.With(0x7a7a); break;
            case "removed": second.Without(0x6a6a); break;
            case "groups": second.With(10, 0, 2, 0, 0x17); break;
            default: second.With(42); break;
        }

        client.SendHello(second);
        client.AssertRefused(TlsErrorCause.ChangedClientHello, isProtected: false);
        Assert.Equal("1503030002022f", Convert.ToHexStringLower(client.Victim.Sent[^7..]));
    }

    [Fact]
    [Refuses(TlsErrorCause.ChangedClientHello)]
    public void SecondClientHello_HasToHoldTheOneShareThatWasAskedFor()
    {
        byte[] other = HostileClient.Share(new NamedGroup(0x7a7a), [1])[2..];
        foreach (bool both in new[] { false, true })
        {
            using var client = new HostileClient();
            client.SendHelloThatIsRetried();
            HelloParts second = client.SecondHello();
            byte[] asked = second.Extensions.Find(extension => extension.Type == 51).Data[2..];
            client.SendHello(second.With(51, Octets.Vector16(both ? [.. asked, .. other] : other)));
            client.AssertRefused(TlsErrorCause.ChangedClientHello, isProtected: false);
        }

        using var none = new HostileClient();
        none.SendHelloThatIsRetried();
        none.SendHello(none.SecondHello().With(51, 0, 0));
        none.AssertRefused(TlsErrorCause.ChangedClientHello, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.BadCookie)]
    public void SecondClientHello_IsRefusedWithoutTheServersCookie()
    {
        using var missing = new HostileClient();
        missing.SendHelloThatIsRetried();
        missing.SendHello(missing.SecondHello().Without(44));
        missing.AssertRefused(TlsErrorCause.BadCookie, isProtected: false);

        using var source = new HostileClient();
        source.SendHelloThatIsRetried();
        byte[] cookie = source.Cookie;
        for (int octet = 0; octet < cookie.Length; octet++)
            AssertForgeryIsRefused([.. cookie[..octet], (byte)(cookie[octet] ^ 1), .. cookie[(octet + 1)..]]);
        AssertForgeryIsRefused([1]);
        AssertForgeryIsRefused(cookie[1..]);
        AssertForgeryIsRefused([.. cookie, 0]);
        AssertForgeryIsRefused(cookie); // another configuration's: its key is another one

        void AssertForgeryIsRefused(byte[] forged)
        {
            using var client = new HostileClient();
            client.SendHelloThatIsRetried();
            client.SendHello(client.SecondHello().With(44, Octets.Vector16(forged)));
            client.AssertRefused(TlsErrorCause.BadCookie, isProtected: false);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.BadCookie)]
    public void SecondClientHello_IsRefusedWithACookieOfTheSameServerThatWasChanged()
    {
        using var client = new HostileClient();
        client.SendHelloThatIsRetried();
        byte[] cookie = [.. client.Cookie];
        cookie[1] ^= 3; // the suite
        client.SendHello(client.SecondHello().With(44, Octets.Vector16(cookie)));
        client.AssertRefused(TlsErrorCause.BadCookie, isProtected: false);
    }

    /// <summary>One that authenticates and names a suite that is not spoken is no cookie either.</summary>
    [Fact]
    public void CookieOfAnUnknownSuite_IsRefused()
    {
        byte[] key = new byte[32], sealedCookie = new byte[HelloRetryCookie.MaximumLength];
        var cookie = new HelloRetryCookie(
            new CipherSuite(0x1304), NamedGroup.Secp384r1, new byte[32], new byte[ClientHelloDigest.Length]);
        int length = cookie.Seal(DefaultCryptoProvider.Instance, key, sealedCookie);
        var failure = Assert.Throws<TlsProtocolException>(
            () => { HelloRetryCookie.Open(DefaultCryptoProvider.Instance, key, sealedCookie.AsSpan(0, length)); });
        Assert.Equal(TlsErrorCause.BadCookie, failure.Cause);
    }

    [Fact]
    [Refuses(TlsErrorCause.ChangedClientHello)]
    public void Cookie_OfAnotherClientHelloIsRefused()
    {
        TlsServerConfiguration server = Engines.Server();
        using var other = new HostileClient(server);
        other.SendHelloThatIsRetried(hello => hello.With(0x6a6a, 1));
        using var client = new HostileClient(server);
        client.SendHelloThatIsRetried();
        client.SendHello(client.SecondHello().With(44, Octets.Vector16(other.Cookie)));
        client.AssertRefused(TlsErrorCause.ChangedClientHello, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void SecondClientHello_HasToComeNext()
    {
        using var client = new HostileClient();
        client.SendHelloThatIsRetried();
        client.Handshake(Octets.Message(20, new byte[32]));
        client.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: false);
    }

    [Fact]
    public void Client_FollowsARetryForAGroupOrACookieOrBoth()
    {
        foreach ((bool group, bool cookie) in new[] { (true, false), (false, true), (true, true) })
        {
            using var server = new HostileServer();
            byte[] firstShare = Share(server);
            HelloParts retry = server.Retry();
            if (!group)
                retry.Without(51);
            if (cookie)
                retry.With(44, 0, 3, 7, 8, 9);
            server.SendRetry(retry);
            server.AssertNotRefused();
            ClientHello second = ClientHello.Parse(server.ClientHelloBody);
            Assert.Equal(cookie ? [7, 8, 9] : [], second.Cookie.ToArray());
            Assert.Equal(group, second.KeyShares.TryFind(NamedGroup.Secp384r1, out _));
            Assert.Equal(!group, Share(server).SequenceEqual(firstShare));
            server.Connect();
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.SecondHelloRetryRequest)]
    public void Client_RefusesASecondRetry()
    {
        using var server = new HostileServer();
        server.SendRetry(server.Retry());
        server.Handshake(server.Retry().With(51, 0, 0x17).ToMessage());
        server.AssertRefused(TlsErrorCause.SecondHelloRetryRequest, isProtected: false);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.UselessHelloRetryRequest)]
    public void Client_RefusesARetryThatChangesNothing(bool asksForWhatIsThere)
    {
        using var server = new HostileServer();
        server.SendRetry(asksForWhatIsThere ? server.Retry().With(51, 0, 0x1d) : server.Retry().Without(51));
        server.AssertRefused(TlsErrorCause.UselessHelloRetryRequest, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.GroupNotOffered)]
    public void Client_RefusesARetryForAGroupItDoesNotKnow()
    {
        using var server = new HostileServer();
        server.SendRetry(server.Retry().With(51, 0, 0x19));
        server.AssertRefused(TlsErrorCause.GroupNotOffered, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.GroupNotOffered)]
    public void Client_RefusesAnotherGroupThanTheRetryAskedFor()
    {
        using var server = new HostileServer();
        HelloParts early = server.Hello(); // answers the first share, x25519
        server.SendRetry(server.Retry());
        server.SendHello(early);
        server.AssertRefused(TlsErrorCause.GroupNotOffered, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.CipherSuiteNotOffered)]
    public void Client_RefusesAnotherSuiteThanTheRetryChose()
    {
        using var server = new HostileServer();
        server.SendRetry(server.Retry());
        HelloParts hello = server.Hello();
        hello.CipherSuites = [0x13, 0x03];
        server.SendHello(hello);
        server.AssertRefused(TlsErrorCause.CipherSuiteNotOffered, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.DuplicateExtension)]
    [Refuses(TlsErrorCause.MisplacedExtension)]
    [Refuses(TlsErrorCause.UnsolicitedExtension)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void Client_RefusesExtensionsThatARetryMayNotHold()
    {
        AssertRefused(TlsErrorCause.DuplicateExtension, retry => retry.Also(51, 0, 0x18));
        AssertRefused(TlsErrorCause.MisplacedExtension, retry => retry.With(16, 0, 3, 2, 1, 1));
        AssertRefused(TlsErrorCause.UnsolicitedExtension, retry => retry.With(0x5a5a));
        AssertRefused(TlsErrorCause.TrailingBytes, retry => retry.With(51, 0, 0x18, 0));

        static void AssertRefused(TlsErrorCause cause, Action<HelloParts> change)
        {
            using var server = new HostileServer();
            HelloParts retry = server.Retry();
            change(retry);
            server.SendRetry(retry);
            server.AssertRefused(cause, isProtected: false);
        }
    }

    /// <summary>A cookie that leaves no room for anything else in the second hello.</summary>
    [Theory]
    [InlineData(20_000)]
    [InlineData(65_400)]
    [Refuses(TlsErrorCause.IllegalValue)]
    public void Client_RefusesACookieThatItCannotSendBack(int length)
    {
        using var server = new HostileServer();
        byte[] message = Octets.Message(2, server.Retry().With(44, Octets.Vector16(new byte[length])).ToMessage()[4..]);
        foreach (byte[] fragment in message.Chunk(16_384))
            server.Plain(ContentType.Handshake, fragment);
        server.AssertRefused(TlsErrorCause.IllegalValue, isProtected: false);
    }

    private static byte[] Share(HostileServer server)
    {
        KeyShareList.Enumerator shares = ClientHello.Parse(server.ClientHelloBody).KeyShares.GetEnumerator();
        Assert.True(shares.MoveNext());
        return shares.Current.KeyExchange.ToArray();
    }
}
