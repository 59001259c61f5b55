namespace SynHello.Wire;

/// <summary>A NewSessionTicket (RFC 8446 section 4.6.1) as a view over its bytes.</summary>
internal readonly ref struct NewSessionTicket
{
    /// <summary>Seconds that the ticket may be kept; at most 604,800.</summary>
    public uint LifetimeSeconds { get; init; }

    public uint AgeAdd { get; init; }

    public ReadOnlySpan<byte> Nonce { get; init; }

    public ReadOnlySpan<byte> Ticket { get; init; }

    /// <summary>max_early_data_size; null when the ticket allows no early data.</summary>
    public uint? MaximumEarlyData { get; init; }

    public static NewSessionTicket Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        uint lifetime = reader.ReadUInt32();
        uint ageAdd = reader.ReadUInt32();
        ReadOnlySpan<byte> nonce = reader.ReadVector8();
        ReadOnlySpan<byte> ticket = reader.ReadVector16(1);
        var extensions = new ExtensionReader(
            reader.ReadVector16(0, 0xfffe), HandshakeContext.NewSessionTicket);
        reader.ExpectEnd();

        uint? maximumEarlyData = null;
        while (extensions.TryRead(out ExtensionType type, out ReadOnlySpan<byte> data))
        {
            if (type != ExtensionType.EarlyData)
                continue;
            var content = new TlsReader(data);
            maximumEarlyData = content.ReadUInt32();
            content.ExpectEnd();
        }

        return new NewSessionTicket
        {
            LifetimeSeconds = lifetime,
            AgeAdd = ageAdd,
            Nonce = nonce,
            Ticket = ticket,
            MaximumEarlyData = maximumEarlyData,
        };
    }

    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.NewSessionTicket);
        writer.WriteUInt32(LifetimeSeconds);
        writer.WriteUInt32(AgeAdd);
        writer.WriteVector8(Nonce);
        writer.WriteVector16(Ticket);
        using TlsWriter.LengthScope extensions = writer.Vector16();
        if (MaximumEarlyData is { } maximum)
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.EarlyData);
            writer.WriteUInt32(maximum);
        }
    }
}
