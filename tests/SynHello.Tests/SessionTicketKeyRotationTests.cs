using static SynHello.Tests.TicketRings;

namespace SynHello.Tests;

/// <summary>How the keys of a ring change with time and use.</summary>
public sealed class SessionTicketKeyRotationTests
{
    private readonly SettableClock _clock = new();

    [Fact]
    public void Key_ChangesWhenItIsOldEnoughAndNotBefore()
    {
        SessionTicketKeyRing ring = MakeRing();
        byte[] name = NameOf(Seal(ring));
        _clock.Advance(TimeSpan.FromHours(4) - TimeSpan.FromTicks(1));
        Assert.Equal(name, NameOf(Seal(ring)));

        _clock.Advance(TimeSpan.FromTicks(1));

        Assert.NotEqual(name, NameOf(Seal(ring)));
        Assert.Equal(2, ring.Count);
    }

    [Fact]
    public void OldKey_IsKeptUntilItsLastTicketHasExpired()
    {
        SessionTicketKeyRing ring = MakeRing();
        _clock.Advance(TimeSpan.FromHours(4) - TimeSpan.FromTicks(1));
        byte[] ticket = Seal(ring); // the last of its key
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(2, ring.Count);
        TicketKey key = Keys(ring)[1];

        _clock.Advance(TimeSpan.FromHours(12) - TimeSpan.FromTicks(1));
        Assert.True(Opens(ring, ticket));
        Assert.True(key.TryCopySecret(new byte[32]));

        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.False(Opens(ring, ticket));
        byte[] secret = new byte[32];
        Assert.False(key.TryCopySecret(secret));
        Assert.Equal(new byte[32], secret);
        Assert.DoesNotContain(key, Keys(ring));
    }

    [Fact]
    public void IdleRing_KeepsNoKeyLongerForIt()
    {
        SessionTicketKeyRing ring = MakeRing();
        byte[] ticket = Seal(ring);
        TicketKey key = Keys(ring)[0];

        _clock.Advance(TimeSpan.FromHours(16)); // nobody asked meanwhile: its time ended at 4

        Assert.False(Opens(ring, ticket));
        Assert.False(key.TryCopySecret(new byte[32]));
        Assert.Equal(1, ring.Count);
    }

    [Fact]
    public void BusyRing_HasAsManyKeysAsCanBeOfUse()
    {
        SessionTicketKeyRing ring = MakeRing();
        for (int hour = 0; hour < 200; hour++)
        {
            Assert.True(Opens(ring, Seal(ring)));
            Assert.InRange(ring.Count, 1, 4);
            _clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(4, ring.Count);
    }

    [Fact]
    public void TimeOfDay_SetBackOrForward_ChangesNothing()
    {
        SessionTicketKeyRing ring = MakeRing();
        byte[] ticket = Seal(ring);
        _clock.Set(TimeSpan.FromDays(365));
        Assert.Equal(NameOf(ticket), NameOf(Seal(ring)));
        Assert.True(Opens(ring, ticket));
        _clock.Set(TimeSpan.FromDays(-3650));
        Assert.Equal(NameOf(ticket), NameOf(Seal(ring)));
        _clock.Advance(TimeSpan.FromHours(4));
        Assert.NotEqual(NameOf(ticket), NameOf(Seal(ring)));
    }

    [Fact]
    public void Rotate_ChangesTheKeyAtOnceAndKeepsTheOldOne()
    {
        SessionTicketKeyRing ring = MakeRing(options => options.RotationInterval = Timeout.InfiniteTimeSpan);
        byte[] first = Seal(ring);
        _clock.Advance(TimeSpan.FromDays(100));
        Assert.Equal(NameOf(first), NameOf(Seal(ring)));

        ring.Rotate();

        Assert.NotEqual(NameOf(first), NameOf(Seal(ring)));
        Assert.True(Opens(ring, first));
        _clock.Advance(TimeSpan.FromHours(12));
        Assert.False(Opens(ring, first));
    }

    [Fact]
    public void ManyRotations_StayWithinTheBound()
    {
        SessionTicketKeyRing ring = MakeRing(options => options.MaximumKeys = 3);
        TicketKey first = Keys(ring)[0];
        byte[][] tickets = [.. Enumerable.Range(0, 10).Select(_ =>
        {
            ring.Rotate();
            _clock.Advance(TimeSpan.FromSeconds(1));
            return Seal(ring);
        })];

        Assert.Equal(3, ring.Count);
        Assert.Equal(
            [false, false, false, false, false, false, false, true, true, true],
            tickets.Select(ticket => Opens(ring, ticket)));
        Assert.False(first.TryCopySecret(new byte[32]));
    }

    [Fact]
    public void WornKey_IsReplaced()
    {
        SessionTicketKeyRing ring = MakeRing(options => options.MaximumTicketsPerKey = 3);
        byte[][] tickets = [.. Enumerable.Range(0, 7).Select(_ => Seal(ring))];

        Assert.Equal([3, 3, 1], tickets.GroupBy(ticket => Convert.ToHexString(NameOf(ticket))).Select(group => group.Count()));
        Assert.All(tickets, ticket => Assert.True(Opens(ring, ticket)));
    }

    private SessionTicketKeyRing MakeRing(Action<SessionTicketKeyRingOptions>? configure = null) =>
        TicketRings.MakeRing(_clock, configure);
}
