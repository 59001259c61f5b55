using System.Net;
using System.Net.Sockets;

using SynHello.Testing;

namespace SynHello.Sockets.Tests;

public sealed class FastOpenPathsTests
{
    private const FastOpenMode Off = FastOpenMode.Off, Cookie = FastOpenMode.Cookie, Cookieless = FastOpenMode.Cookieless;

    private static readonly IPAddress s_local = IPAddress.Loopback;

    private readonly FakeTimeProvider _clock = new();
    private readonly FastOpenPaths _paths;
    private readonly IPAddress _remote = PrivateNetwork.NextAddress(AddressFamily.InterNetwork);

    public FastOpenPathsTests() => _paths = new FastOpenPaths(timeProvider: _clock);

    [Fact]
    public void UnknownPath_GetsWhatIsWanted()
    {
        foreach (FastOpenMode mode in Enum.GetValues<FastOpenMode>())
            Assert.Equal(mode, _paths.Advise(_remote, mode));
        Assert.False(_paths.TryGet(_remote, s_local, out _));
        Assert.Equal(0, _paths.Count);
    }

    [Fact]
    public void LostPath_IsLeftAloneTwiceAsLongEachTime_ADayAtMost()
    {
        TimeSpan pause = TimeSpan.FromMinutes(1);
        for (int failures = 1; failures <= 14; failures++)
        {
            Assert.Equal(_clock.GetUtcNow() + pause, _paths.NoteLost(_remote, s_local));
            Assert.Equal((FastOpenPathState.Blackholed, failures), StateAndFailures());
            Assert.Equal(_clock.GetUtcNow() + pause, Path().LeftAloneUntil);

            _clock.Advance(pause - TimeSpan.FromMilliseconds(1));
            Assert.Equal((Off, Off), (_paths.Advise(_remote, Cookieless), _paths.Advise(_remote, Cookie)));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Null(Path().LeftAloneUntil);
            Assert.Equal(Cookieless, _paths.Advise(_remote, Cookieless));
            pause = pause * 2 < TimeSpan.FromDays(1) ? pause * 2 : TimeSpan.FromDays(1);
        }

        Assert.Equal(TimeSpan.FromDays(1), pause);
    }

    [Fact]
    public void AfterTheBackOff_OneTries()
    {
        _paths.NoteLost(_remote, s_local);
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal([Cookieless, Off, Off], Enumerable.Range(0, 3).Select(_ => _paths.Advise(_remote, Cookieless)));

        // Nobody ever said what came of it: another one may.
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([Cookieless, Off], Enumerable.Range(0, 2).Select(_ => _paths.Advise(_remote, Cookieless)));
        _paths.NoteAnswered(_remote, s_local, FastOpenOutcome.Cookieless);
        Assert.Equal([Cookieless, Cookieless], Enumerable.Range(0, 2).Select(_ => _paths.Advise(_remote, Cookieless)));
    }

