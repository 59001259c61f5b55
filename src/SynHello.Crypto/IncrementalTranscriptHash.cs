using System.Security.Cryptography;

using SynHello.Tls;

namespace SynHello.Crypto;

/// <summary>A transcript over .NET's running hash.</summary>
internal sealed class IncrementalTranscriptHash : TranscriptHash
{
    private readonly IncrementalHash _hash;

    public IncrementalTranscriptHash(HashAlgorithmName algorithm)
    {
        Length = Digest.LengthOf(algorithm);
        _hash = IncrementalHash.CreateHash(algorithm);
    }

    public override int Length { get; }

    public override void Append(ReadOnlySpan<byte> data) => _hash.AppendData(data);

    public override void GetCurrentHash(Span<byte> destination) =>
        _hash.GetCurrentHash(Digest.Exactly(destination, Length));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
    }
}
