using System.Net.Security;

using static SynHello.Tests.SampleSessions;

namespace SynHello.Tests;

public sealed class SessionKeyTests
{
    [Fact]
    public void Keys_AreEqualWhenTheirPartsAre()
    {
        Assert.Equal(Key(), Key());
        Assert.Equal(Key().GetHashCode(), Key().GetHashCode());
        Assert.Equal(Key("EXAMPLE.com", serverName: "Example.COM"), Key("example.com"));
        Assert.Equal(Key("EXAMPLE.com").GetHashCode(), Key("example.com").GetHashCode());
        Assert.False(Key().Equals(null));
    }

    [Fact]
    public void EachPart_MakesAnotherKey()
    {
        SslApplicationProtocol h2 = SslApplicationProtocol.Http2, h1 = SslApplicationProtocol.Http11;
        SessionKey[] keys =
        [
            Key(), Key("example.org"), Key(port: 444), Key(serverName: "example.org"), Key(trust: "other"),
            Key(protocols: []), Key(protocols: [h2]), Key(protocols: [h1]), Key(protocols: [h1, h2]),
        ];

        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void BadParts_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => Key(""));
        Assert.Throws<ArgumentException>(() => Key(serverName: ""));
        Assert.Throws<ArgumentOutOfRangeException>(() => Key(port: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Key(port: 65536));
    }
}