    [Fact]
    public void ConnectionsThatAreLostTogether_CountAsOne()
    {
        for (int i = 0; i < 10; i++)
            _paths.NoteLost(_remote, s_local);

        Assert.Equal((FastOpenPathState.Blackholed, 1), StateAndFailures());
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(1), Path().LeftAloneUntil);
    }

    [Theory]
    [InlineData(FastOpenOutcome.Cookie, true)]
    [InlineData(FastOpenOutcome.Cookieless, true)]
    [InlineData(FastOpenOutcome.Ignored, true)]
    [InlineData(FastOpenOutcome.CookieRequested, false)]
    [InlineData(FastOpenOutcome.Fallback, false)]
    [InlineData(FastOpenOutcome.Off, false)]
    public void OnlyDataThatPassed_EndsTheBackOff(FastOpenOutcome outcome, bool ends)
    {
        _paths.NoteLost(_remote, s_local);
        _clock.Advance(TimeSpan.FromMinutes(1));
        _paths.Advise(_remote, Cookieless);
        _paths.NoteAnswered(_remote, s_local, outcome);

        Assert.Equal(ends ? (FastOpenPathState.Taken, 0) : (FastOpenPathState.Blackholed, 1), StateAndFailures());
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(ends ? 1 : 2), _paths.NoteLost(_remote, s_local));
    }

    [Fact]
    public void IgnoredPath_AsksForCookiesMeanwhile()
    {
        Establish(isRefused: true);
        Assert.Equal((FastOpenPathState.Ignored, 1), StateAndFailures());
        Assert.Equal((Cookie, Cookie, Off), (
            _paths.Advise(_remote, Cookieless), _paths.Advise(_remote, Cookie), _paths.Advise(_remote, Off)));

        // That a cookie works says nothing of going without.
        _paths.NoteAnswered(_remote, s_local, FastOpenOutcome.Cookie);
        Assert.Equal(Cookie, _paths.Advise(_remote, Cookieless));

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([Cookieless, Cookie], Enumerable.Range(0, 2).Select(_ => _paths.Advise(_remote, Cookieless)));
        Establish(isRefused: true);
        Assert.Equal((FastOpenPathState.Ignored, 2), StateAndFailures());
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(2), Path().LeftAloneUntil);

        _paths.NoteAnswered(_remote, s_local, FastOpenOutcome.Cookieless);
        Assert.Equal(Cookieless, _paths.Advise(_remote, Cookieless));
        Assert.Equal((FastOpenPathState.Taken, 0), StateAndFailures());
    }

    [Fact]
    public void PathIsKnown_OnceItCarriedAsMuch()
    {
        Assert.False(Establish(FastOpenUse.Option));
        _paths.NoteAnswered(_remote, s_local, FastOpenOutcome.CookieRequested);
        Assert.True(Establish(FastOpenUse.Option));
        Assert.False(Establish(FastOpenUse.Data));
        Assert.False(Establish(FastOpenUse.Data)); // to be established is not enough
        _paths.NoteAnswered(_remote, s_local, FastOpenOutcome.Cookie);
        Assert.True(Establish(FastOpenUse.Data));

        _paths.NoteLost(_remote, s_local);
        Assert.False(Establish(FastOpenUse.Option));
    }

    [Fact]
    public void RoundTrip_IsSmoothed()
    {
        Assert.Null(_paths.RoundTrip(_remote, s_local));
        Establish(roundTripMs: 80);
        Establish(roundTripMs: 0); // none was measured
        Assert.Equal(TimeSpan.FromMilliseconds(80), _paths.RoundTrip(_remote, s_local));
        Establish(roundTripMs: 160);
        Assert.Equal(TimeSpan.FromMilliseconds(90), Path().RoundTrip);
        Assert.Null(_paths.RoundTrip(_remote, IPAddress.Parse("192.0.2.1")));
    }

    [Fact]
    public void AnotherNetwork_IsAnotherPath()
    {
        // Dialing starts from 127.0.0.1, so what happened in another network does not count.
        var elsewhere = IPAddress.Parse("192.0.2.1");
        _paths.NoteLost(_remote, elsewhere);
        Assert.Equal(Cookieless, _paths.Advise(_remote, Cookieless));
        Assert.True(_paths.TryGet(_remote, elsewhere, out FastOpenPath path));
        Assert.Equal(FastOpenPathState.Blackholed, path.State);
        Assert.False(_paths.TryGet(_remote, s_local, out _));

        _paths.NoteLost(_remote, s_local);
        Assert.Equal(Off, _paths.Advise(_remote, Cookieless));
        Assert.Equal(1, _paths.Count);
    }

    [Fact]
    public void IPv6Network_IsTheFirst64Bits()
    {
        var remote = IPAddress.Parse("2001:db8::1");
        _paths.NoteLost(remote, IPAddress.Parse("2001:db8:1:2:3:4:5:6"));
        Assert.True(_paths.TryGet(remote, IPAddress.Parse("2001:db8:1:2:ffff::1"), out _));
        Assert.False(_paths.TryGet(remote, IPAddress.Parse("2001:db8:1:3:3:4:5:6"), out _));
    }

    [Fact]
    public void MappedAddress_IsTheIPv4One()
    {
        _paths.NoteLost(_remote, s_local);
        Assert.True(_paths.TryGet(_remote.MapToIPv6(), s_local.MapToIPv6(), out _));
    }

    [Fact]
    public void LeastRecentlyUsed_AreForgotten()
    {
        var paths = new FastOpenPaths(capacity: 3, _clock);
        IPAddress[] remotes = [.. Enumerable.Range(1, 4).Select(i => new IPAddress([127, 90, 0, (byte)i]))];
        for (int i = 0; i < 3; i++)
            paths.NoteLost(remotes[i], s_local);
        Assert.Equal(Off, paths.Advise(remotes[0], Cookieless)); // is used

        paths.NoteLost(remotes[3], s_local);
        Assert.Equal(3, paths.Count);
        Assert.Equal(
            [Off, Cookieless, Off, Off], remotes.Select(remote => paths.Advise(remote, Cookieless)));

        paths.Clear();
        Assert.Equal(0, paths.Count);
        Assert.Equal(Cookieless, paths.Advise(remotes[3], Cookieless));
    }

    [Fact]
    public void NetworksOfOneAddress_AreBounded()
    {
        for (int i = 1; i <= 100; i++)
            _paths.NoteLost(_remote, new IPAddress([10, 0, 0, (byte)i]));
        int known = Enumerable.Range(1, 100).Count(i => _paths.TryGet(_remote, new IPAddress([10, 0, 0, (byte)i]), out _));
        Assert.Equal(4, known);
    }

    [Fact]
    public void NoCapacity_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new FastOpenPaths(0));

    [Fact]
    public async Task ManyThreads_Agree()
    {
        var paths = new FastOpenPaths(capacity: 16, _clock);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < 5000; i++)
            {
                var remote = new IPAddress([127, 91, (byte)thread, (byte)i]);
                paths.NoteLost(remote, s_local);
                paths.NoteAnswered(remote, s_local, FastOpenOutcome.Cookieless);
                paths.TryGet(remote, s_local, out _);
            }
        })));
        Assert.Equal(16, paths.Count);
    }

    private bool Establish(FastOpenUse use = FastOpenUse.Data, bool isRefused = false, int roundTripMs = 1) =>
        _paths.NoteEstablished(_remote, s_local, TimeSpan.FromMilliseconds(roundTripMs), isRefused, use);

    private FastOpenPath Path()
    {
        Assert.True(_paths.TryGet(_remote, s_local, out FastOpenPath path));
        return path;
    }

    private (FastOpenPathState, int) StateAndFailures() => (Path().State, Path().Failures);
}
