namespace SynHello.Wire;

/// <summary>
/// A ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2) as a view over its bytes. Extensions that no part of this stack reads are
/// checked for their place and skipped. A hello without extensions parses too: an older client sends one.
/// </summary>
internal readonly ref struct ClientHello
{
    private const byte Ocsp = 1;

    public ProtocolVersion LegacyVersion { get; init; }

    public ReadOnlySpan<byte> Random { get; init; }

    public ReadOnlySpan<byte> LegacySessionId { get; init; }

    public CodePoints CipherSuites { get; init; }

    public ReadOnlySpan<byte> LegacyCompressionMethods { get; init; }

    /// <summary>The extensions that are there, empty ones included.</summary>
    public ExtensionSet Present { get; init; }

    /// <summary>The host name of server_name, ASCII; empty when there is none.</summary>
    public ReadOnlySpan<byte> ServerName { get; init; }

    public CodePoints SupportedVersions { get; init; }

    public CodePoints SupportedGroups { get; init; }

    public CodePoints SignatureAlgorithms { get; init; }

    public KeyShareList KeyShares { get; init; }

    /// <summary>Whether status_request asks for OCSP responses (RFC 6066 section 8): it may ask for something else.</summary>
    public bool OcspRequested { get; init; }

    /// <summary>How the client can decompress certificates (RFC 8879); empty when it cannot.</summary>
    public CodePoints CertificateCompressionAlgorithms { get; init; }

    /// <summary>The ProtocolNameList of ALPN without the length in front of it.</summary>
    public ProtocolNameList ApplicationProtocols { get; init; }

    public ushort RecordSizeLimit { get; init; }

    public ReadOnlySpan<byte> Cookie { get; init; }

    /// <summary>The ke_modes of psk_key_exchange_modes, an octet each; empty when it is not sent.</summary>
    public ReadOnlySpan<byte> PskKeyExchangeModes { get; init; }

    /// <summary>How many tickets the client asks for after a full handshake (RFC 9149).</summary>
    public byte NewSessionCount { get; init; }

    /// <summary>How many tickets the client asks for after a resumption (RFC 9149).</summary>
    public byte ResumptionCount { get; init; }

    /// <summary>pre_shared_key, which stands last.</summary>
    public PreSharedKeyOffer PreSharedKeys { get; init; }

    /// <summary>The ec_point_format_list, an octet each (RFC 8422 section 5.1.2); empty when it is not sent.</summary>
    public ReadOnlySpan<byte> PointFormats { get; init; }

    /// <summary>A ticket of TLS 1.2 (RFC 5077); empty when session_ticket is empty or not sent.</summary>
    public ReadOnlySpan<byte> SessionTicket { get; init; }

    /// <summary>renegotiated_connection (RFC 5746 section 3.2): empty in a first handshake.</summary>
    public ReadOnlySpan<byte> RenegotiatedConnection { get; init; }

    /// <summary>How many zero octets the padding extension holds; negative when it is not sent.</summary>
    public int Padding { get; init; }

    public static ClientHello Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        var legacyVersion = new ProtocolVersion(reader.ReadUInt16());
        ReadOnlySpan<byte> random = reader.ReadBytes(32);
        ReadOnlySpan<byte> sessionId = reader.ReadVector8(0, 32);
        CodePoints cipherSuites = reader.ReadCodePoints16();
        ReadOnlySpan<byte> compression = reader.ReadVector8(1);

        ReadOnlySpan<byte> serverName = default, cookie = default, pskModes = default;
        PreSharedKeyOffer preSharedKeys = default;
        byte newSessionCount = 0, resumptionCount = 0;
        CodePoints versions = default, groups = default, schemes = default;
        KeyShareList keyShares = default;
        ProtocolNameList protocols = default;
        ushort recordSizeLimit = 0;
        bool ocspRequested = false;
        CodePoints compressionAlgorithms = default;
        int padding = -1;
        ReadOnlySpan<byte> pointFormats = default, ticket = default, renegotiated = default;
        ExtensionSet present = default;

        if (!reader.IsAtEnd)
        {
            ReadOnlySpan<byte> block = reader.ReadVector16();
            reader.ExpectEnd();
            var extensions = new ExtensionReader(
                block, HandshakeContext.ClientHello);
            while (extensions.TryRead(out ExtensionType type, out ReadOnlySpan<byte> data))
            {
                present = present.With(type);
                var content = new TlsReader(data);
                switch (type.Value)
                {
                    case 0:
                        serverName = ReadServerName(ref content);
                        break;
                    case 5:
                        ocspRequested = ReadStatusRequest(ref content);
                        break;
                    case 10:
                        groups = content.ReadCodePoints16();
                        break;
                    case 11:
                        pointFormats = content.ReadVector8(1);
                        break;
                    case 13:
                        schemes = content.ReadCodePoints16();
                        break;
                    case 16:
                        protocols = ProtocolNameList.Parse(content.ReadVector16(2));
                        break;
                    case 21:
                        padding = ReadPadding(ref content);
                        break;
                    case 23: // extended_master_secret is empty (RFC 7627 section 5.1)
                        break;
                    case 27:
                        compressionAlgorithms = content.ReadCodePoints8();
                        break;
                    case 28:
                        recordSizeLimit = content.ReadUInt16();
                        break;
                    case 35: // all of it is the ticket (RFC 5077 section 3.2)
                        ticket = data;
                        continue;
                    case 42: // early_data is empty (RFC 8446 section 4.2.10)
                        break;
                    case 45:
                        pskModes = content.ReadVector8(1);
                        break;
                    case 58:
                        newSessionCount = content.ReadUInt8();
                        resumptionCount = content.ReadUInt8();
                        break;
                    case 43:
                        versions = content.ReadCodePoints8();
                        break;
                    case 44:
                        cookie = content.ReadVector16(1);
                        break;
                    case 51:
                        keyShares = KeyShareList.Parse(content.ReadVector16());
                        break;
                    case 41:
                        if (!extensions.IsAtEnd)
                        {
                            throw new TlsProtocolException(
                                TlsErrorCause.PreSharedKeyNotLast,
                                "pre_shared_key is not the last extension.");
                        }

                        preSharedKeys = PreSharedKeyOffer.Parse(data);
                        continue;
                    case 0xff01:
                        renegotiated = content.ReadVector8();
                        break;
                    default:
                        continue;
                }

                content.ExpectEnd();
            }
        }

        return new ClientHello
        {
            LegacyVersion = legacyVersion,
            Random = random,
            LegacySessionId = sessionId,
            CipherSuites = cipherSuites,
            LegacyCompressionMethods = compression,
            Present = present,
            ServerName = serverName,
            SupportedVersions = versions,
            SupportedGroups = groups,
            SignatureAlgorithms = schemes,
            KeyShares = keyShares,
            ApplicationProtocols = protocols,
            RecordSizeLimit = recordSizeLimit,
            Cookie = cookie,
            PskKeyExchangeModes = pskModes,
            NewSessionCount = newSessionCount,
            ResumptionCount = resumptionCount,
            PreSharedKeys = preSharedKeys,
            PointFormats = pointFormats,
            SessionTicket = ticket,
            RenegotiatedConnection = renegotiated,
            Padding = padding,
            OcspRequested = ocspRequested,
            CertificateCompressionAlgorithms = compressionAlgorithms,
        };
    }

    /// <summary>
    /// Writes the message with its header. Of the extensions, those stand in it that <see cref="Present"/> names; what
    /// this room does not read is never written.
    /// </summary>
    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.ClientHello);
        writer.WriteUInt16(LegacyVersion.Value);
        writer.WriteBytes(Random);
        writer.WriteVector8(LegacySessionId);
        writer.WriteVector16(CipherSuites.Encoded);
        writer.WriteVector8(LegacyCompressionMethods);

        using TlsWriter.LengthScope extensions = writer.Vector16();
        if (Present.Contains(ExtensionType.ServerName))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.ServerName);
            using TlsWriter.LengthScope list = writer.Vector16();
            writer.WriteUInt8(0);
            writer.WriteVector16(ServerName);
        }

        WriteCodePoints(writer, ExtensionType.SupportedGroups, SupportedGroups);
        WriteCodePoints(writer, ExtensionType.SignatureAlgorithms, SignatureAlgorithms);

        if (Present.Contains(ExtensionType.ApplicationLayerProtocolNegotiation))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.ApplicationLayerProtocolNegotiation);
            writer.WriteVector16(ApplicationProtocols.Encoded);
        }

        WriteTls12(writer);
        if (Present.Contains(ExtensionType.StatusRequest))
        {
            // ocsp, no responders and no extensions in particular (RFC 6066 section 8)
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.StatusRequest);
            writer.WriteUInt8(Ocsp);
            writer.WriteUInt16(0);
            writer.WriteUInt16(0);
        }

        if (Present.Contains(ExtensionType.CompressCertificate))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.CompressCertificate);
            writer.WriteVector8(CertificateCompressionAlgorithms.Encoded);
        }

        if (Present.Contains(ExtensionType.RecordSizeLimit))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.RecordSizeLimit);
            writer.WriteUInt16(RecordSizeLimit);
        }

        if (Present.Contains(ExtensionType.SupportedVersions))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.SupportedVersions);
            writer.WriteVector8(SupportedVersions.Encoded);
        }

        if (Present.Contains(ExtensionType.KeyShare))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.KeyShare);
            writer.WriteVector16(KeyShares.Encoded);
        }

        if (Present.Contains(ExtensionType.Cookie))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.Cookie);
            writer.WriteVector16(Cookie);
        }

        if (Present.Contains(ExtensionType.Padding))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.Padding);
            writer.Take(Math.Max(Padding, 0)).Clear();
        }

        WriteResumption(writer);
    }

    private void WriteTls12(TlsWriter writer)
    {
        if (Present.Contains(ExtensionType.EcPointFormats))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.EcPointFormats);
            writer.WriteVector8(PointFormats);
        }

        if (Present.Contains(ExtensionType.ExtendedMasterSecret))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.ExtendedMasterSecret);
        }

        if (Present.Contains(ExtensionType.SessionTicket))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.SessionTicket);
            writer.WriteBytes(SessionTicket);
        }

        if (Present.Contains(ExtensionType.RenegotiationInfo))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.RenegotiationInfo);
            writer.WriteVector8(RenegotiatedConnection);
        }
    }

    private void WriteResumption(TlsWriter writer)
    {
        if (Present.Contains(ExtensionType.TicketRequest))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.TicketRequest);
            writer.WriteUInt8(NewSessionCount);
            writer.WriteUInt8(ResumptionCount);
        }

        if (Present.Contains(ExtensionType.PskKeyExchangeModes))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.PskKeyExchangeModes);
            writer.WriteVector8(PskKeyExchangeModes);
        }

        if (Present.Contains(ExtensionType.EarlyData))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.EarlyData);
        }

        // RFC 8446 section 4.2.11: the last one, because its binders cover all in front of them.
        if (Present.Contains(ExtensionType.PreSharedKey))
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.PreSharedKey);
            writer.WriteVector16(PreSharedKeys.Identities);
            writer.WriteVector16(PreSharedKeys.Binders);
        }
    }

    private void WriteCodePoints(TlsWriter writer, ExtensionType type, CodePoints values)
    {
        if (!Present.Contains(type))
            return;
        using TlsWriter.LengthScope extension = writer.Extension(type);
        writer.WriteVector16(values.Encoded);
    }

    private static ReadOnlySpan<byte> ReadServerName(scoped ref TlsReader content)
    {
        // RFC 6066 section 3: one name a type, and host_name (0) is the only type there is.
        var list = new TlsReader(content.ReadVector16(1));
        if (list.ReadUInt8() != 0)
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "server_name holds a name of an unknown type.");
        ReadOnlySpan<byte> name = list.ReadVector16(1);
        list.ExpectEnd();
        if (name.Contains((byte)0))
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "server_name holds a NUL.");
        return name;
    }

    private static bool ReadStatusRequest(scoped ref TlsReader content)
    {
        if (content.ReadUInt8() != Ocsp)
        {
            content.ReadBytes(content.Rest.Length); // of an unknown type, whose form nobody knows
            return false;
        }

        content.ReadVector16();
        content.ReadVector16();
        return true;
    }

    private static int ReadPadding(scoped ref TlsReader content)
    {
        // RFC 7685 section 3: the octets are zero.
        ReadOnlySpan<byte> zeros = content.ReadBytes(content.Rest.Length);
        if (zeros.ContainsAnyExcept((byte)0))
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "padding is not zero.");
        return zeros.Length;
    }
}
