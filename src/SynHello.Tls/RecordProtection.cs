using System.Buffers;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The keys of one direction and the form of its records, which differs by the protocol version: a record is sealed, or opened, with
/// one virtual call.
/// </summary>
internal abstract class RecordProtection(Aead aead) : IDisposable
{
    private ulong _sequence;

    /// <summary>How many records were sealed or opened under these keys.</summary>
    public ulong Records => _sequence;

    /// <summary>
    /// Whether records of every type are protected, as in TLS 1.2; in 1.3 those are that say they hold application data.
    /// </summary>
    public required bool ProtectsEveryType { get; init; }

    /// <summary>How many bytes a sealed record is longer than its inner plaintext.</summary>
    public required int Overhead { get; init; }

    /// <summary>The shortest inner plaintext.</summary>
    public required int MinimumInner { get; init; }

    /// <summary>How many bytes a sealed record may be longer than the record size limit.</summary>
    public required int Expansion { get; init; }

    /// <summary>Whether these keys have sealed so much that they must not go on.</summary>
    public abstract bool IsWorn { get; }

    protected Aead Aead { get; } = aead;

    /// <summary>The sequence number of the next record.</summary>
    /// <exception cref="TlsProtocolException">They are used up: no nonce is ever used twice.</exception>
    protected ulong Sequence => _sequence != ulong.MaxValue
        ? _sequence
        : throw new TlsProtocolException(TlsErrorCause.KeyExhausted, "A key's sequence numbers are used up.");

    /// <summary>Appends a sealed record.</summary>
    /// <param name="type">What it holds.</param>
    /// <param name="fragment">The content; it fits one record.</param>
    /// <param name="sizeLimit">The largest inner plaintext, its content type included.</param>
    /// <param name="padding">What its length is made a multiple of, where the version has padding.</param>
    /// <param name="output">The record is appended here.</param>
    public abstract void Write(
        ContentType type, ReadOnlySpan<byte> fragment, int sizeLimit, int padding, IBufferWriter<byte> output);

    /// <summary>Opens a record. One that does not authenticate does not count.</summary>
    /// <param name="header">The record's header.</param>
    /// <param name="sealed">The rest of it: <see cref="Overhead"/> and <see cref="MinimumInner"/> bytes at least.</param>
    /// <param name="inner">As long as <paramref name="sealed"/> without <see cref="Overhead"/>.</param>
    /// <param name="sizeLimit">The largest inner plaintext, its content type included.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="contentLength">The length of the content, at the beginning of <paramref name="inner"/>.</param>
    /// <returns>False when it does not authenticate.</returns>
    /// <exception cref="TlsProtocolException">It authenticates, and is still not a record that may come.</exception>
    public abstract bool TryOpen(
        ReadOnlySpan<byte> header,
        ReadOnlySpan<byte> @sealed,
        Span<byte> inner,
        int sizeLimit,
        out ContentType type,
        out int contentLength);

    public void Dispose()
    {
        ClearSecrets();
        Aead.Dispose();
    }

    protected abstract void ClearSecrets();

    /// <summary>A record was sealed or opened.</summary>
    protected void Count() => _sequence++;
}
