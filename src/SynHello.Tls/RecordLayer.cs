using System.Buffers;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// Records of both directions (RFC 8446 section 5, RFC 5246 section 6): each direction is in the clear until it is given keys, and
/// those bring the version's form of a record along. Knows nothing of messages.
/// </summary>
internal sealed class RecordLayer(TlsCryptoProvider provider, int padding) : IDisposable
{
    /// <summary>The smallest record_size_limit that may be announced (RFC 8449 section 4).</summary>
    public const int MinimumSizeLimit = 64;

    /// <summary>The most bytes of content, content type and padding in a protected record.</summary>
    public const int MaximumInnerPlaintext = RecordHeader.MaximumPlaintext + 1;

    private RecordProtection? _read;
    private RecordProtection? _write;

    /// <summary>The largest inner plaintext that the peer may send.</summary>
    public int ReadSizeLimit { get; set; } = MaximumInnerPlaintext;

    /// <summary>The largest inner plaintext that the peer takes.</summary>
    public int WriteSizeLimit { get; set; } = MaximumInnerPlaintext;

    /// <summary>The record version of the next plaintext record: 0x0301 for a first ClientHello, then 0x0303.</summary>
    public ProtocolVersion PlaintextVersion { get; set; } = ProtocolVersion.Tls12;

    public bool IsReadProtected => _read is not null;

    /// <summary>Records opened under the current read key.</summary>
    public ulong RecordsRead => _read?.Records ?? 0;

    public ReadOnlySpan<byte> ReadSecret => _read is Tls13RecordProtection read ? read.TrafficSecret : [];

    public ReadOnlySpan<byte> WriteSecret => _write is Tls13RecordProtection write ? write.TrafficSecret : [];

    /// <summary>Whether the write key has sealed so much that it has to be changed.</summary>
    public bool WriteKeyIsWorn => _write is { IsWorn: true };

    /// <summary>How many bytes a record that is written has besides its content, padding aside.</summary>
    public int WriteOverhead => RecordHeader.Size + (_write is { } write ? write.Overhead + write.MinimumInner : 0);

    public void ProtectReads(KeySchedule keys, ReadOnlySpan<byte> trafficSecret) =>
        ProtectReads(new Tls13RecordProtection(provider, keys, trafficSecret));

    public void ProtectWrites(KeySchedule keys, ReadOnlySpan<byte> trafficSecret) =>
        ProtectWrites(new Tls13RecordProtection(provider, keys, trafficSecret));

    public void ProtectReads(RecordProtection protection) => Replace(ref _read, protection);

    public void ProtectWrites(RecordProtection protection) => Replace(ref _write, protection);

    /// <summary>Goes back to the clear: a HelloRetryRequest undoes the keys of early data.</summary>
    public void UnprotectWrites()
    {
        _write?.Dispose();
        _write = null;
    }

    public void UpdateReadKey() => Replace(ref _read, Updatable(_read).Next(provider));

    public void UpdateWriteKey() => Replace(ref _write, Updatable(_write).Next(provider));

    /// <summary>Whether a record that was received is protected, by what its header says it holds.</summary>
    public bool IsProtected(ContentType type) =>
        _read is not null && (type == ContentType.ApplicationData || _read.ProtectsEveryType);

    /// <summary>The length of what is in a protected record; negative when it is too short to be one.</summary>
    public int InnerLength(int sealedLength)
    {
        RecordProtection read = Protection(_read);
        int innerLength = sealedLength - read.Overhead;
        return innerLength < read.MinimumInner ? -1 : innerLength;
    }

    /// <summary>
    /// Takes the peer's record_size_limit (RFC 8449 section 4): at least 64, and what is above the protocol's own limit
    /// means that.
    /// </summary>
    public void ApplyPeerLimit(ushort limit)
    {
        if (limit < MinimumSizeLimit)
        {
            throw new TlsProtocolException(
                TlsErrorCause.IllegalValue,
                $"The peer's record_size_limit of {limit} is below {MinimumSizeLimit}.");
        }

        WriteSizeLimit = Math.Min((int)limit, MaximumInnerPlaintext);
    }

