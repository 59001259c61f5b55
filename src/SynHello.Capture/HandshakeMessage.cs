using SynHello.Wire;

namespace SynHello.Capture;

/// <summary>
/// The handshake message that is being followed through records: messages share records and span them.
/// </summary>
internal sealed class HandshakeMessage
{
    private const int MaximumBodyKept = 1024;

    private readonly byte[] _header = new byte[TlsBytes.HandshakeHeaderLength];
    private readonly byte[] _body = new byte[MaximumBodyKept];
    private readonly List<TlsRecord> _records = [];
    private int _headerLength;
    private int _bodyKept;

    public bool NeedsHeader => _headerLength < _header.Length;

    /// <summary>Bytes of the body that are still to come.</summary>
    public int Remaining { get; private set; }

    public bool IsServerHello => _headerLength > 0 && Type == HandshakeType.ServerHello;

    public bool IsCertificate => _headerLength > 0 && Type == HandshakeType.Certificate;

    public bool IsComplete => !NeedsHeader && Remaining == 0;

    /// <summary>The body's beginning, if the message is a ServerHello.</summary>
    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _bodyKept);

    /// <summary>The records that the message touches.</summary>
    public IReadOnlyList<TlsRecord> Records => _records;

    public PacketContents Contents => Type == HandshakeType.ClientHello ? PacketContents.ClientHello
        : Type == HandshakeType.ServerHello ? PacketContents.ServerHello
        : PacketContents.Handshake;

    private HandshakeType Type => new(_header[0]);

    public void AddHeaderByte(byte value)
    {
        _header[_headerLength++] = value;
        if (!NeedsHeader)
            Remaining = (_header[1] << 16) | (_header[2] << 8) | _header[3];
    }

    public void AddBody(ByteStream stream, long at, int count)
    {
        Remaining -= count;
        if (IsServerHello)
            _bodyKept += stream.Read(at, _body.AsSpan(_bodyKept, Math.Min(count, _body.Length - _bodyKept)));
    }

    public void AddRecord(TlsRecord record)
    {
        record.Contents |= Contents;
        if (_records.Count == 0 || _records[^1] != record)
            _records.Add(record);
    }

    public void Clear()
    {
        _headerLength = 0;
        _bodyKept = 0;
        Remaining = 0;
        _records.Clear();
    }
}
