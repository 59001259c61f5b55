using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace SynHello.Sockets.Tests;

/// <summary>Real cookies of the kernel's; each test has an address, and thus a cookie, of its own.</summary>
public sealed class FastOpenCookieKeysTests
{
    private static readonly byte[] s_first = RandomNumberGenerator.GetBytes(16);
    private static readonly byte[] s_second = RandomNumberGenerator.GetBytes(16);
    private static readonly byte[] s_third = RandomNumberGenerator.GetBytes(16);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Two servers behind one address: a cookie of the one is good at the other if they share the key.</summary>
    [Theory]
    [InlineData(AddressFamily.InterNetwork, true)]
    [InlineData(AddressFamily.InterNetwork, false)]
    [InlineData(AddressFamily.InterNetworkV6, true)]
    [InlineData(AddressFamily.InterNetworkV6, false)]
    public async Task Cookie_IsGoodWhereTheKeyIsShared(AddressFamily family, bool isShared)
    {
        IPAddress address = PrivateNetwork.NextAddress(family);
        using FastOpenListener one = Listen(address, s_first);
        using FastOpenListener other = Listen(address, isShared ? s_first : s_second);
        Assert.Equal(FastOpenOutcome.CookieRequested, await VisitAsync(one));
        Assert.Equal(FastOpenOutcome.Cookie, await VisitAsync(one));
        Assert.Equal(isShared ? FastOpenOutcome.Cookie : FastOpenOutcome.Ignored, await VisitAsync(other));
    }

    /// <summary>What the kernel would do by itself: nothing is shared with a listener that was given a key.</summary>
    [Fact]
    public async Task Listener_WithoutAKey_HasTheKernels()
    {
        IPAddress address = PrivateNetwork.NextAddress(AddressFamily.InterNetwork);
        using FastOpenListener one = Listen(address, []);
        using FastOpenListener other = Listen(address, []);
        using FastOpenListener keyed = Listen(address, s_first);
        Assert.Equal(FastOpenOutcome.CookieRequested, await VisitAsync(one));
        Assert.Equal(FastOpenOutcome.Cookie, await VisitAsync(other));
        Assert.Equal(FastOpenOutcome.Ignored, await VisitAsync(keyed));
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task Rotation_LosesNoClientThatComesBackInTime(AddressFamily family)
    {
        using FastOpenListener listener = Listen(PrivateNetwork.NextAddress(family), s_first);
        Assert.Equal(FastOpenOutcome.CookieRequested, await VisitAsync(listener));
        listener.SetCookieKeys(s_first, backup: s_second);
        Assert.Equal(FastOpenOutcome.Cookie, await VisitAsync(listener));
        listener.SetCookieKeys(s_second, backup: s_first);
        Assert.Equal(FastOpenOutcome.Cookie, await VisitAsync(listener)); // and has a new cookie now
        listener.SetCookieKeys(s_third, backup: s_second);
        Assert.Equal(FastOpenOutcome.Cookie, await VisitAsync(listener));
    }

    [Fact]
    public async Task Cookie_OfAKeyThatIsGone_IsIgnoredAndRenewed()
    {
        using FastOpenListener listener = Listen(PrivateNetwork.NextAddress(AddressFamily.InterNetwork), [.. s_second, .. s_first]);
        Assert.Equal(FastOpenOutcome.CookieRequested, await VisitAsync(listener));
        listener.SetCookieKeys(s_third, backup: s_first);
        Assert.Equal(FastOpenOutcome.Ignored, await VisitAsync(listener));
        Assert.Equal(FastOpenOutcome.Cookie, await VisitAsync(listener));
    }

    [Fact]
    public void Keys_ThatAreNone_AreRefused()
    {
        using FastOpenListener listener = Listen(PrivateNetwork.NextAddress(AddressFamily.InterNetwork), s_first);
        foreach (int length in new[] { 1, 15, 17, 31, 33, 48 })
        {
            Assert.Throws<ArgumentException>(() => Listen(IPAddress.Loopback, RandomNumberGenerator.GetBytes(length)));
            Assert.Throws<ArgumentException>(() => listener.SetCookieKeys(RandomNumberGenerator.GetBytes(length)));
            Assert.Throws<ArgumentException>(() => listener.SetCookieKeys(s_first, RandomNumberGenerator.GetBytes(length)));
        }

        Assert.Throws<ArgumentException>(() => listener.SetCookieKeys([]));
        Assert.Throws<ArgumentException>(() => listener.SetCookieKeys(new byte[16]));
        Assert.Throws<ArgumentException>(() => listener.SetCookieKeys(s_first, new byte[16]));
        Assert.Throws<ArgumentException>(() => Listen(IPAddress.Loopback, [.. s_first, .. new byte[16]]));
        listener.Dispose();
        Assert.Throws<ObjectDisposedException>(() => listener.SetCookieKeys(s_first));
    }

    private static FastOpenListener Listen(IPAddress address, byte[] keys) =>
        new(new IPEndPoint(address, 0), new() { Mode = FastOpenMode.Cookie, CookieKeys = keys });

    private static async Task<FastOpenOutcome> VisitAsync(FastOpenListener listener)
    {
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookie, 100, Cancelled);
        Assert.Equal(exchange.Report.Outcome == FastOpenOutcome.Cookie, exchange.Server.SynDataTaken);
        return exchange.Report.Outcome;
    }
}
