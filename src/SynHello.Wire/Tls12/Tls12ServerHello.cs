namespace SynHello.Wire;

/// <summary>
/// A ServerHello of TLS 1.2 (RFC 5246 section 7.4.1.3) as a view over its bytes. Its extensions may be those alone that the
/// client offered.
/// </summary>
internal readonly ref struct Tls12ServerHello
{
    /// <summary>
    /// The last eight octets of the Random of a server that could do better: "DOWNGRD" and 1 for TLS 1.2 (RFC 8446 section
    /// 4.1.3).
    /// </summary>
    public static ReadOnlySpan<byte> DowngradeFromTls13 => "DOWNGRD\x01"u8;

    /// <summary>"DOWNGRD" and 0: for TLS 1.1 and before.</summary>
    public static ReadOnlySpan<byte> DowngradeFromTls12 => "DOWNGRD\0"u8;

    public ReadOnlySpan<byte> Random { get; init; }

    /// <summary>The ID of the session, the client's own when that is resumed; may be empty.</summary>
    public ReadOnlySpan<byte> SessionId { get; init; }

    public CipherSuite CipherSuite { get; init; }

    public byte CompressionMethod { get; init; }

    public ExtensionSet Present { get; init; }

    /// <summary>The application protocol that was chosen; empty when none was.</summary>
    public ReadOnlySpan<byte> ApplicationProtocol { get; init; }

    public ReadOnlySpan<byte> PointFormats { get; init; }

    /// <summary>renegotiated_connection (RFC 5746 section 3.2): empty in a first handshake.</summary>
    public ReadOnlySpan<byte> RenegotiatedConnection { get; init; }

    public ushort RecordSizeLimit { get; init; }

    /// <param name="body">The message without its header; its version was found to be 1.2.</param>
    /// <param name="offered">The extensions that the client sent.</param>
    public static Tls12ServerHello Parse(ReadOnlySpan<byte> body, ExtensionSet offered)
    {
        var reader = new TlsReader(body);
        reader.ReadUInt16();
        ReadOnlySpan<byte> random = reader.ReadBytes(32);
        ReadOnlySpan<byte> sessionId = reader.ReadVector8(0, 32);
        var cipherSuite = new CipherSuite(reader.ReadUInt16());
        byte compression = reader.ReadUInt8();
        ReadOnlySpan<byte> block = reader.IsAtEnd ? default : reader.ReadVector16();
        reader.ExpectEnd();

        ExtensionSet present = default;
        ReadOnlySpan<byte> protocol = default, pointFormats = default, renegotiated = default;
        ushort recordSizeLimit = 0;
        var extensions = new ExtensionReader(block, HandshakeContext.Tls12ServerHello);
        while (extensions.TryRead(out ExtensionType type, out ReadOnlySpan<byte> data))
        {
            if (!offered.Contains(type))
            {
                throw new TlsProtocolException(
                    TlsErrorCause.UnsolicitedExtension, $"The server answered the extension {type}, which was not offered.");
            }

            present = present.With(type);
            var content = new TlsReader(data);
            switch (type.Value)
            {
                case 0 or 5 or 23 or 35: // empty in an answer
                    break;
                case 11:
                    pointFormats = content.ReadVector8(1);
                    break;
                case 16:
                    var names = new TlsReader(content.ReadVector16(2));
                    protocol = names.ReadVector8(1);
                    names.ExpectEnd(); // RFC 7301 section 3.1: exactly one
                    break;
                case 28:
                    recordSizeLimit = content.ReadUInt16();
                    break;
                case 0xff01:
                    renegotiated = content.ReadVector8();
                    break;
                default:
                    continue;
            }

            content.ExpectEnd();
        }

        return new Tls12ServerHello
        {
            Random = random,
            SessionId = sessionId,
            CipherSuite = cipherSuite,
            CompressionMethod = compression,
            Present = present,
            ApplicationProtocol = protocol,
            PointFormats = pointFormats,
            RenegotiatedConnection = renegotiated,
            RecordSizeLimit = recordSizeLimit,
        };
    }

    /// <summary>Writes the message with its header; of the extensions those in <see cref="Present"/>.</summary>
    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.ServerHello);
        writer.WriteUInt16(ProtocolVersion.Tls12.Value);
        writer.WriteBytes(Random);
        writer.WriteVector8(SessionId);
        writer.WriteUInt16(CipherSuite.Value);
        writer.WriteUInt8(CompressionMethod);
        if (Present == default)
            return; // RFC 5246 section 7.4.1.3: a client that sent no extensions may not know the field

        using TlsWriter.LengthScope extensions = writer.Vector16();
        WriteEmpty(writer, ExtensionType.ServerName);
        WriteEmpty(writer, ExtensionType.StatusRequest);
        WriteEmpty(writer, ExtensionType.ExtendedMasterSecret);
        WriteEmpty(writer, ExtensionType.SessionTicket);
        if (Present.Contains(ExtensionType.EcPointFormats))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.EcPointFormats);
            writer.WriteVector8(PointFormats);
        }

        if (Present.Contains(ExtensionType.ApplicationLayerProtocolNegotiation))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.ApplicationLayerProtocolNegotiation);
            using TlsWriter.LengthScope names = writer.Vector16();
            writer.WriteVector8(ApplicationProtocol);
        }

        if (Present.Contains(ExtensionType.RecordSizeLimit))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.RecordSizeLimit);
            writer.WriteUInt16(RecordSizeLimit);
        }

        if (Present.Contains(ExtensionType.RenegotiationInfo))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.RenegotiationInfo);
            writer.WriteVector8(RenegotiatedConnection);
        }
    }

    private void WriteEmpty(TlsWriter writer, ExtensionType type)
    {
        if (!Present.Contains(type))
            return;
        using TlsWriter.LengthScope extension = writer.Extension(type);
    }
}
