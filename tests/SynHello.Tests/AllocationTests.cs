using System.Security.Authentication;

namespace SynHello.Tests;

/// <summary>
/// Reads and writes of an established connection allocate nothing, whether they complete at once or wait. What the whole process
/// allocates is counted, because a read that has waited goes on on another thread. Something in the background may allocate once in a
/// while, and the runtime's pool of what a wait takes, which is each thread's own, may miss once in a while, where a read or a write
/// would allocate each time: the smallest of many short windows counts.
/// </summary>
public sealed class AllocationTests
{
    public static TheoryData<SslProtocols, int> ProtocolsAndLengths => new()
    {
        { SslProtocols.Tls13, 1 },
        { SslProtocols.Tls13, 1_000 },
        { SslProtocols.Tls13, 16_384 },
        { SslProtocols.Tls13, 100_000 },
        { SslProtocols.Tls12, 1 },
        { SslProtocols.Tls12, 1_000 },
        { SslProtocols.Tls12, 16_384 },
        { SslProtocols.Tls12, 100_000 },
    };

    [Theory]
    [MemberData(nameof(ProtocolsAndLengths))]
    public async Task WritesAndReadsBehindThem_AllocateNothing(SslProtocols protocol, int length)
    {
        await using SecurePair pair = await ConnectAsync(protocol);
        var data = new byte[length];
        AssertNone(data, await CarryAsync(pair.Client, pair.Server, data, readsFirst: false));
        AssertNone(data, await CarryAsync(pair.Server, pair.Client, data, readsFirst: false));
    }

    [Theory]
    [MemberData(nameof(ProtocolsAndLengths))]
    public async Task ReadsThatWait_AllocateNothing(SslProtocols protocol, int length)
    {
        await using SecurePair pair = await ConnectAsync(protocol);
        var data = new byte[length];
        AssertNone(data, await CarryAsync(pair.Client, pair.Server, data, readsFirst: true));
        AssertNone(data, await CarryAsync(pair.Server, pair.Client, data, readsFirst: true));
    }

    /// <summary>More than the sockets hold.</summary>
    [Theory]
    [InlineData(SslProtocols.Tls13)]
    [InlineData(SslProtocols.Tls12)]
    public async Task WritesThatWait_AllocateNothing(SslProtocols protocol)
    {
        await using SecurePair pair = await ConnectAsync(protocol);
        var data = new byte[12_000_000];
        AssertNone(data, await CarryAsync(pair.Client, pair.Server, data, readsFirst: false, rounds: 1));
        AssertNone(data, await CarryAsync(pair.Server, pair.Client, data, readsFirst: false, rounds: 1));
    }

    /// <summary>So a connection at rest waits, without a buffer.</summary>
    [Theory]
    [InlineData(SslProtocols.Tls13)]
    [InlineData(SslProtocols.Tls12)]
    public async Task EmptyReadsThatWait_AllocateNothing(SslProtocols protocol)
    {
        await using SecurePair pair = await ConnectAsync(protocol);
        var data = new byte[100];
        AssertNone(data, await CarryAsync(pair.Client, pair.Server, data, readsFirst: true, isFirstEmpty: true));
        AssertNone(data, await CarryAsync(pair.Server, pair.Client, data, readsFirst: true, isFirstEmpty: true));
    }

    private static void AssertNone(byte[] data, double allocated)
    {
#if DEBUG
        // A compiler that does not optimize makes an object of the state of each call of an asynchronous method.
        Assert.InRange(allocated, 0, 2_000 + (data.Length / 8));
#else
        Assert.Equal(0, allocated);
#endif
    }

    /// <summary>Carries data over and over. All in one method: another one that waits would allocate itself.</summary>
    /// <returns>How many bytes were allocated each time.</returns>
    private static async Task<double> CarryAsync(
        SecureStream from, SecureStream to, byte[] data, bool readsFirst, bool isFirstEmpty = false, int rounds = 2)
    {
        var buffer = new byte[data.Length];
        int windows = rounds == 1 ? 200 : 1000;
        int warmUp = rounds == 1 ? 30 : 300;
        long least = long.MaxValue, before = 0;
        for (int i = -warmUp; i < windows * rounds; i++)
        {
            if (i >= 0 && i % rounds == 0)
                before = GC.GetTotalAllocatedBytes(precise: true);

            ValueTask<int> reading = default;
            if (readsFirst)
            {
                reading = to.ReadAsync(isFirstEmpty ? Memory<byte>.Empty : buffer);
                if (reading.IsCompleted)
                    throw new InvalidOperationException("A read did not wait.");
            }

            ValueTask writing = from.WriteAsync(data);
            bool counts = rounds > 1 || !writing.IsCompleted; // the sockets may have grown to take it all
            for (int received = await reading; received < buffer.Length;)
                received += await to.ReadAsync(buffer.AsMemory(received));
            await writing;

            if (counts && i >= 0 && i % rounds == rounds - 1)
                least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return least / (double)rounds;
    }

    private static Task<SecurePair> ConnectAsync(SslProtocols protocol) =>
        SecurePair.ConnectAsync(configureListener: options => options.EnabledSslProtocols = protocol);
}
