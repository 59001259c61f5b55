using System.Security.Cryptography;

using SynHello.Testing;

namespace SynHello.Tests;

public sealed class SessionIdCacheTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Session_IsFoundUntilItExpires()
    {
        var cache = new SessionIdCache(timeProvider: _clock);
        byte[] id = NewId();
        cache.Add(id, [1, 2, 3], _clock.GetUtcNow() + TimeSpan.FromMinutes(1));
        Assert.Equal([1, 2, 3], Find(cache, id));
        Assert.Empty(Find(cache, NewId()));
        _clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        Assert.Equal([1, 2, 3], Find(cache, id));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Empty(Find(cache, id));
        Assert.Equal(new SessionIdCacheStatistics(0, Hits: 2, Misses: 2, Evictions: 0, Expirations: 1), cache.Statistics);
    }

    [Fact]
    public void Session_IsGoneOnceItIsRemoved()
    {
        var cache = new SessionIdCache(timeProvider: _clock);
        byte[] id = NewId();
        cache.Add(id, [1], _clock.GetUtcNow() + TimeSpan.FromHours(1));
        cache.Remove(id);
        cache.Remove(id);
        cache.Remove([1, 2]);
        Assert.Empty(Find(cache, id));
        Assert.Equal(0, cache.Statistics.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(100)]
    public void Capacity_IsNeverExceeded(int capacity)
    {
        var cache = new SessionIdCache(capacity, _clock);
        byte[] last = [];
        for (int i = 0; i < 5 * capacity; i++)
        {
            last = NewId();
            cache.Add(last, [(byte)i], _clock.GetUtcNow() + TimeSpan.FromHours(1));
            Assert.InRange(cache.Statistics.Count, 1, capacity);
        }

        Assert.NotEmpty(Find(cache, last)); // the newest has its place
        SessionIdCacheStatistics statistics = cache.Statistics;
        Assert.Equal((5 * capacity) - statistics.Count, statistics.Evictions);
    }

    [Fact]
    public void Expired_GiveWayBeforeOthersDo()
    {
        var cache = new SessionIdCache(1, _clock);
        cache.Add(NewId(), [1], _clock.GetUtcNow() + TimeSpan.FromMinutes(1));
        _clock.Advance(TimeSpan.FromMinutes(1));
        cache.Add(NewId(), [2], _clock.GetUtcNow() + TimeSpan.FromMinutes(1));
        Assert.Equal(new SessionIdCacheStatistics(1, 0, 0, Evictions: 0, Expirations: 1), cache.Statistics);
    }

    [Fact]
    public void WhatNoServerHereMade_IsAMiss()
    {
        var cache = new SessionIdCache(timeProvider: _clock);
        cache.Add([1, 2, 3], [1], _clock.GetUtcNow() + TimeSpan.FromHours(1));
        cache.Add(NewId(), new byte[2049], _clock.GetUtcNow() + TimeSpan.FromHours(1));
        Assert.Empty(Find(cache, [1, 2, 3]));
        Assert.Equal(new SessionIdCacheStatistics(0, 0, Misses: 1, 0, 0), cache.Statistics);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SessionIdCache(0));
    }

    [Fact]
    public void ManyThreads_KeepItWhole()
    {
        var cache = new SessionIdCache(50, _clock);
        DateTimeOffset expiresAt = _clock.GetUtcNow() + TimeSpan.FromHours(1);
        Parallel.For(0, 8, seed =>
        {
            for (int i = 0; i < 500; i++)
            {
                byte[] id = NewId();
                cache.Add(id, id, expiresAt);
                byte[] found = Find(cache, id);
                Assert.True(found.Length == 0 || found.AsSpan().SequenceEqual(id));
                if ((i + seed) % 3 == 0)
                    cache.Remove(id);
            }
        });
        SessionIdCacheStatistics statistics = cache.Statistics;
        Assert.InRange(statistics.Count, 1, 50);
        Assert.Equal(8 * 500, statistics.Hits + statistics.Misses);
    }

    private static byte[] NewId() => RandomNumberGenerator.GetBytes(32);

    private static byte[] Find(SessionIdCache cache, byte[] id)
    {
        Assert.True(cache.TryFind(id, out ReadOnlyMemory<byte> session));
        return session.ToArray();
    }
}
