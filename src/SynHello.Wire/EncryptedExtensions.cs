namespace SynHello.Wire;

/// <summary>EncryptedExtensions (RFC 8446 section 4.3.1) as a view over its bytes.</summary>
internal readonly ref struct EncryptedExtensions
{
    public ExtensionSet Present { get; init; }

    /// <summary>The one protocol that the server chose; empty when ALPN was not negotiated.</summary>
    public ReadOnlySpan<byte> ApplicationProtocol { get; init; }

    public ushort RecordSizeLimit { get; init; }

    public CodePoints SupportedGroups { get; init; }

    /// <summary>How many tickets the server is going to send to a client that asked for some (RFC 9149).</summary>
    public byte ExpectedTicketCount { get; init; }

    /// <param name="body">The message without its header.</param>
    /// <param name="offered">What the ClientHello held: anything else was not asked for (RFC 8446 section 4.2).</param>
    public static EncryptedExtensions Parse(ReadOnlySpan<byte> body, ExtensionSet offered)
    {
        var reader = new TlsReader(body);
        var extensions = new ExtensionReader(
            reader.ReadVector16(), HandshakeContext.EncryptedExtensions);
        reader.ExpectEnd();

        ExtensionSet present = default;
        ReadOnlySpan<byte> protocol = default;
        CodePoints groups = default;
        ushort recordSizeLimit = 0;
        byte expectedTicketCount = 0;
        while (extensions.TryRead(out ExtensionType type, out ReadOnlySpan<byte> data))
        {
            if (!offered.Contains(type))
            {
                throw new TlsProtocolException(
                    TlsErrorCause.UnsolicitedExtension,
                    $"The server answered the extension {type}, which was not offered.");
            }

            present = present.With(type);
            var content = new TlsReader(data);
            switch (type.Value)
            {
                case 0: // server_name is acknowledged with an empty answer (RFC 6066 section 3)
                    break;
                case 10:
                    groups = content.ReadCodePoints16();
                    break;
                case 16:
                    var list = new TlsReader(content.ReadVector16(2));
                    protocol = list.ReadVector8(1);
                    list.ExpectEnd();
                    break;
                case 28:
                    recordSizeLimit = content.ReadUInt16();
                    break;
                case 42: // early_data is empty: it says that the early data is taken (RFC 8446 section 4.2.10)
                    break;
                case 58:
                    expectedTicketCount = content.ReadUInt8();
                    break;
                default:
                    continue;
            }

            content.ExpectEnd();
        }

        return new EncryptedExtensions
        {
            Present = present,
            ApplicationProtocol = protocol,
            RecordSizeLimit = recordSizeLimit,
            SupportedGroups = groups,
            ExpectedTicketCount = expectedTicketCount,
        };
    }

    /// <summary>Writes the message with its header: the extensions that <see cref="Present"/> names.</summary>
    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.EncryptedExtensions);
        using TlsWriter.LengthScope extensions = writer.Vector16();
        if (Present.Contains(ExtensionType.SupportedGroups))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.SupportedGroups);
            writer.WriteVector16(SupportedGroups.Encoded);
        }

        if (Present.Contains(ExtensionType.ApplicationLayerProtocolNegotiation))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.ApplicationLayerProtocolNegotiation);
            using TlsWriter.LengthScope list = writer.Vector16();
            writer.WriteVector8(ApplicationProtocol);
        }

        if (Present.Contains(ExtensionType.RecordSizeLimit))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.RecordSizeLimit);
            writer.WriteUInt16(RecordSizeLimit);
        }

        if (Present.Contains(ExtensionType.ServerName))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.ServerName);
        }

        if (Present.Contains(ExtensionType.TicketRequest))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.TicketRequest);
            writer.WriteUInt8(ExpectedTicketCount);
        }

        if (Present.Contains(ExtensionType.EarlyData))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.EarlyData);
        }
    }
}
