using System.Diagnostics;
using System.Numerics;

namespace SynHello.Lab;

/// <summary>
/// Notices when a processor stood still: when the machine's host, a collection of garbage or, without real-time
/// priority, another program kept a thread from running that had nothing to wait for. What was timed meanwhile was
/// timed with a broken clock. Members may be called from any thread.
/// </summary>
/// <remarks>One thread for each processor wakes every millisecond and looks how late it is.</remarks>
public sealed unsafe class StallWatch : IDisposable
{
    private const int MostProcessors = 1024;
    private const int BitsPerWord = 64;
    private const nint Interval = 1_000_000;

    private readonly long _tolerated;
    private readonly long[] _beats;
    private readonly Thread[] _threads;
    private long _lastStallAt = long.MinValue;
    private volatile bool _stopping;

    private StallWatch(TimeSpan tolerated, List<int> processors)
    {
        TimeSpan interval = TimeSpan.FromTicks(Interval / TimeSpan.NanosecondsPerTick);
        _tolerated = (long)((interval + tolerated).TotalSeconds * Stopwatch.Frequency);
        _beats = new long[processors.Count];
        _threads = [.. processors.Select((processor, i) => new Thread(() => Watch(i, processor))
        {
            IsBackground = true,
            Name = $"SynHello cpu{processor}",
        })];
    }

    /// <summary>Starts to watch every processor that this process may run on.</summary>
    /// <param name="tolerated">How long a processor may stand still unnoticed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    /// <exception cref="IOException">The system does not tell the processors.</exception>
    public static StallWatch Start(TimeSpan tolerated)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tolerated, TimeSpan.Zero);
        ulong* mask = stackalloc ulong[MostProcessors / BitsPerWord];
        if (Libc.GetAffinity(0, MostProcessors / 8, mask) < 0)
            throw Libc.Failure("Could not read which processors there are");
        List<int> processors = [];
        for (int word = 0; word < MostProcessors / BitsPerWord; word++)
        {
            for (ulong rest = mask[word]; rest != 0; rest &= rest - 1)
                processors.Add((word * BitsPerWord) + BitOperations.TrailingZeroCount(rest));
        }

        var watch = new StallWatch(tolerated, processors);
        Array.Fill(watch._beats, Stopwatch.GetTimestamp());
        foreach (Thread thread in watch._threads)
            thread.Start();
        return watch;
    }

    /// <summary>Whether a processor stood still between a moment and now.</summary>
    /// <param name="timestamp">The moment: a value of <see cref="Stopwatch.GetTimestamp"/>.</param>
    public bool HasStalledSince(long timestamp)
    {
        long now = Stopwatch.GetTimestamp();
        for (int i = 0; i < _beats.Length; i++)
        {
            if (now - Volatile.Read(ref _beats[i]) > _tolerated)
                return true; // and stands still as yet
        }

        return Interlocked.Read(ref _lastStallAt) >= timestamp;
    }

    /// <summary>Ends the watch.</summary>
    public void Dispose()
    {
        _stopping = true;
        foreach (Thread thread in _threads)
            thread.Join();
    }

    private void Watch(int index, int processor)
    {
        ulong* mask = stackalloc ulong[MostProcessors / BitsPerWord];
        new Span<ulong>(mask, MostProcessors / BitsPerWord).Clear();
        mask[processor / BitsPerWord] = 1ul << (processor % BitsPerWord);
        _ = Libc.SetAffinity(0, MostProcessors / 8, mask);
        WireThread.Sharpen();

        var interval = new Libc.TimeSpecification { Nanoseconds = Interval };
        long before = Stopwatch.GetTimestamp();
        while (!_stopping)
        {
            _ = Libc.Poll(null, 0, &interval, null);
            long now = Stopwatch.GetTimestamp();
            if (now - before > _tolerated)
                Interlocked.Exchange(ref _lastStallAt, now);
            Volatile.Write(ref _beats[index], now);
            before = now;
        }
    }
}
