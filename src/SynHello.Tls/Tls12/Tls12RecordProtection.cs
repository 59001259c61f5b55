using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The keys of one direction in TLS 1.2 (RFC 5246 section 6.2.3.3). With AES-GCM the nonce is a part of the key block and the sequence
/// number, which stands in the record (RFC 5288 section 3); with ChaCha20-Poly1305 it is made as in TLS 1.3, and nothing stands in the
/// record (RFC 7905 section 2). Either way it never comes twice under one key.
/// </summary>
internal sealed class Tls12RecordProtection : RecordProtection
{
    /// <summary>sequence number, type, version, length (RFC 5246 section 6.2.3.3).</summary>
    private const int AssociatedDataLength = 13;

    private readonly byte[] _fixedNonce;
    private readonly int _explicitLength;
    private ulong _blocks;

    /// <param name="provider">The cryptography.</param>
    /// <param name="suite">The suite.</param>
    /// <param name="key">The traffic key.</param>
    /// <param name="fixedNonce">The part of the nonce that comes out of the key block.</param>
    [SetsRequiredMembers]
    public Tls12RecordProtection(
        TlsCryptoProvider provider, CipherSuite suite, ReadOnlySpan<byte> key, ReadOnlySpan<byte> fixedNonce)
        : base(provider.CreateAead(suite, key))
    {
        _fixedNonce = fixedNonce.ToArray();
        _explicitLength = Tls12CipherSuiteParameters.Of(suite).ExplicitNonceLength;
        ProtectsEveryType = true;
        Overhead = _explicitLength + Aead.TagLength;
        MinimumInner = 0;
        Expansion = Overhead - 1; // the limit counts a content type that is not there
    }

    /// <summary>
    /// Whether AES-GCM has come near the end of what it keeps secret (RFC 8446 section 5.5). TLS 1.2 cannot change keys without a
    /// renegotiation, so the connection has to end then.
    /// </summary>
    public override bool IsWorn => _blocks >= TlsLimits.BlocksPerKey;

    public override void Write(
        ContentType type, ReadOnlySpan<byte> fragment, int sizeLimit, int padding, IBufferWriter<byte> output)
    {
        int sealedLength = fragment.Length + Overhead;
        Span<byte> record = output.GetSpan(RecordHeader.Size + sealedLength)[..(RecordHeader.Size + sealedLength)];
        new RecordHeader(type, ProtocolVersion.Tls12, sealedLength).Write(record);
        ulong sequence = Sequence;
        Span<byte> body = record[RecordHeader.Size..];
        if (_explicitLength > 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(body, sequence);
            _blocks += ((uint)fragment.Length / 16) + 3; // the last block, the tag's and the lengths'
        }

        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        Span<byte> associated = stackalloc byte[AssociatedDataLength];
        WriteNonce(nonce, body[.._explicitLength], sequence);
        WriteAssociatedData(associated, record, fragment.Length, sequence);
        body = body[_explicitLength..];
        Aead.Seal(nonce, associated, fragment, body);
        Count();
        output.Advance(record.Length);
    }

    public override bool TryOpen(
        ReadOnlySpan<byte> header,
        ReadOnlySpan<byte> @sealed,
        Span<byte> inner,
        int sizeLimit,
        out ContentType type,
        out int contentLength)
    {
        type = new ContentType(header[0]);
        contentLength = inner.Length;
        ulong sequence = Sequence;
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        Span<byte> associated = stackalloc byte[AssociatedDataLength];
        WriteNonce(nonce, @sealed[.._explicitLength], sequence);
        WriteAssociatedData(associated, header, inner.Length, sequence);
        if (!Aead.TryOpen(nonce, associated, @sealed[_explicitLength..], inner))
            return false;
        Count();
        return true;
    }

    protected override void ClearSecrets() => CryptographicOperations.ZeroMemory(_fixedNonce);

    private void WriteNonce(Span<byte> nonce, ReadOnlySpan<byte> explicitPart, ulong sequence)
    {
        _fixedNonce.CopyTo(nonce);
        Span<byte> tail = nonce[4..];
        if (_explicitLength > 0)
            explicitPart.CopyTo(tail);
        else
            BinaryPrimitives.WriteUInt64BigEndian(tail, BinaryPrimitives.ReadUInt64BigEndian(tail) ^ sequence);
    }

    private static void WriteAssociatedData(Span<byte> associated, ReadOnlySpan<byte> header, int length, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64BigEndian(associated, sequence);
        header[..3].CopyTo(associated[8..]);
        BinaryPrimitives.WriteUInt16BigEndian(associated[11..], (ushort)length);
    }
}
