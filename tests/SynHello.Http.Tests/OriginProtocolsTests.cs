using System.Net.Security;

using SynHello.Testing;

namespace SynHello.Http.Tests;

/// <summary>What is remembered of what servers chose.</summary>
public sealed class OriginProtocolsTests
{
    private static readonly Origin s_origin = new("localhost", 443, "localhost");

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Http11_StandsForTenMinutes_AndIsAskedAgainThen()
    {
        var protocols = new OriginProtocols(_clock);
        Assert.False(protocols.TryFind(s_origin, out _));
        protocols.Set(s_origin, isHttp2: false);

        _clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.True(protocols.TryFind(s_origin, out SslApplicationProtocol? choice));
        Assert.Equal(SslApplicationProtocol.Http11, choice);

        // Not in the session either, which would say the same for ever.
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.True(protocols.TryFind(s_origin, out choice));
        Assert.Null(choice);
    }

    [Fact]
    public void Http2_Stands_UntilItIsAsked()
    {
        var protocols = new OriginProtocols(_clock);
        protocols.Set(s_origin, isHttp2: true);
        _clock.Advance(TimeSpan.FromDays(30));
        Assert.True(protocols.TryFind(s_origin, out SslApplicationProtocol? choice));
        Assert.Equal(SslApplicationProtocol.Http2, choice);

        protocols.Ask(s_origin);
        Assert.True(protocols.TryFind(s_origin, out choice));
        Assert.Null(choice);
    }
}
