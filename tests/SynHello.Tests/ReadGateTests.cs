namespace SynHello.Tests;

public sealed class ReadGateTests
{
    [Fact]
    public void ReaderThatLeftBefore_LeavesTheBuffersToWhoeverCloses()
    {
        var gate = new ReadGate();
        gate.Enter();
        Assert.False(gate.Leave());
        Assert.False(gate.IsClosed);
        Assert.True(gate.Close());
        Assert.True(gate.IsClosed);
    }

    [Fact]
    public void ReaderThatIsInside_TakesTheBuffersWithIt()
    {
        var gate = new ReadGate();
        gate.Enter();
        Assert.False(gate.Close());
        Assert.True(gate.Leave());
    }

    [Fact]
    public void SecondReader_IsRefused()
    {
        var gate = new ReadGate();
        gate.Enter();
        Assert.Throws<NotSupportedException>(() => gate.Enter());
        Assert.False(gate.Leave());
        gate.Enter();
    }

    [Fact]
    public void ClosedGate_LetsNobodyIn()
    {
        var gate = new ReadGate();
        gate.Enter();
        gate.Close();
        Assert.Throws<ObjectDisposedException>(() => gate.Enter());
        gate.Leave();
        Assert.Throws<ObjectDisposedException>(() => gate.Enter());
    }

    [Fact]
    public void WhoIsInsideBriefly_KeepsReadersWaitingAndRefusesNone()
    {
        var gate = new ReadGate();
        Assert.True(gate.TryEnterBriefly());
        Assert.False(gate.TryEnterBriefly());
        Assert.False(gate.Leave());
        gate.Enter();
        Assert.False(gate.TryEnterBriefly());
        Assert.Throws<NotSupportedException>(() => gate.Enter());
        Assert.False(gate.Leave());
        Assert.True(gate.TryEnterBriefly());
        Assert.False(gate.Close());
        Assert.True(gate.Leave());
        Assert.False(gate.TryEnterBriefly());
        Assert.Throws<ObjectDisposedException>(() => gate.Enter());
    }

    [Fact]
    public void ReaderThatComesDuringABriefVisit_WaitsForItsEnd()
    {
        var gate = new ReadGate[1];
        bool entered = false;
        Assert.True(gate[0].TryEnterBriefly());
        var reader = new Thread(() =>
        {
            gate[0].Enter();
            Volatile.Write(ref entered, true);
        });
        reader.Start();
        while (reader.IsAlive && !reader.ThreadState.HasFlag(ThreadState.WaitSleepJoin))
            Thread.Yield(); // until it has waited long enough to sleep
        Assert.False(Volatile.Read(ref entered));

        Assert.False(gate[0].Leave());

        reader.Join();
        Assert.True(entered);
        Assert.False(gate[0].TryEnterBriefly());
    }

    [Fact]
    public void LeavingAndClosingAtTheSameTime_GiveTheBuffersToOne()
    {
        const int Rounds = 200_000;
        var gates = new ReadGate[Rounds];
        int[] owners = new int[Rounds];
        using var barrier = new Barrier(2);
        var reader = new Thread(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                if (i % 64 == 0)
                    barrier.SignalAndWait();
                if (gates[i].Leave())
                    Interlocked.Increment(ref owners[i]);
            }
        });
        for (int i = 0; i < Rounds; i++)
            gates[i].Enter();
        reader.Start();
        for (int i = 0; i < Rounds; i++)
        {
            if (i % 64 == 0)
                barrier.SignalAndWait();
            if (gates[i].Close())
                Interlocked.Increment(ref owners[i]);
        }

        reader.Join();
        Assert.False(owners.AsSpan().ContainsAnyExcept(1));
    }
}
