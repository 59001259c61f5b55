using SynHello.Wire;

namespace SynHello.Capture;

/// <summary>Finds the request and the response in a connection, and says of each TLS record what it is for.</summary>
internal sealed class TlsConversation
{
    private const int EndOfEarlyDataLength = 21;
    private const int EndOfEarlyDataLengthCcm8 = 13;
    private const int FinishedLengthSha256 = 53;
    private const int FinishedLengthSha384 = 69;
    private const int MostRecordsBeforeServerFinished = 4;

    private readonly TcpConversation _tcp;
    private readonly RoundTripLedgerOptions _options;
    private readonly TlsRecords _client;
    private readonly TlsRecords _server;

    public TlsConversation(TcpConversation tcp, RoundTripLedgerOptions options)
    {
        _tcp = tcp;
        _options = options;
        _server = TlsRecords.Read(tcp.ServerStream);
        _client = TlsRecords.Read(tcp.ClientStream, _server.Version);
        IsTls = _client.All is [{ Contents: var first }, ..] && first.HasFlag(PacketContents.ClientHello);

        if (IsTls)
        {
            FindRequest();
            FindResponse();
        }
        else
        {
            RequestStart = options.RequestOffset ?? (tcp.ClientStream.SenderOf(0) is null ? null : 0);
            ResponseStart = options.RequestOffset is null ? 0 : FirstServerByteAfterRequest();
        }
    }

    public bool IsTls { get; }

    /// <summary>Default if no ServerHello was seen.</summary>
    public ProtocolVersion Version => IsTls ? _server.Version : default;

    public bool HasHelloRetryRequest => IsTls && _server.HasHelloRetryRequest;

    public bool IsResumed => IsTls && (_server.TakesPreSharedKey || _server.ResumesTls12);

    public EarlyDataUse EarlyData { get; private set; }

    /// <summary>The offset of the request's first record (or byte) in the client's stream.</summary>
    public long? RequestStart { get; private set; }

    /// <summary>
    /// Whether the request is what follows the handshake, not a later one that the caller pointed at.
    /// </summary>
    public bool IsFirstRequest { get; private set; }

    /// <summary>The offset of the response's first record (or byte) in the server's stream.</summary>
    public long? ResponseStart { get; private set; }

    /// <summary>
    /// TLS 1.3: the offset in the server's stream from which on everything was sent after the client's Finished had
    /// arrived, so that the client's first request cannot have needed it.
    /// </summary>
    public long PostHandshakeStart { get; private set; } = long.MaxValue;

    /// <summary>The record that holds a byte; null for a connection without TLS.</summary>
    public TlsRecord? RecordHolding(PacketDirection direction, long offset) =>
        IsTls ? RecordsOf(direction).Holding(offset) : null;

    /// <summary>What a packet's bytes are for.</summary>
    public PacketContents ContentsOf(ConnectionPacket packet)
    {
        if (packet.StreamBytes.IsEmpty)
            return PacketContents.None;
        if (IsTls)
            return RecordsOf(packet.Direction).ContentsBetween(packet.StreamStart, packet.StreamEnd);

        bool isClient = packet.Direction == PacketDirection.ClientToServer;
        return packet.StreamEnd <= (isClient ? RequestStart : ResponseStart)
            ? PacketContents.OtherData
            : isClient ? PacketContents.Request : PacketContents.Response;
    }

    private TlsRecords RecordsOf(PacketDirection direction) =>
        direction == PacketDirection.ClientToServer ? _client : _server;