    /// <summary>Checks what the header alone can tell, before the record is there in full.</summary>
    /// <param name="header">The header.</param>
    /// <param name="maySkip">
    /// Whether the record may be early data to be skipped: that is protected whatever the keys here, and keeps to the
    /// record_size_limit of the connection that its ticket is from. What opens is measured again.
    /// </param>
    public void CheckHeader(in RecordHeader header, bool maySkip)
    {
        bool isProtected = maySkip || IsProtected(header.Type);
        int limit = (isProtected, maySkip) switch
        {
            (_, true) => RecordHeader.MaximumProtected,
            (true, _) => Math.Min(RecordHeader.MaximumProtected, ReadSizeLimit + Protection(_read).Expansion),
            _ => RecordHeader.MaximumPlaintext,
        };
        bool isLimited = isProtected && ReadSizeLimit < MaximumInnerPlaintext;
        if (header.Length > RecordHeader.MaximumProtected || (!isLimited && header.Length > limit))
        {
            throw new TlsProtocolException(
                TlsErrorCause.RecordTooLarge,
                $"A record of {header.Length} bytes came; {limit} is the most.");
        }

        if (header.Length > limit)
            throw AboveSizeLimit();
    }

    /// <summary>Opens a protected record into a span as long as the inner plaintext.</summary>
    /// <returns>False when it does not authenticate.</returns>
    /// <exception cref="TlsProtocolException">It authenticates, and is still not a record that may come.</exception>
    public bool TryOpen(
        ReadOnlySpan<byte> header,
        ReadOnlySpan<byte> @sealed,
        Span<byte> inner,
        out ContentType type,
        out int contentLength) =>
        Protection(_read).TryOpen(header, @sealed, inner, ReadSizeLimit, out type, out contentLength);

    /// <summary>Writes content as one record or several, protected when this direction has keys.</summary>
    public void Write(ContentType type, ReadOnlySpan<byte> content, IBufferWriter<byte> output)
    {
        int limit = _write is null ? RecordHeader.MaximumPlaintext : WriteSizeLimit - 1;
        do
        {
            ReadOnlySpan<byte> fragment = content[..Math.Min(limit, content.Length)];
            content = content[fragment.Length..];
            if (_write is null)
                WritePlaintext(type, fragment, output);
            else
                _write.Write(type, fragment, WriteSizeLimit, padding, output);
        }
        while (!content.IsEmpty);
    }

    /// <summary>Writes a record in the clear whatever the keys: change_cipher_spec is never protected.</summary>
    public void WritePlaintext(ContentType type, ReadOnlySpan<byte> fragment, IBufferWriter<byte> output)
    {
        Span<byte> record = output.GetSpan(RecordHeader.Size + fragment.Length);
        new RecordHeader(type, PlaintextVersion, fragment.Length).Write(record);
        fragment.CopyTo(record[RecordHeader.Size..]);
        output.Advance(RecordHeader.Size + fragment.Length);
    }

    /// <summary>How long the records are that <see cref="Write"/> makes of so much content, protected as in TLS 1.3.</summary>
    /// <param name="contentLength">The length of the content, in bytes; at least 1.</param>
    /// <param name="sizeLimit">The <see cref="WriteSizeLimit"/> that will be in force.</param>
    public int ProtectedLength(int contentLength, int sizeLimit)
    {
        const int Overhead = RecordHeader.Size + Aead.TagLength;
        (int full, int rest) = Math.DivRem(contentLength, sizeLimit - 1);
        return (full * (sizeLimit + Overhead)) + (rest == 0 ? 0 : Tls13RecordProtection.InnerLength(rest, sizeLimit, padding) + Overhead);
    }

    public void Dispose()
    {
        _read?.Dispose();
        _write?.Dispose();
    }

    private static void Replace(ref RecordProtection? current, RecordProtection next)
    {
        current?.Dispose();
        current = next;
    }

    private static RecordProtection Protection(RecordProtection? protection) =>
        protection ?? throw new InvalidOperationException("This direction has no keys yet.");

    private static Tls13RecordProtection Updatable(RecordProtection? protection) => protection as Tls13RecordProtection
        ?? throw new InvalidOperationException("This direction has no keys that can be updated.");

    /// <summary>What is thrown for a record above the limit that this side announced.</summary>
    public static TlsProtocolException AboveSizeLimit() =>
        new(TlsErrorCause.RecordAboveSizeLimit, "A record is larger than the record_size_limit that was announced.");
}
