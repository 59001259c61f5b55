namespace SynHello.Capture;

/// <summary>A TLS record in a stream.</summary>
/// <param name="start">The offset of its header.</param>
/// <param name="type">Its content type.</param>
/// <param name="length">Bytes after the header.</param>
internal sealed class TlsRecord(long start, byte type, int length)
{
    public long Start => start;

    public byte Type => type;

    public int Length => length;

    public long End => start + TlsBytes.RecordHeaderLength + length;

    public bool IsApplicationData => type == TlsBytes.ContentType.ApplicationData;

    /// <summary>What the record is for.</summary>
    public PacketContents Contents { get; set; }
}
