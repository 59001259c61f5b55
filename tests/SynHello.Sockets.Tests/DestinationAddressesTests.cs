using System.Net;
using System.Net.Sockets;

using SynHello.Testing;

namespace SynHello.Sockets.Tests;

/// <summary>RFC 8305, sections 3 and 4.</summary>
public sealed class DestinationAddressesTests
{
    private static readonly IPAddress[] s_v4 =
        [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"), IPAddress.Parse("192.0.2.3")];

    private static readonly IPAddress[] s_v6 = [IPAddress.Parse("2001:db8::1"), IPAddress.Parse("2001:db8::2")];

    private readonly FakeTimeProvider _clock = new();
    private readonly TaskCompletionSource<IPAddress[]> _answerV4 = new();
    private readonly TaskCompletionSource<IPAddress[]> _answerV6 = new();
    private readonly List<AddressFamily> _asked = [];

    [Fact]
    public async Task Families_TakeTurnsAndIPv6IsFirst()
    {
        _answerV4.SetResult(s_v4);
        _answerV6.SetResult(s_v6);
        DestinationAddresses addresses = await ResolveAsync();
        Assert.Equal([s_v6[0], s_v4[0], s_v6[1], s_v4[1], s_v4[2]], TakeAll(addresses));
        Assert.Null(addresses.Pending);
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task IPv6Answer_IsEnoughToBegin()
    {
        ValueTask<DestinationAddresses> resolving = ResolveAsync();
        _answerV6.SetResult(s_v6);
        DestinationAddresses addresses = await resolving;
        Assert.Equal(0, _clock.ActiveTimers);
        Assert.True(addresses.TryTake(out IPEndPoint? first));
        Assert.Equal((s_v6[0], 443), (first.Address, first.Port));

        // The rest finds its place when it comes.
        Assert.NotNull(addresses.Pending);
        _answerV4.SetResult(s_v4);
        await addresses.Pending;
        addresses.Update();
        Assert.Equal([s_v4[0], s_v6[1], s_v4[1], s_v4[2]], TakeAll(addresses));
    }

    [Fact]
    public async Task IPv4Answer_WaitsFiftyMillisecondsForTheOther()
    {
        Task<DestinationAddresses> resolving = ResolveAsync().AsTask();
        _answerV4.SetResult(s_v4);
        await UntilAsync(() => _clock.ActiveTimers == 1);
        _clock.Advance(TimeSpan.FromMilliseconds(49));
        Assert.False(resolving.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        DestinationAddresses addresses = await resolving;
        Assert.NotNull(addresses.Pending);
        Assert.True(addresses.TryTake(out IPEndPoint? first));
        Assert.Equal(s_v4[0], first.Address);
        _answerV6.SetResult(s_v6);
        await addresses.Pending;
        addresses.Update();
        Assert.Equal([s_v6[0], s_v4[1], s_v6[1], s_v4[2]], TakeAll(addresses));
    }

    [Fact]
    public async Task IPv6AnswerWithinThatTime_IsFirst()
    {
        Task<DestinationAddresses> resolving = ResolveAsync().AsTask();
        _answerV4.SetResult(s_v4);
        await UntilAsync(() => _clock.ActiveTimers == 1);
        _answerV6.SetResult(s_v6);
        Assert.Equal(s_v6[0], TakeAll(await resolving)[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OneFamilyAlone_IsEnough(bool throws)
    {
        Task<DestinationAddresses> resolving = ResolveAsync().AsTask();
        if (throws)
            _answerV6.SetException(new SocketException((int)SocketError.TryAgain));
        else
            _answerV6.SetResult([]);
        Assert.False(resolving.IsCompleted);
        _answerV4.SetResult(s_v4);
        Assert.Equal(s_v4, TakeAll(await resolving));
    }

    [Fact]
    public async Task NoAddress_IsTheResolversError()
    {
        _answerV6.SetResult([]);
        _answerV4.SetException(new SocketException((int)SocketError.TryAgain));
        var e = await Assert.ThrowsAsync<SocketException>(async () => await ResolveAsync());
        Assert.Equal(SocketError.TryAgain, e.SocketErrorCode);
    }

    [Fact]
    public async Task NoAddressAndNoError_IsHostNotFound()
    {
        _answerV6.SetResult([]);
        _answerV4.SetResult([]);
        var e = await Assert.ThrowsAsync<SocketException>(async () => await ResolveAsync());
        Assert.Equal(SocketError.HostNotFound, e.SocketErrorCode);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task FamilyThatIsAskedFor_IsTheOnlyOne(AddressFamily family)
    {
        _answerV4.SetResult(s_v4);
        _answerV6.SetResult(s_v6);
        DestinationAddresses addresses = await ResolveAsync(family);
        Assert.Equal([family], _asked);
        Assert.All(TakeAll(addresses), address => Assert.Equal(family, address.AddressFamily));
    }

    [Fact]
    public void MappedAddress_IsIPv4()
    {
        DestinationAddresses addresses = DestinationAddresses.Of(new IPEndPoint(s_v4[0].MapToIPv6(), 443));
        Assert.Equal([s_v4[0]], TakeAll(addresses));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Yield();
    }

    private static List<IPAddress> TakeAll(DestinationAddresses addresses)
    {
        List<IPAddress> taken = [];
        while (addresses.TryTake(out IPEndPoint? endPoint))
            taken.Add(endPoint.Address);
        return taken;
    }

    private ValueTask<DestinationAddresses> ResolveAsync(AddressFamily family = AddressFamily.Unspecified) =>
        DestinationAddresses.ResolveAsync(
            new DnsEndPoint("peer.example", 443, family),
            (host, asked, _) =>
            {
                Assert.Equal("peer.example", host);
                _asked.Add(asked);
                return (asked == AddressFamily.InterNetwork ? _answerV4 : _answerV6).Task;
            },
            _clock,
            TestContext.Current.CancellationToken);
}
