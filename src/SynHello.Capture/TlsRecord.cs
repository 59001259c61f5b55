using SynHello.Wire;

namespace SynHello.Capture;

/// <summary>A TLS record in a stream.</summary>
/// <param name="start">The offset of its header.</param>
/// <param name="header">The header.</param>
internal sealed class TlsRecord(long start, in RecordHeader header)
{
    public long Start { get; } = start;

    public ContentType Type { get; } = header.Type;

    /// <summary>Bytes after the header.</summary>
    public int Length { get; } = header.Length;

    public long End => Start + RecordHeader.Size + Length;

    public bool IsApplicationData => Type == ContentType.ApplicationData;

    /// <summary>What the record is for.</summary>
    public PacketContents Contents { get; set; }
}
