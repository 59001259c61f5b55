using System.Buffers.Binary;

namespace SynHello.Tests;

public sealed class StrikeRegisterTests
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(10);

    private readonly SettableClock _clock = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Default_HoldsWhatIsDocumentedInAFixedSize()
    {
        var register = new StrikeRegister();

        Assert.Equal(131_072, register.Capacity);
        Assert.Equal(3 * 1024 * 1024, register.MemorySize);
        Assert.Equal(1024, MakeRegister(1000).Capacity);
        Assert.Throws<ArgumentOutOfRangeException>(() => MakeRegister(7));
        Assert.Throws<ArgumentOutOfRangeException>(() => MakeRegister((1 << 26) + 1));
    }

    [Fact]
    public void MemorySize_IsWhatIsAllocated()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        StrikeRegister register = MakeRegister(1 << 15);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, register.MemorySize, register.MemorySize + 10_000);
    }

    [Fact]
    public async Task Identifier_IsTakenOnce()
    {
        StrikeRegister register = MakeRegister();
        Assert.True(await Register(register, 1));
        for (int i = 0; i < 1000; i++)
            Assert.False(await Register(register, 1));
        Assert.True(await Register(register, 2));

        Assert.Equal((2, 1000, 1000), (register.Accepted, register.RefusedAsKnown, register.Refused));
    }

    [Fact]
    public async Task EachByteOfTheIdentifier_Counts()
    {
        StrikeRegister register = MakeRegister();
        byte[] identifier = Exchange.Bytes(48);
        Assert.True(await register.TryRegisterAsync(identifier, _clock.Now + s_window, Cancelled));
        for (int i = 0; i < 48; i++)
        {
            byte[] other = (byte[])identifier.Clone();
            other[i] ^= 1;
            Assert.True(await register.TryRegisterAsync(other, _clock.Now + s_window, Cancelled));
        }

        Assert.True(await register.TryRegisterAsync(identifier.AsMemory(0, 32), _clock.Now + s_window, Cancelled));
        Assert.False(await register.TryRegisterAsync((byte[])identifier.Clone(), _clock.Now + s_window, Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(async () => await register.TryRegisterAsync(default, _clock.Now + s_window, Cancelled));
    }

    [Fact]
    public async Task CanceledAttempt_RegistersNothing()
    {
        StrikeRegister register = MakeRegister();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await register.TryRegisterAsync(Identifier(1), _clock.Now + s_window, new CancellationToken(canceled: true)));
        Assert.True(await Register(register, 1));
    }

    [Fact]
    public async Task Identifier_IsNeverTakenTwiceHoweverTimePasses()
    {
        StrikeRegister register = MakeRegister();
        DateTimeOffset freshUntil = _clock.Now + s_window;
        Assert.True(await register.TryRegisterAsync(Identifier(1), freshUntil, Cancelled));

        for (int i = 0; i < 300; i++) // until long after it was given up
        {
            Assert.False(await register.TryRegisterAsync(Identifier(1), freshUntil, Cancelled));
            _clock.Advance(TimeSpan.FromSeconds(0.1));
        }

        Assert.True(register.RefusedAsKnown >= 99);
        Assert.True(register.RefusedAsStale >= 200);
        Assert.Equal(300, register.Refused);
    }

    [Fact]
    public async Task Entry_IsKeptOneSecondLongerThanFresh()
    {
        // Another server's reckoning may be off by the rounding of its clock.
        StrikeRegister register = MakeRegister();
        Assert.True(await Register(register, 1));
        _clock.Advance(s_window + TimeSpan.FromSeconds(0.999));
        Assert.False(await Register(register, 1));
        Assert.Equal(1, register.RefusedAsKnown);
        _clock.Advance(TimeSpan.FromSeconds(0.001));
        Assert.True(await Register(register, 1));
    }

    [Fact]
    public async Task StaleAttempt_IsRefused()
    {
        StrikeRegister register = MakeRegister();
        Assert.False(await register.TryRegisterAsync(Identifier(1), _clock.Now, Cancelled));
        Assert.False(await register.TryRegisterAsync(Identifier(1), DateTimeOffset.MinValue, Cancelled));
        Assert.True(await register.TryRegisterAsync(Identifier(1), _clock.Now + TimeSpan.FromTicks(1), Cancelled));
        Assert.True(await register.TryRegisterAsync(Identifier(2), DateTimeOffset.MaxValue, Cancelled));
        Assert.False(await register.TryRegisterAsync(Identifier(2), DateTimeOffset.MaxValue, Cancelled));
        Assert.Equal(2, register.RefusedAsStale);
    }

    [Fact]
    public async Task FullRegister_RefusesUntilEntriesHaveExpired()
    {
        StrikeRegister register = MakeRegister(64);
        for (int i = 0; i < 10_000; i++)
            await Register(register, i);
        Assert.Equal(64, register.Accepted); // by now each bucket is full
        Assert.Equal(10_000 - 64, register.RefusedAsFull);

        // What was refused is not remembered, and what was accepted still is.
        long known = 0;
        for (int i = 0; i < 10_000; i++)
            Assert.False(await Register(register, i));
        known = register.RefusedAsKnown;
        Assert.Equal(64, known);

        _clock.Advance(s_window + TimeSpan.FromSeconds(1));
        for (int i = 0; i < 10_000; i++)
            await Register(register, i);
        Assert.Equal(128, register.Accepted);
    }

    [Fact]
    public async Task ClockSetBack_IsDoubt()
    {
        StrikeRegister register = MakeRegister();
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await Register(register, 1));

        _clock.Set(TimeSpan.FromSeconds(-1)); // as much as rounding explains
        Assert.True(await Register(register, 2));
        Assert.False(await Register(register, 1));
        _clock.Set(TimeSpan.FromTicks(-1));
        Assert.False(await Register(register, 3));
        _clock.Set(TimeSpan.FromMinutes(-10));
        Assert.False(await Register(register, 3));
        Assert.Equal(2, register.RefusedInDoubt);

        _clock.Advance(TimeSpan.FromMinutes(10.1));
        Assert.True(await Register(register, 3));
    }

    [Fact]
    public async Task ClockSetForwardAndBack_TakesNothingTwice()
    {
        StrikeRegister register = MakeRegister(8);
        DateTimeOffset freshUntil = _clock.Now + s_window;
        Assert.True(await register.TryRegisterAsync(Identifier(1), freshUntil, Cancelled));

        // Wrong for a moment, in which everything expires and is given up.
        _clock.Set(TimeSpan.FromHours(1));
        for (int i = 2; i < 10; i++)
            Assert.True(await Register(register, i));
        Assert.False(await Register(register, 10)); // all of the room is taken by others now
        _clock.Set(TimeSpan.FromHours(-1));

        Assert.False(await register.TryRegisterAsync(Identifier(1), freshUntil, Cancelled));
        Assert.Equal(1, register.RefusedInDoubt);
    }

    [Fact]
    public async Task SmallStepBack_DoesNotBringBackWhatHasExpired()
    {
        // Within the tolerance the register goes by the later time: what was given up then is stale.
        StrikeRegister register = MakeRegister(8);
        DateTimeOffset freshUntil = _clock.Now + s_window;
        Assert.True(await register.TryRegisterAsync(Identifier(1), freshUntil, Cancelled));
        _clock.Advance(s_window + TimeSpan.FromSeconds(1));
        for (int i = 2; i < 10; i++)
            Assert.True(await Register(register, i));
        _clock.Set(TimeSpan.FromSeconds(-1));

        Assert.False(await register.TryRegisterAsync(Identifier(1), freshUntil + TimeSpan.FromTicks(1), Cancelled));
        Assert.Equal(1, register.RefusedAsStale);
    }

    [Fact]
    public async Task RegisterWithItsOwnScope_IsOpenAtOnceAndNamedLikeNoOther()
    {
        StrikeRegister one = MakeRegister(), other = MakeRegister();

        Assert.True(await Register(one, 1));
        Assert.NotEqual(one.Scope, other.Scope);
        Assert.NotEqual(Guid.Empty, one.Scope);
    }

    [Fact]
    public async Task RestartedRegisterOfTheSameScope_IsClosedWhileAnythingMayBeFreshThatItForgot()
    {
        var scope = Guid.NewGuid();
        var before = new StrikeRegister(scope, s_window, Options());
        _clock.Advance(TimeSpan.FromMinutes(1));

        // A client whose clock is fast by almost the window: its hello is fresh for almost twice that.
        DateTimeOffset freshUntil = _clock.Now + (2 * s_window);
        Assert.True(await before.TryRegisterAsync(Identifier(1), freshUntil, Cancelled));
        var after = new StrikeRegister(scope, s_window, Options());
        Assert.Equal(scope, after.Scope);

        while (_clock.Now <= freshUntil + TimeSpan.FromSeconds(1))
        {
            Assert.False(await after.TryRegisterAsync(Identifier(1), freshUntil, Cancelled));
            Assert.False(await Register(after, 2));
            _clock.Advance(TimeSpan.FromSeconds(0.25));
        }

        Assert.False(await after.TryRegisterAsync(Identifier(1), freshUntil, Cancelled));
        Assert.True(await Register(after, 2));
        Assert.NotEqual(0, after.RefusedWhileClosed);
    }

    [Fact]
    public async Task RestartedRegister_IsNotOpenedByAClockThatIsSet()
    {
        var register = new StrikeRegister(Guid.NewGuid(), s_window, Options());
        _clock.Set(TimeSpan.FromHours(1));
        Assert.False(await Register(register, 1));
        Assert.Equal(1, register.RefusedWhileClosed);
        _clock.Advance(TimeSpan.FromSeconds(21.1));
        Assert.True(await Register(register, 1));
    }

    [Fact]
    public async Task RestartedRegister_TakesNothingTwiceWhenTheClockIsSetBackWhileItIsClosed()
    {
        var scope = Guid.NewGuid();
        DateTimeOffset freshUntil = _clock.Now + (2 * s_window);
        var before = new StrikeRegister(scope, s_window, Options());
        _clock.Advance(TimeSpan.FromSeconds(21.1));
        freshUntil = _clock.Now + (2 * s_window);
        Assert.True(await before.TryRegisterAsync(Identifier(1), freshUntil, Cancelled));

        var after = new StrikeRegister(scope, s_window, Options());
        _clock.Advance(TimeSpan.FromSeconds(10));
        _clock.Set(-TimeSpan.FromSeconds(11)); // while nobody asks
        _clock.Advance(TimeSpan.FromSeconds(11.1));
        Assert.False(await after.TryRegisterAsync(Identifier(1), freshUntil, Cancelled));
    }

    [Fact]
    public void ScopeAndWindow_ThatCannotBe_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new StrikeRegister(Guid.Empty, s_window));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StrikeRegister(Guid.NewGuid(), TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StrikeRegister(Guid.NewGuid(), TimeSpan.FromHours(2)));
    }

    [Fact]
    public async Task SameIdentifierFromManyThreads_IsTakenByOne()
    {
        const int Threads = 16, Rounds = 2000;
        StrikeRegister register = MakeRegister();
        int[] taken = new int[Rounds];
        using var barrier = new Barrier(Threads);
        await RunAsync(Threads, _ =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                if (round % 50 == 0)
                    barrier.SignalAndWait(Cancelled);
                if (Take(register, Identifier(round), _clock.Now + s_window))
                    Interlocked.Increment(ref taken[round]);
            }
        }).Guarded();

        Assert.All(taken, count => Assert.Equal(1, count));
        Assert.Equal(Rounds, register.Accepted);
        Assert.Equal((Threads - 1) * Rounds, register.RefusedAsKnown);
    }

    [Fact]
    public async Task SameIdentifierAtTheSameMoment_IsTakenByOne()
    {
        // Two threads in step, each round anew: what is not done under a lock shows within a few of them.
        const int Rounds = 100_000;
        StrikeRegister register = MakeRegister(1 << 20);
        int arrived = 0;
        await RunAsync(2, _ =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                byte[] identifier = Identifier(round);
                Interlocked.Increment(ref arrived);
                var wait = default(SpinWait);
                while (Volatile.Read(ref arrived) < 2 * (round + 1))
                    wait.SpinOnce(sleep1Threshold: -1);
                Take(register, identifier, _clock.Now + s_window);
            }
        }).Guarded();

        // By chance, once in some seventy runs, a ninth identifier belongs where eight have room: both threads are refused that one.
        long full = register.RefusedAsFull / 2;
        Assert.InRange(full, 0, 2);
        Assert.Equal((Rounds - full, Rounds - full), (register.Accepted, register.RefusedAsKnown));
    }

    [Fact]
    public async Task ManyIdentifiersFromManyThreads_AreTakenOnceEach()
    {
        const int Threads = 16, Identifiers = 5000;
        StrikeRegister register = MakeRegister();
        int[] taken = new int[Identifiers];
        await RunAsync(Threads, thread =>
        {
            for (int i = 0; i < Identifiers; i++)
            {
                int identifier = (i + (thread * 313)) % Identifiers; // each in an order of its own
                if (Take(register, Identifier(identifier), _clock.Now + s_window))
                    Interlocked.Increment(ref taken[identifier]);
            }
        }).Guarded();

        Assert.All(taken, count => Assert.Equal(1, count));
    }

    [Fact]
    public async Task SameIdentifierWhileEntriesExpireAndTheClockMoves_IsTakenOnce()
    {
        // A small register whose places change hands all the time, under attempts that began before and end after.
        const int Threads = 8, Rounds = 300;
        StrikeRegister register = MakeRegister(8);
        int[] taken = new int[Rounds];
        DateTimeOffset[] freshUntil = new DateTimeOffset[Rounds];
        using var barrier = new Barrier(Threads, b =>
        {
            _clock.Advance(TimeSpan.FromSeconds(2.5));
            if (b.CurrentPhaseNumber < Rounds)
                freshUntil[b.CurrentPhaseNumber] = _clock.Now + TimeSpan.FromSeconds(1);
        });
        await RunAsync(Threads, thread =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                barrier.SignalAndWait(Cancelled);
                for (int i = 0; i <= 2; i++)
                {
                    int target = Math.Max(0, round - i);
                    if (Take(register, Identifier(target), freshUntil[target]))
                        Interlocked.Increment(ref taken[target]);
                }
            }
        }).Guarded();

        Assert.All(taken, count => Assert.Equal(1, count));
    }

    [Fact]
    public void MillionIdentifiers_DoNotGrowTheMemory()
    {
        StrikeRegister register = MakeRegister();
        byte[] identifier = new byte[32];
        DateTimeOffset freshUntil = _clock.Now + s_window;
        Assert.True(Take(register, identifier, freshUntil));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i <= 1_000_000; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(identifier, i);
            Take(register, identifier, freshUntil);
        }

        // Counted in blocks of 8 KB. An object for each would be 24 million.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        Assert.Equal(1_000_001, register.Accepted + register.RefusedAsFull);
        Assert.InRange(register.Accepted, 130_000, register.Capacity);
    }

    [Fact]
    public async Task IdentifiersWithEqualBits_StillFindAllOfTheRoom()
    {
        // Chosen so that whatever bytes of the identifier itself are taken for its place, they are the same.
        StrikeRegister register = MakeRegister(8192);
        for (int position = 0; position < 32; position++)
        {
            for (int value = 1; value < 9; value++)
            {
                byte[] identifier = new byte[32];
                identifier[position] = (byte)(value << 4);
                Assert.True(await register.TryRegisterAsync(identifier, _clock.Now + s_window, Cancelled));
            }
        }

        Assert.Equal(256, register.Accepted);
    }

    [Fact]
    public async Task PlacesOfIdentifiers_DifferBetweenRegisters()
    {
        // What fills one register's place says nothing about another's: places cannot be found out beforehand.
        StrikeRegister one = MakeRegister(64), other = MakeRegister(64);
        var refusedByOne = new List<int>();
        for (int i = 0; i < 64; i++)
        {
            if (!await Register(one, i))
                refusedByOne.Add(i);
        }

        var refusedByOther = new List<int>();
        for (int i = 0; i < 64; i++)
        {
            if (!await Register(other, i))
                refusedByOther.Add(i);
        }

        Assert.NotEqual(refusedByOne, refusedByOther);
    }

    private static byte[] Identifier(int number)
    {
        byte[] identifier = new byte[32];
        BinaryPrimitives.WriteInt32BigEndian(identifier.AsSpan(28), number);
        return identifier;
    }

    /// <summary>A thread each, not the pool's: they are to be at it at the same time.</summary>
    private static Task RunAsync(int threads, Action<int> work) => Task.WhenAll(Enumerable.Range(0, threads).Select(
        thread => Task.Factory.StartNew(() => work(thread), Cancelled, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    private ValueTask<bool> Register(StrikeRegister register, int number) =>
        register.TryRegisterAsync(Identifier(number), _clock.Now + s_window, Cancelled);

    private static bool Take(StrikeRegister register, byte[] identifier, DateTimeOffset freshUntil)
    {
        Task<bool> answer = register.TryRegisterAsync(identifier, freshUntil, Cancelled).AsTask();
        Assert.True(answer.IsCompletedSuccessfully);
        return answer.Result;
    }

    private StrikeRegister MakeRegister(int capacity = 1 << 17) => new(Options(capacity));

    private StrikeRegisterOptions Options(int capacity = 1 << 17) => new() { TimeProvider = _clock, Capacity = capacity };
}
