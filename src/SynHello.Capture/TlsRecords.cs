using SynHello.Wire;

namespace SynHello.Capture;

/// <summary>The TLS records of one stream, as far as they can be followed.</summary>
internal sealed class TlsRecords
{
    private const int MaximumRecords = 65_536;
    private const int MaximumHandshakeBytes = 1 << 18;

    private readonly ByteStream _stream;
    private readonly List<TlsRecord> _records = [];
    private bool _hasCertificate;

    private TlsRecords(ByteStream stream) => _stream = stream;

    /// <summary>The records in the order of the stream.</summary>
    public IReadOnlyList<TlsRecord> All => _records;

    /// <summary>
    /// The version that a ServerHello (or HelloRetryRequest) in this stream chooses; default if there is none.
    /// </summary>
    public ProtocolVersion Version { get; private set; }

    /// <summary>Whether a HelloRetryRequest is in this stream.</summary>
    public bool HasHelloRetryRequest { get; private set; }

    /// <summary>Whether a ServerHello in this stream takes a pre-shared key.</summary>
    public bool TakesPreSharedKey { get; private set; }

    /// <summary>
    /// Whether this is a server's stream that resumes a session of TLS 1.2: it goes over to its keys without having shown a certificate
    /// (RFC 5246 section 7.3).
    /// </summary>
    public bool ResumesTls12 { get; private set; }

    /// <summary>The offset after the ServerHello that is not a HelloRetryRequest; null if there is none.</summary>
    public long? ServerHelloEnd { get; private set; }

    /// <summary>
    /// Follows the records of a stream from its start to the first gap or the first byte that is not TLS.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="version">The negotiated version if it is known already.</param>
    public static TlsRecords Read(ByteStream stream, ProtocolVersion version = default)
    {
        var records = new TlsRecords(stream) { Version = version };
        Span<byte> header = stackalloc byte[RecordHeader.Size];
        long at = 0;
        while (records._records.Count < MaximumRecords)
        {
            int count = stream.Read(at, header);
            if (!TlsBytes.TryReadRecordHeader(header[..count], out RecordHeader fields))
                break;
            var record = new TlsRecord(at, fields);
            records._records.Add(record);
            at = record.End;
        }

        records.ReadPlaintext();
        return records;
    }

    /// <summary>The record that holds the byte at an offset; null if none is known to.</summary>
    public TlsRecord? Holding(long offset)
    {
        int i = IndexOfFirstEndingAfter(offset);
        return i < _records.Count ? _records[i] : null;
    }

    /// <summary>What the records between two offsets are for, taken together.</summary>
    public PacketContents ContentsBetween(long start, long end)
    {
        var contents = PacketContents.None;
        int i = IndexOfFirstEndingAfter(start);
        for (; i < _records.Count && _records[i].Start < end; i++)
            contents |= _records[i].Contents;
        return i == _records.Count && (i == 0 || _records[i - 1].End < end)
            ? contents | PacketContents.OtherData
            : contents;
    }

    private void ReadPlaintext()
    {
        var message = new HandshakeMessage();
        bool isEncrypted = false;
        long budget = MaximumHandshakeBytes;
        foreach (var record in _records)
        {
            if (record.Type == ContentType.Handshake)
            {
                if (isEncrypted)
                {
                    record.Contents = PacketContents.Finished;
                }
                else if (budget < record.Length)
                {
                    record.Contents = PacketContents.Handshake;
                }
                else
                {
                    budget -= record.Length;
                    ReadHandshake(record, message);
                }
            }
            else if (record.Type == ContentType.ChangeCipherSpec)
            {
                record.Contents = PacketContents.ChangeCipherSpec;

                if (!isEncrypted && Version == ProtocolVersion.Tls12)
                    ResumesTls12 = ServerHelloEnd is not null && !_hasCertificate;

                // In TLS 1.3 this record is a dummy, and hellos may still follow it (RFC 8446, appendix D.4).
                isEncrypted = Version != default && Version != ProtocolVersion.Tls13;
            }
            else if (record.Type == ContentType.Alert)
            {
                record.Contents = PacketContents.Alert;
            }
            else if (!record.IsApplicationData)
            {
                record.Contents = PacketContents.OtherData;
            }

            // What application data is for depends on the other stream: TlsConversation says it.
        }
    }

    private void ReadHandshake(TlsRecord record, HandshakeMessage message)
    {
        Span<byte> one = stackalloc byte[1];
        long at = record.Start + RecordHeader.Size;
        while (at < record.End)
        {
            if (message.NeedsHeader)
            {
                if (_stream.Read(at, one) == 0)
                    return;
                message.AddHeaderByte(one[0]);
                at++;
            }
            else
            {
                int count = (int)Math.Min(record.End - at, message.Remaining);
                message.AddBody(_stream, at, count);
                at += count;
            }

            message.AddRecord(record);
            if (message.IsComplete)
                Finish(message);
        }
    }

    private void Finish(HandshakeMessage message)
    {
        if (message.IsServerHello
            && TlsBytes.TryReadServerHello(message.Body, out ServerHelloChoice choice))
        {
            Version = choice.Version;
            if (choice.IsHelloRetryRequest)
            {
                HasHelloRetryRequest = true;
                foreach (var record in message.Records)
                    record.Contents = (record.Contents & ~PacketContents.ServerHello) | PacketContents.HelloRetryRequest;
            }
            else
            {
                ServerHelloEnd ??= message.Records[^1].End;
                TakesPreSharedKey |= choice.TakesPreSharedKey;
            }
        }

        _hasCertificate |= message.IsCertificate;
        message.Clear();
    }

    private int IndexOfFirstEndingAfter(long offset)
    {
        int low = 0;
        int high = _records.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_records[middle].End > offset)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
