namespace SynHello.Wire;

/// <summary>A NewSessionTicket of TLS 1.2 (RFC 5077 section 3.3) as a view over its bytes.</summary>
internal readonly ref struct Tls12NewSessionTicket
{
    /// <summary>How long the server would like it to be kept, in seconds; 0 when it does not say.</summary>
    public uint LifetimeHintSeconds { get; init; }

    /// <summary>The ticket; empty when the server gives none after all.</summary>
    public ReadOnlySpan<byte> Ticket { get; init; }

    public static Tls12NewSessionTicket Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        uint lifetime = reader.ReadUInt32();
        ReadOnlySpan<byte> ticket = reader.ReadVector16();
        reader.ExpectEnd();
        return new Tls12NewSessionTicket { LifetimeHintSeconds = lifetime, Ticket = ticket };
    }

    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.NewSessionTicket);
        writer.WriteUInt32(LifetimeHintSeconds);
        writer.WriteVector16(Ticket);
    }
}
