namespace SynHello.Wire.Tests;

/// <summary>One valid message of each kind, and how it is parsed.</summary>
internal static class Samples
{
    public static readonly ExtensionSet EverythingOffered = new(ulong.MaxValue);

    public static readonly Dictionary<string, Action<byte[]>> Parsers = new()
    {
        ["ClientHello"] = body => ClientHello.Parse(body),
        ["ServerHello"] = body => ServerHello.Parse(body),
        ["HelloRetryRequest"] = body => ServerHello.Parse(body),
        ["EncryptedExtensions"] = body => EncryptedExtensions.Parse(body, EverythingOffered),
        ["Certificate"] = body => WalkCertificate(body),
        ["Certificate with OCSP responses"] = body => WalkCertificate(body),
        ["CompressedCertificate"] = body => CompressedCertificate.Parse(body),
        ["CertificateRequest"] = body => CertificateRequest.Parse(body),
        ["CertificateVerify"] = body => CertificateVerify.Parse(body),
        ["NewSessionTicket"] = body => NewSessionTicket.Parse(body),
        ["KeyUpdate"] = body => KeyUpdate.Parse(body),
        ["ServerHello of TLS 1.2"] = body => Tls12ServerHello.Parse(body, EverythingOffered),
        ["Certificate of TLS 1.2"] = body => WalkTls12Certificate(body),
        ["CertificateStatus"] = body => CertificateStatus.Parse(body),
        ["ServerKeyExchange"] = body => ServerKeyExchange.Parse(body),
        ["ClientKeyExchange"] = body => ClientKeyExchange.Parse(body),
        ["CertificateRequest of TLS 1.2"] = body => Tls12CertificateRequest.Parse(body),
        ["NewSessionTicket of TLS 1.2"] = body => Tls12NewSessionTicket.Parse(body),
    };

