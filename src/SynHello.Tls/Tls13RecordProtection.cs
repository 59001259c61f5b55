using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The keys of one direction in TLS 1.3: a cipher, an IV and a sequence number (RFC 8446 sections 5.2, 5.3, 7.3).
/// </summary>
internal sealed class Tls13RecordProtection : RecordProtection
{
    private readonly KeySchedule _keys;
    private readonly byte[] _secret;
    private readonly byte[] _iv = new byte[Aead.NonceLength];

    [SetsRequiredMembers]
    public Tls13RecordProtection(TlsCryptoProvider provider, KeySchedule keys, ReadOnlySpan<byte> trafficSecret)
        : base(CreateAead(provider, keys, trafficSecret))
    {
        _keys = keys;
        _secret = trafficSecret.ToArray();
        keys.ExpandLabel(trafficSecret, "iv"u8, [], _iv);
        ProtectsEveryType = false;
        Overhead = Aead.TagLength;
        MinimumInner = 1;
        Expansion = 255; // RFC 8446 section 5.2: 256 bytes, the content type among them
    }

    public ReadOnlySpan<byte> TrafficSecret => _secret;

    public override bool IsWorn => Records >= TlsLimits.RecordsPerKey;

    /// <summary>The length of an inner plaintext with its content type and padding.</summary>
    public static int InnerLength(int contentLength, int sizeLimit, int padding) => padding > 1
        ? Math.Min(sizeLimit, (contentLength + padding) / padding * padding)
        : contentLength + 1;

    public override void Write(
        ContentType type, ReadOnlySpan<byte> fragment, int sizeLimit, int padding, IBufferWriter<byte> output)
    {
        int innerLength = InnerLength(fragment.Length, sizeLimit, padding);
        int sealedLength = innerLength + Aead.TagLength;
        Span<byte> record = output.GetSpan(RecordHeader.Size + sealedLength)[..(RecordHeader.Size + sealedLength)];
        new RecordHeader(ContentType.ApplicationData, ProtocolVersion.Tls12, sealedLength).Write(record);
        Span<byte> body = record[RecordHeader.Size..];
        body[fragment.Length] = type.Value;
        body[(fragment.Length + 1)..innerLength].Clear();
        Seal(record[..RecordHeader.Size], fragment, innerLength - fragment.Length, body);
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
        type = default;
        contentLength = 0;
        if (!TryOpen(header, @sealed, inner))
            return false;

        if (inner.Length > RecordLayer.MaximumInnerPlaintext)
        {
            throw new TlsProtocolException(
                TlsErrorCause.RecordTooLarge,
                "A record holds more than 2^14 bytes and its content type.");
        }

        if (inner.Length > sizeLimit)
            throw RecordLayer.AboveSizeLimit();

        // RFC 8446 section 5.4: padding is zero, and the content type is the last octet that is not.
        int last = inner.LastIndexOfAnyExcept((byte)0);
        if (last < 0)
        {
            throw new TlsProtocolException(
                TlsErrorCause.MissingInnerContentType,
                "A record holds nothing but padding.");
        }

        type = new ContentType(inner[last]);
        contentLength = last;
        return true;
    }

    /// <param name="header">The record header, which is authenticated.</param>
    /// <param name="content">The inner plaintext's beginning.</param>
    /// <param name="restLength">How much of it is in <paramref name="destination"/> already, behind room for the content.</param>
    /// <param name="destination">Room for the plaintext and a tag.</param>
    public void Seal(ReadOnlySpan<byte> header, ReadOnlySpan<byte> content, int restLength, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        WriteNonce(nonce);
        Aead.Seal(nonce, header, content, restLength, destination);
        Count();
    }

    /// <summary>Opens a record whatever is in it. One that does not authenticate does not count.</summary>
    public bool TryOpen(ReadOnlySpan<byte> header, ReadOnlySpan<byte> @sealed, Span<byte> plaintext)
    {
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        WriteNonce(nonce);
        if (!Aead.TryOpen(nonce, header, @sealed, plaintext))
            return false;
        Count();
        return true;
    }

    /// <summary>application_traffic_secret_N+1 (RFC 8446 section 7.2).</summary>
    public Tls13RecordProtection Next(TlsCryptoProvider provider)
    {
        Span<byte> next = stackalloc byte[_secret.Length];
        _keys.ExpandLabel(_secret, "traffic upd"u8, [], next);
        var protection = new Tls13RecordProtection(provider, _keys, next);
        CryptographicOperations.ZeroMemory(next);
        return protection;
    }

    protected override void ClearSecrets()
    {
        CryptographicOperations.ZeroMemory(_secret);
        CryptographicOperations.ZeroMemory(_iv);
    }

    private static Aead CreateAead(TlsCryptoProvider provider, KeySchedule keys, ReadOnlySpan<byte> trafficSecret)
    {
        Span<byte> key = stackalloc byte[CipherSuiteParameters.Of(keys.Suite).KeyLength];
        keys.ExpandLabel(trafficSecret, "key"u8, [], key);
        Aead aead = provider.CreateAead(keys.Suite, key);
        CryptographicOperations.ZeroMemory(key);
        return aead;
    }

    private void WriteNonce(Span<byte> nonce)
    {
        ulong sequence = Sequence;
        _iv.CopyTo(nonce);
        Span<byte> tail = nonce[4..];
        BinaryPrimitives.WriteUInt64BigEndian(tail, BinaryPrimitives.ReadUInt64BigEndian(tail) ^ sequence);
    }
}