    private void FindRequest()
    {
        var records = _client.All.Where(r => r.IsApplicationData).ToList();
        int early = 0;
        int finished = 0;
        if (Version == default || Version == ProtocolVersion.Tls13)
        {
            // Early data is what was sent before the ServerHello had reached the client (RFC 8446, section 2.3).
            var helloAt = _server.ServerHelloEnd is { } end ? _tcp.ServerStream.ReadableAt(end - 1) : null;
            while (early < records.Count && FirstSentAt(_tcp.ClientStream, records[early]) < (helloAt ?? TimeSpan.MaxValue))
                early++;
            int endOfEarlyData = early > 0 ? JudgeEarlyData(records, early) : 0;
            finished = Math.Min(early + endOfEarlyData + _options.ClientHandshakeRecords, records.Count);
            for (int i = 0; i < finished; i++)
            {
                records[i].Contents = i < early ? PacketContents.EarlyData
                    : i < early + endOfEarlyData ? PacketContents.Handshake
                    : PacketContents.Finished;
            }

            FindPostHandshakeStart(finished > early ? records[finished - 1] : null);
        }

        int request = EarlyData == EarlyDataUse.Accepted ? 0 : finished;
        long? first = request < records.Count ? records[request].Start : null;
        RequestStart = _options.RequestOffset ?? first;
        IsFirstRequest = RequestStart == first;
        foreach (var record in records.Where(r => r.End > RequestStart))
        {
            if (record.Contents is PacketContents.None or PacketContents.EarlyData)
                record.Contents |= PacketContents.Request;
        }

        foreach (var record in records.Where(r => r.Contents == PacketContents.None))
            record.Contents = PacketContents.OtherData;
    }

    // Returns the number of EndOfEarlyData records after the early data: the server took it if there is one. The
    // message
    // is empty and alone under its key, so its size gives it away (RFC 8446, section 4.5).
    private int JudgeEarlyData(List<TlsRecord> records, int early)
    {
        EarlyData = EarlyDataUse.Accepted;
        bool isRefused = _server.HasHelloRetryRequest;
        if (!isRefused && early == records.Count)
            return 0;
        if (!isRefused && records[early].Length is EndOfEarlyDataLength or EndOfEarlyDataLengthCcm8)
            return 1;

        EarlyData = EarlyDataUse.Rejected;
        return 0;
    }

    private void FindPostHandshakeStart(TlsRecord? clientFinished)
    {
        if (clientFinished is null || _tcp.ClientStream.ReadableAt(clientFinished.End - 1) is not { } finishedAt)
            return;
        foreach (var packet in _tcp.Packets)
        {
            if (packet.Direction == PacketDirection.ServerToClient && packet.SentAt >= finishedAt)
                PostHandshakeStart = Math.Min(PostHandshakeStart, packet.NewStart ?? long.MaxValue);
        }
    }

    private void FindResponse()
    {
        var requestAt = RequestStart is { } start ? _tcp.ClientStream.ReadableAt(start) : null;
        var records = _server.All.Where(r => r.IsApplicationData).ToList();
        int handshake = EarlyData == EarlyDataUse.Accepted && Version == ProtocolVersion.Tls13 && _options.RequestOffset is null
            ? ServerHandshakeRecords(records)
            : 0;
        for (int i = 0; i < records.Count; i++)
        {
            var record = records[i];
            bool canBeResponse = i >= handshake
                && record.Length >= _options.MinimumResponseRecordLength
                && FirstSentAt(_tcp.ServerStream, record) >= requestAt;
            if (canBeResponse)
                ResponseStart ??= record.Start;

            if (ResponseStart is not null)
                record.Contents = PacketContents.Response;
            else if (Version != ProtocolVersion.Tls13)
                record.Contents = PacketContents.OtherData;
            else if (record.Start >= PostHandshakeStart || handshake > 0 && i >= handshake)
                record.Contents = PacketContents.PostHandshake;
            else
                record.Contents = PacketContents.Handshake;
        }
    }

    private int ServerHandshakeRecords(List<TlsRecord> records)
    {
        if (_options.ServerHandshakeRecords is { } known)
            return known;
        int finished = records.FindIndex(r => r.Length is FinishedLengthSha256 or FinishedLengthSha384);
        return finished is >= 0 and < MostRecordsBeforeServerFinished ? finished + 1 : 1;
    }

    private long? FirstServerByteAfterRequest()
    {
        var requestAt = RequestStart is { } start ? _tcp.ClientStream.ReadableAt(start) : null;
        return _tcp.Packets
            .Where(p => p.Direction == PacketDirection.ServerToClient && p.NewStart is not null && p.SentAt >= requestAt)
            .Min(p => p.NewStart);
    }

    private static TimeSpan FirstSentAt(ByteStream stream, TlsRecord record) =>
        stream.SenderOf(record.Start)?.SentAt ?? TimeSpan.MaxValue;
}
