using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>Compressed certificate chains (RFC 8879) with .NET's brotli and zlib.</summary>
internal static class CertificateCompression
{
    /// <summary>The largest that there is: a chain is compressed once and sent often.</summary>
    private const int BrotliQuality = 11;
    private const int BrotliWindow = 22;

    /// <summary>Brotli first, which knows more of certificates' words than zlib.</summary>
    public static IReadOnlyList<CertificateCompressionAlgorithm> Algorithms { get; } =
        [CertificateCompressionAlgorithm.Brotli, CertificateCompressionAlgorithm.Zlib];

    public static byte[] Compress(CertificateCompressionAlgorithm algorithm, ReadOnlySpan<byte> message)
    {
        if (algorithm == CertificateCompressionAlgorithm.Brotli)
        {
            byte[] compressed = new byte[BrotliEncoder.GetMaxCompressedLength(message.Length)];
            return BrotliEncoder.TryCompress(message, compressed, out int length, BrotliQuality, BrotliWindow)
                ? compressed[..length]
                : throw new InvalidOperationException("Brotli needs more room than it said.");
        }

        if (algorithm != CertificateCompressionAlgorithm.Zlib)
            throw new NotSupportedException($"{algorithm} is not supported.");
        using var output = new MemoryStream();
        using (var zlib = new ZLibStream(output, CompressionLevel.SmallestSize, leaveOpen: true))
            zlib.Write(message);
        return output.ToArray();
    }

    public static bool TryDecompress(
        CertificateCompressionAlgorithm algorithm, ReadOnlySpan<byte> compressed, Span<byte> destination)
    {
        if (algorithm == CertificateCompressionAlgorithm.Brotli)
        {
            using var decoder = default(BrotliDecoder);
            OperationStatus status = decoder.Decompress(compressed, destination, out int consumed, out int written);
            return status == OperationStatus.Done && consumed == compressed.Length && written == destination.Length;
        }

        if (algorithm != CertificateCompressionAlgorithm.Zlib)
            throw new NotSupportedException($"{algorithm} is not supported.");
        try
        {
            using var input = new MemoryStream(compressed.ToArray(), writable: false);
            using var zlib = new ZLibStream(input, CompressionMode.Decompress);
            return zlib.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) == destination.Length
                && zlib.ReadByte() < 0
                && EndsWithChecksum(compressed, destination);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            // The second comes for a stream that needs a dictionary (RFC 1950 section 2.2), which no chain has.
            return false;
        }
    }

    /// <summary>
    /// Whether the compressed bytes end with Adler-32 (RFC 1950 section 2.2), which ZLibStream does not miss, nor anything behind it.
    /// </summary>
    private static bool EndsWithChecksum(ReadOnlySpan<byte> compressed, ReadOnlySpan<byte> content)
    {
        const uint Modulus = 65_521;
        uint low = 1, high = 0;
        foreach (byte value in content)
        {
            low = (low + value) % Modulus;
            high = (high + low) % Modulus;
        }

        return compressed.Length > sizeof(uint)
            && BinaryPrimitives.ReadUInt32BigEndian(compressed[^sizeof(uint)..]) == ((high << 16) | low);
    }
}
