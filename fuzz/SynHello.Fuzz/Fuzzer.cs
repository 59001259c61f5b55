using System.Diagnostics;

namespace SynHello.Fuzz;

/// <summary>
/// Runs a target on one input after the other: first the corpus, then what the mutator makes of it. Inputs that reach something new
/// join those that are changed. The seed decides everything: a run that is repeated does the same.
/// </summary>
/// <param name="target">The target.</param>
/// <param name="seed">The seed.</param>
/// <param name="corpus">What it starts from; at least one input.</param>
/// <param name="findings">The folder for the input of a hang.</param>
internal sealed class Fuzzer(FuzzTarget target, ulong seed, IReadOnlyList<byte[]> corpus, string findings)
{
    private const int LargestPool = 20_000;

    /// <summary>So long, and byte by byte is still cheap.</summary>
    private const int ShortInput = 2048;

    private readonly List<byte[]> _pool = [.. corpus];
    private readonly HashSet<ulong> _features = [];
    private readonly Dictionary<string, long> _outcomes = new(StringComparer.Ordinal);
    private readonly Mutator _mutator = new(target.Grammar, target.MaximumLength);
    private byte[] _input = [];
    private long _mostAllocated;

    /// <summary>Runs until there is a finding, or either limit is reached.</summary>
    /// <param name="executions">The most executions.</param>
    /// <param name="time">The longest time.</param>
    public FuzzReport Run(long executions, TimeSpan time)
    {
        long started = Stopwatch.GetTimestamp();
        using var watchdog = new Watchdog(
            execution => new Finding(target.Name, seed, execution, _input, new TimeoutException("An execution hangs.")), findings);
        Finding? finding = null;
        long done = 0;
        while (finding is null && done < executions && (done % 64 != 0 || Stopwatch.GetElapsedTime(started) < time))
        {
            FuzzRandom random = FuzzRandom.For(seed, done);
            _input = done < corpus.Count
                ? corpus[(int)done]
                : _mutator.Mutate(Choose(random), _pool[random.Below(_pool.Count)], random);
            watchdog.Enter(done);
            if (Execute(target, _input, random) is { } problem)
                finding = new Finding(target.Name, seed, done, _input, problem);
            watchdog.Leave();
            done++;
        }

        return new FuzzReport
        {
            Target = target.Name,
            Seed = seed,
            Executions = done,
            Time = Stopwatch.GetElapsedTime(started),
            Features = _features.Count,
            MostAllocated = _mostAllocated,
            Outcomes = _outcomes,
            Finding = finding,
        };
    }

    /// <summary>The inputs that reached something new, besides the corpus.</summary>
    public IEnumerable<byte[]> Discovered => _pool.Skip(corpus.Count);

    /// <summary>Runs one input in every way of splitting it.</summary>
    /// <returns>The outcome of it whole.</returns>
    /// <exception cref="InvariantException">It is a finding.</exception>
    public static Outcome Reproduce(FuzzTarget target, byte[] input)
    {
        Outcome whole = target.Run(input, Splitter.Whole);
        if (!target.TakesPieces)
            return whole;
        Compare(whole, target.Run(input, Splitter.Bytes), Splitter.Bytes);
        for (ulong i = 0; i < 64; i++)
        {
            Splitter splitter = Splitter.Pieces(i, 1 + ((int)i * 11));
            Compare(whole, target.Run(input, splitter), splitter);
        }

        return whole;
    }

    private static void Compare(Outcome whole, Outcome split, Splitter splitter)
    {
        if (whole != split)
            throw new InvariantException($"Whole it comes to {whole}, {splitter} to {split}.");
    }

    /// <summary>Half of the time one of the corpus, which is right from end to end.</summary>
    private byte[] Choose(FuzzRandom random) =>
        random.OneIn(2) ? corpus[random.Below(corpus.Count)] : _pool[random.Below(_pool.Count)];

    private Exception? Execute(FuzzTarget target, byte[] input, FuzzRandom random)
    {
        try
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            Outcome whole = target.Run(input, Splitter.Whole);
            CheckMemory(input, GC.GetAllocatedBytesForCurrentThread() - allocated);
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_outcomes, whole.Name, out _)++;
            if (_features.Add(whole.Feature) && _pool.Count < LargestPool)
                _pool.Add(input);
            if (target.TakesPieces)
            {
                Splitter splitter = input.Length <= ShortInput && random.OneIn(8)
                    ? Splitter.Bytes
                    : Splitter.Pieces(random.Next(), 1 + random.Below(random.OneIn(2) ? 16 : 700));
                Compare(whole, target.Run(input, splitter), splitter);
            }

            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    private void CheckMemory(byte[] input, long allocated)
    {
        long limit = target.AllocationAllowance + ((long)target.AllocationFactor * input.Length);
        if (allocated > limit)
        {
            // What is made once a process, or missing in the array pool, is not allocated again.
            allocated = Math.Min(Allocated(input), Allocated(input));
            if (allocated > limit)
                throw new InvariantException($"{allocated} bytes are allocated for {input.Length} of input; {limit} may be.");
        }

        _mostAllocated = Math.Max(_mostAllocated, allocated);
    }

    private long Allocated(byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        target.Run(input, Splitter.Whole);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
