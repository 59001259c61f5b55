using System.Security.Cryptography;

namespace SynHello.Tests;

/// <summary>Data with a pattern, and its way through a stream.</summary>
internal static class Exchange
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static byte[] Bytes(int count, int seed = 1)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static async Task<byte[]> ReadAsync(Stream stream, int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, Cancelled).Guarded();
        return bytes;
    }

    /// <summary>Sends a byte each way: what is asserted afterwards is not about a connection that never worked.</summary>
    public static async Task RoundTripAsync(Stream one, Stream other)
    {
        await one.WriteAsync(new byte[] { 1 }, Cancelled).Guarded();
        Assert.Equal([1], await ReadAsync(other, 1));
        await other.WriteAsync(new byte[] { 2 }, Cancelled).Guarded();
        Assert.Equal([2], await ReadAsync(one, 1));
    }

    /// <summary>Writes blocks of a pattern, and gives the hash of it all.</summary>
    public static async Task<byte[]> WriteBlocksAsync(Stream stream, int blocks, int blockSize, int seed)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = Bytes(blockSize, seed);
        for (int i = 0; i < blocks; i++)
        {
            block[i % blockSize]++;
            hash.AppendData(block);
            await stream.WriteAsync(block, Cancelled);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Reads so many bytes, and gives their hash.</summary>
    public static async Task<byte[]> HashAsync(Stream stream, long count)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[30_000];
        while (count > 0)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)), Cancelled);
            Assert.NotEqual(0, read);
            hash.AppendData(buffer.AsSpan(0, read));
            count -= read;
        }

        return hash.GetHashAndReset();
    }
}
