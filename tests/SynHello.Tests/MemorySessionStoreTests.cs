using System.Collections.Concurrent;

using SynHello.Testing;

using static SynHello.Tests.SampleSessions;

namespace SynHello.Tests;

public sealed class MemorySessionStoreTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly MemorySessionStore _store;

    public MemorySessionStoreTests() => _store = Store();

    [Fact]
    public void Session_IsGivenOutOnce()
    {
        Add("a", Key());

        Assert.Equal("a", Take(Key()));
        Assert.Null(Take(Key()));
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public void NewestSession_ComesFirst()
    {
        Add("a", Key());
        Add("b", Key());
        Add("c", Key("example.org"));

        Assert.Equal("b", Take(Key()));
        Assert.Equal("a", Take(Key()));
        Assert.Null(Take(Key()));
        Assert.Equal("c", Take(Key("example.org")));
    }

    [Fact]
    public void FifthSessionOfAKey_DropsTheFirst()
    {
        foreach (string name in (string[])["a", "b", "c", "d", "e"])
            Add(name, Key());

        Assert.Equal(4, _store.Count);
        Assert.Equal(["e", "d", "c", "b", null], Enumerable.Range(0, 5).Select(_ => Take(Key())));
    }

    [Fact]
    public void FullStore_DropsTheLeastRecentlyUsedKeysOldest()
    {
        MemorySessionStore store = Store(capacity: 4);
        store.Add(Key("a"), Session("a1", Now));
        store.Add(Key("a"), Session("a2", Now));
        store.Add(Key("b"), Session("b1", Now));
        store.Add(Key("b"), Session("b2", Now));
        Assert.Equal("a2", Name(store.Take(Key("a")))); // a was used last now
        store.Add(Key("c"), Session("c1", Now));
        store.Add(Key("c"), Session("c2", Now)); // one too many: b1 goes

        Assert.Equal("a1", Name(store.Take(Key("a"))));
        Assert.Equal("b2", Name(store.Take(Key("b"))));
        Assert.Null(store.Take(Key("b")));
        Assert.Equal("c2", Name(store.Take(Key("c"))));
        Assert.Equal("c1", Name(store.Take(Key("c"))));
    }

    [Fact]
    public void AddingToAKey_IsUsingIt()
    {
        MemorySessionStore store = Store(capacity: 2);
        store.Add(Key("a"), Session("a1", Now));
        store.Add(Key("b"), Session("b1", Now));
        store.Add(Key("a"), Session("a2", Now)); // b1 goes

        Assert.Null(store.Take(Key("b")));
        Assert.Equal("a2", Name(store.Take(Key("a"))));
        Assert.Equal("a1", Name(store.Take(Key("a"))));
    }

    [Fact]
    public void CrowdOfHosts_IsBounded()
    {
        for (int i = 0; i < 3000; i++)
            Add("x", Key($"host{i}"));

        Assert.Equal(MemorySessionStore.DefaultCapacity, _store.Count);
        Assert.Null(Take(Key($"host{3000 - MemorySessionStore.DefaultCapacity - 1}")));
        Assert.NotNull(Take(Key($"host{3000 - MemorySessionStore.DefaultCapacity}")));
    }

    [Theory]
    [InlineData(10, 20)]
    [InlineData(20, 10)]
    public void Session_EndsWithItsTicketOrItsVerification(int ticketSeconds, int verificationSeconds)
    {
        for (int i = 0; i < 2; i++)
        {
            _store.Add(Key(), Session(
                "a", Now, TimeSpan.FromSeconds(ticketSeconds), TimeSpan.FromSeconds(verificationSeconds)));
        }

        _clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.Equal("a", Take(Key()));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Null(Take(Key()));
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public void ExpiredSession_HidesNoYoungerOne()
    {
        Add("old", Key());
        _store.Add(Key(), Session("short", Now, TimeSpan.FromSeconds(1)));
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("old", Take(Key()));
    }

    [Fact]
    public void SessionFromTheFuture_IsNotUsed()
    {
        _store.Add(Key(), Session("a", Now + TimeSpan.FromSeconds(1)));

        Assert.Null(Take(Key()));
    }

    [Fact]
    public void Remove_ForgetsAKeyAndClear_Everything()
    {
        Add("a", Key("a"));
        Add("b", Key("b"));
        Add("b", Key("b"));
        Add("c", Key("c"));

        _store.Remove(Key("b"));
        _store.Remove(Key("b"));
        Assert.Equal(2, _store.Count);
        Assert.Null(Take(Key("b")));
        Assert.Equal("a", Take(Key("a")));
        _store.Clear();
        Assert.Null(Take(Key("c")));
        Assert.Equal(0, _store.Count);
        Add("d", Key("c"));
        Assert.Equal("d", Take(Key("c")));
    }

    [Fact]
    public void SixteenThreads_NeverGetTheSameSession()
    {
        const int Threads = 16, Each = 500;
        MemorySessionStore store = Store(capacity: Threads * Each, sessionsPerKey: Threads * Each);
        var taken = new ConcurrentBag<string>();
        using var start = new Barrier(Threads);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
        {
            start.SignalAndWait();
            for (int i = 0; i < Each; i++)
            {
                store.Add(Key($"host{i % 3}"), Session($"{thread}.{i}", Now));
                if (Name(store.Take(Key($"host{(i + thread) % 3}"))) is { } name)
                    taken.Add(name);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();

        for (int i = 0; i < 3; i++)
        {
            while (Name(store.Take(Key($"host{i}"))) is { } name)
                taken.Add(name);
        }

        Assert.Equal(Threads * Each, taken.Count);
        Assert.Equal(Threads * Each, taken.Distinct().Count());
    }

    [Fact]
    public void BadNumbers_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Store(capacity: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Store(sessionsPerKey: 0));
    }

    private DateTimeOffset Now => _clock.GetUtcNow();

    private MemorySessionStore Store(int capacity = 1024, int sessionsPerKey = 4) => new(capacity, sessionsPerKey, _clock);

    private void Add(string name, SessionKey key) => _store.Add(key, Session(name, Now));

    private string? Take(SessionKey key) => Name(_store.Take(key));
}