    public static readonly Dictionary<string, byte[]> Bodies = new()
    {
        ["ClientHello"] = ClientHelloBuilder.Typical().ToBody(),
        ["ServerHello"] = Body(writer => new ServerHello
        {
            LegacyVersion = ProtocolVersion.Tls12,
            Random = Bytes(32, 1),
            LegacySessionIdEcho = Bytes(32, 2),
            CipherSuite = CipherSuite.TlsAes128GcmSha256,
            Present = default(ExtensionSet).With(ExtensionType.KeyShare).With(ExtensionType.SupportedVersions),
            KeyShareGroup = NamedGroup.X25519,
            KeyExchange = Bytes(32, 3),
            SelectedVersion = ProtocolVersion.Tls13,
        }.Write(writer)),
        ["HelloRetryRequest"] = Body(writer => new ServerHello
        {
            LegacyVersion = ProtocolVersion.Tls12,
            Random = ServerHello.HelloRetryRequestRandom,
            CipherSuite = CipherSuite.TlsAes256GcmSha384,
            Present = default(ExtensionSet)
                .With(ExtensionType.KeyShare)
                .With(ExtensionType.Cookie)
                .With(ExtensionType.SupportedVersions),
            KeyShareGroup = NamedGroup.Secp384r1,
            Cookie = Bytes(40, 4),
            SelectedVersion = ProtocolVersion.Tls13,
        }.Write(writer)),
        ["EncryptedExtensions"] = Body(writer => new EncryptedExtensions
        {
            Present = default(ExtensionSet)
                .With(ExtensionType.ServerName)
                .With(ExtensionType.SupportedGroups)
                .With(ExtensionType.RecordSizeLimit)
                .With(ExtensionType.ApplicationLayerProtocolNegotiation),
            ApplicationProtocol = "h2"u8,
            RecordSizeLimit = 4096,
            SupportedGroups = new CodePoints([0, 0x1d, 0, 0x17]),
        }.Write(writer)),
        ["Certificate"] = Body(writer => Certificate.Write(writer, Bytes(3, 5), [Bytes(70, 6), Bytes(50, 7)])),
        ["Certificate with OCSP responses"] = Body(writer => Certificate.Write(
            writer, [], [Bytes(70, 6), Bytes(50, 7), Bytes(40, 8)], [Bytes(90, 9), default, Bytes(30, 10)])),
        ["CompressedCertificate"] = Body(writer => new CompressedCertificate
        {
            Algorithm = CertificateCompressionAlgorithm.Brotli,
            UncompressedLength = 1234,
            Compressed = Bytes(99, 12),
        }.Write(writer)),
        ["CertificateRequest"] = Body(writer => new CertificateRequest
        {
            Context = Bytes(4, 8),
            SignatureAlgorithms = new CodePoints([4, 3, 8, 4]),
        }.Write(writer)),
        ["CertificateVerify"] = Body(writer => new CertificateVerify
        {
            Algorithm = SignatureScheme.RsaPssRsaeSha256,
            Signature = Bytes(256, 9),
        }.Write(writer)),
        ["NewSessionTicket"] = Body(writer => new NewSessionTicket
        {
            LifetimeSeconds = 7200,
            AgeAdd = 0xfadecafe,
            Nonce = Bytes(2, 10),
            Ticket = Bytes(178, 11),
            MaximumEarlyData = 1024,
        }.Write(writer)),
        ["KeyUpdate"] = Body(writer => new KeyUpdate(UpdateRequested: true).Write(writer)),
        ["ServerHello of TLS 1.2"] = Body(writer => new Tls12ServerHello
        {
            Random = Bytes(32, 1),
            SessionId = Bytes(32, 2),
            CipherSuite = CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256,
            Present = default(ExtensionSet)
                .With(ExtensionType.ServerName)
                .With(ExtensionType.StatusRequest)
                .With(ExtensionType.ExtendedMasterSecret)
                .With(ExtensionType.SessionTicket)
                .With(ExtensionType.EcPointFormats)
                .With(ExtensionType.ApplicationLayerProtocolNegotiation)
                .With(ExtensionType.RecordSizeLimit)
                .With(ExtensionType.RenegotiationInfo),
            PointFormats = [0],
            ApplicationProtocol = "h2"u8,
            RecordSizeLimit = 4096,
        }.Write(writer)),
        ["Certificate of TLS 1.2"] = Body(writer => Tls12Certificate.Write(writer, [Bytes(70, 6), Bytes(50, 7)])),
        ["CertificateStatus"] = Body(writer => CertificateStatus.Write(writer, Bytes(90, 9))),
        ["ServerKeyExchange"] = Body(writer =>
        {
            using var parameters = new TlsWriter();
            ServerKeyExchange.WriteParameters(parameters, NamedGroup.X25519, Bytes(32, 3));
            new ServerKeyExchange
            {
                Parameters = parameters.Written,
                Algorithm = SignatureScheme.EcdsaSecp256r1Sha256,
                Signature = Bytes(71, 9),
            }.Write(writer);
        }),
        ["ClientKeyExchange"] = Body(writer => ClientKeyExchange.Write(writer, Bytes(65, 3))),
        ["CertificateRequest of TLS 1.2"] = Body(writer => Tls12CertificateRequest.Write(
            writer, new CodePoints([4, 3, 8, 4]), [0, 2, 0x30, 0])),
        ["NewSessionTicket of TLS 1.2"] = Body(writer => new Tls12NewSessionTicket
        {
            LifetimeHintSeconds = 7200,
            Ticket = Bytes(178, 11),
        }.Write(writer)),
    };

    /// <summary>The message without its header, whose length has to be right.</summary>
    public static byte[] Body(Action<TlsWriter> write)
    {
        using var writer = new TlsWriter();
        write(writer);
        var reader = new TlsReader(writer.Written);
        reader.ReadUInt8();
        byte[] body = reader.ReadVector24().ToArray();
        reader.ExpectEnd();
        return body;
    }

    public static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = (byte)((seed * 31) + i + 1);
        return bytes;
    }

    private static void WalkTls12Certificate(byte[] body)
    {
        foreach (ReadOnlySpan<byte> _ in Tls12Certificate.Parse(body))
        {
            // The entries are read as they are walked over.
        }
    }

    private static void WalkCertificate(byte[] body)
    {
        foreach (CertificateEntry _ in Certificate.Parse(body, EverythingOffered))
        {
            // The entries are read as they are walked over.
        }
    }
}
