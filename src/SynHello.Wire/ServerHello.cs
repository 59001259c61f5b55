namespace SynHello.Wire;

/// <summary>
/// A ServerHello or HelloRetryRequest (RFC 8446 sections 4.1.3, 4.1.4) as a view over its bytes. The extensions of a
/// hello
/// that does not negotiate TLS 1.3 are not read.
/// </summary>
internal readonly ref struct ServerHello
{
    /// <summary>SHA-256 of "HelloRetryRequest": the Random that makes a ServerHello a HelloRetryRequest.</summary>
    public static ReadOnlySpan<byte> HelloRetryRequestRandom =>
    [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    ];

    public ProtocolVersion LegacyVersion { get; init; }

    public ReadOnlySpan<byte> Random { get; init; }

    public ReadOnlySpan<byte> LegacySessionIdEcho { get; init; }

    public CipherSuite CipherSuite { get; init; }

    public byte LegacyCompressionMethod { get; init; }

    public ExtensionSet Present { get; init; }

    /// <summary>selected_version, or <see cref="LegacyVersion"/> when supported_versions is missing.</summary>
    public ProtocolVersion SelectedVersion { get; init; }

    /// <summary>The group of server_share, or selected_group in a HelloRetryRequest.</summary>
    public NamedGroup KeyShareGroup { get; init; }

    /// <summary>The public value of server_share; empty in a HelloRetryRequest.</summary>
    public ReadOnlySpan<byte> KeyExchange { get; init; }

    public ReadOnlySpan<byte> Cookie { get; init; }

    /// <summary>Which of the offered pre-shared keys was chosen, if pre_shared_key is there.</summary>
    public ushort SelectedIdentity { get; init; }

    public bool IsHelloRetryRequest => Random.SequenceEqual(HelloRetryRequestRandom);

    public static ServerHello Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        var legacyVersion = new ProtocolVersion(reader.ReadUInt16());
        ReadOnlySpan<byte> random = reader.ReadBytes(32);
        ReadOnlySpan<byte> sessionId = reader.ReadVector8(0, 32);
        var cipherSuite = new CipherSuite(reader.ReadUInt16());
        byte compression = reader.ReadUInt8();
        ReadOnlySpan<byte> block = reader.IsAtEnd ? default : reader.ReadVector16();
        reader.ExpectEnd();

        bool isRetry = random.SequenceEqual(HelloRetryRequestRandom);
        ExtensionSet present = default;
        ProtocolVersion version = legacyVersion;
        NamedGroup group = default;
        ushort selectedIdentity = 0;
        ReadOnlySpan<byte> keyExchange = default, cookie = default;

        if (NegotiatesByExtension(block))
        {
            var extensions = new ExtensionReader(
                block,
                isRetry ? HandshakeContext.HelloRetryRequest : HandshakeContext.ServerHello);
            while (extensions.TryRead(out ExtensionType type, out ReadOnlySpan<byte> data))
            {
                present = present.With(type);
                var content = new TlsReader(data);
                switch (type.Value)
                {
                    case 41:
                        selectedIdentity = content.ReadUInt16();
                        break;
                    case 43:
                        version = new ProtocolVersion(content.ReadUInt16());
                        break;
                    case 44:
                        cookie = content.ReadVector16(1);
                        break;
                    case 51:
                        group = new NamedGroup(content.ReadUInt16());
                        if (!isRetry)
                            keyExchange = content.ReadVector16(1);
                        break;
                    default:
                        throw new TlsProtocolException(
                            TlsErrorCause.UnsolicitedExtension,
                            $"The server answered the extension {type}, which was not offered.");
                }

                content.ExpectEnd();
            }
        }

        return new ServerHello
        {
            LegacyVersion = legacyVersion,
            Random = random,
            LegacySessionIdEcho = sessionId,
            CipherSuite = cipherSuite,
            LegacyCompressionMethod = compression,
            Present = present,
            SelectedVersion = version,
            KeyShareGroup = group,
            KeyExchange = keyExchange,
            Cookie = cookie,
            SelectedIdentity = selectedIdentity,
        };
    }

    /// <summary>
    /// Writes the message with its header: of key_share, cookie, supported_versions and pre_shared_key those in
    /// <see cref="Present"/>.
    /// </summary>
    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.ServerHello);
        writer.WriteUInt16(LegacyVersion.Value);
        writer.WriteBytes(Random);
        writer.WriteVector8(LegacySessionIdEcho);
        writer.WriteUInt16(CipherSuite.Value);
        writer.WriteUInt8(LegacyCompressionMethod);

        using TlsWriter.LengthScope extensions = writer.Vector16();
        if (Present.Contains(ExtensionType.PreSharedKey))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.PreSharedKey);
            writer.WriteUInt16(SelectedIdentity);
        }

        if (Present.Contains(ExtensionType.KeyShare))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.KeyShare);
            writer.WriteUInt16(KeyShareGroup.Value);
            if (!IsHelloRetryRequest)
                writer.WriteVector16(KeyExchange);
        }

        if (Present.Contains(ExtensionType.Cookie))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.Cookie);
            writer.WriteVector16(Cookie);
        }

        if (Present.Contains(ExtensionType.SupportedVersions))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.SupportedVersions);
            writer.WriteUInt16(SelectedVersion.Value);
        }
    }

    private static bool NegotiatesByExtension(ReadOnlySpan<byte> block)
    {
        var reader = new TlsReader(block);
        while (!reader.IsAtEnd)
        {
            var type = new ExtensionType(reader.ReadUInt16());
            reader.ReadVector16();
            if (type == ExtensionType.SupportedVersions)
                return true;
        }

        return false;
    }
}
