using SynHello.Wire;

namespace SynHello.Fuzz.Targets;

/// <summary>Every message that is read, of TLS 1.3 and 1.2.</summary>
internal static class MessageTargets
{
    /// <summary>The extensions that this project's own servers answer in TLS 1.2: no other is written.</summary>
    private static readonly ExtensionSet _tls12Answers = default(ExtensionSet)
        .With(ExtensionType.ServerName)
        .With(ExtensionType.StatusRequest)
        .With(ExtensionType.EcPointFormats)
        .With(ExtensionType.ApplicationLayerProtocolNegotiation)
        .With(ExtensionType.ExtendedMasterSecret)
        .With(ExtensionType.RecordSizeLimit)
        .With(ExtensionType.SessionTicket)
        .With(ExtensionType.RenegotiationInfo);

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Make("client-hello", MessageGrammar.ClientHello, HandshakeType.ClientHello, ClientHello),
        Make("server-hello", MessageGrammar.ServerHello, HandshakeType.ServerHello, ServerHello),
        Make("encrypted-extensions", MessageGrammar.EncryptedExtensions, HandshakeType.EncryptedExtensions, EncryptedExtensions),
        Make("certificate-request", MessageGrammar.CertificateRequest, HandshakeType.CertificateRequest, CertificateRequest),
        Make("certificate", MessageGrammar.Certificate, HandshakeType.Certificate, Certificate),
        Make("compressed-certificate", MessageGrammar.CompressedCertificate, HandshakeType.CompressedCertificate, CompressedCertificate),
        Make("certificate-verify", MessageGrammar.CertificateVerify, HandshakeType.CertificateVerify, CertificateVerify),
        Make("new-session-ticket", MessageGrammar.NewSessionTicket, HandshakeType.NewSessionTicket, NewSessionTicket),
        Make("key-update", "1", HandshakeType.KeyUpdate, KeyUpdate),
        MakeTls12("server-hello", MessageGrammar.ServerHello, HandshakeType.ServerHello, Tls12ServerHello),
        MakeTls12("certificate", MessageGrammar.Tls12Certificate, HandshakeType.Certificate, Tls12Certificate),
        MakeTls12("certificate-status", MessageGrammar.CertificateStatus, HandshakeType.CertificateStatus, CertificateStatus),
        MakeTls12("server-key-exchange", MessageGrammar.ServerKeyExchange, HandshakeType.ServerKeyExchange, ServerKeyExchange),
        MakeTls12(
            "certificate-request", MessageGrammar.Tls12CertificateRequest, HandshakeType.CertificateRequest, Tls12CertificateRequest),
        MakeTls12("client-key-exchange", MessageGrammar.ClientKeyExchange, HandshakeType.ClientKeyExchange, ClientKeyExchange),
        MakeTls12(
            "new-session-ticket", MessageGrammar.Tls12NewSessionTicket, HandshakeType.NewSessionTicket, Tls12NewSessionTicket),
    ];

    private static MessageTarget Make(string name, string grammar, HandshakeType type, MessageTarget.Decoder decode) =>
        new(name, grammar, decode, () => RecordedMessages.Bodies(type, isTls12: false));

    private static MessageTarget MakeTls12(string name, string grammar, HandshakeType type, MessageTarget.Decoder decode) =>
        new("tls12-" + name, grammar, decode, () => RecordedMessages.Bodies(type, isTls12: true));

    private static ulong ClientHello(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        ClientHello hello = SynHello.Wire.ClientHello.Parse(body);
        int count = 0;
        foreach (KeyShareEntry share in hello.KeyShares)
            count += share.KeyExchange.Length > 0 ? 1 : throw new InvariantException("A key share is empty.");
        foreach (ReadOnlySpan<byte> protocol in hello.ApplicationProtocols)
            count += protocol.Length > 0 ? 1 : throw new InvariantException("A protocol's name is empty.");
        foreach (PreSharedKeyIdentity identity in hello.PreSharedKeys)
        {
            if (identity.Identity.IsEmpty || identity.Binder.Length < PreSharedKeyOffer.MinimumBinderLength)
                throw new InvariantException("A pre-shared key has no identity or no binder.");
            count++;
        }

        count += Walk(hello.CipherSuites) + Walk(hello.SupportedGroups) + Walk(hello.SignatureAlgorithms)
            + Walk(hello.SupportedVersions) + Walk(hello.CertificateCompressionAlgorithms);
        hello.KeyShares.TryFind(NamedGroup.X25519, out _);
        hello.Write(writer);
        return (ulong)((100 * Count(hello.Present)) + Math.Min(count, 40));
    }

    private static ulong ServerHello(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        ServerHello hello = SynHello.Wire.ServerHello.Parse(body);
        hello.Write(writer);
        return Mixer.Absorb(hello.Present.Bits, hello.IsHelloRetryRequest ? 1ul : 0);
    }

    private static ulong EncryptedExtensions(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        EncryptedExtensions extensions = SynHello.Wire.EncryptedExtensions.Parse(body, offered);
        Walk(extensions.SupportedGroups);
        extensions.Write(writer);
        return (ulong)Count(extensions.Present);
    }

    private static ulong CertificateRequest(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        CertificateRequest request = SynHello.Wire.CertificateRequest.Parse(body);
        int count = request.ReadAuthorities().Count;
        count += 100 * (Walk(request.SignatureAlgorithms) + Walk(request.CertificateCompressionAlgorithms));
        request.Write(writer);
        return (ulong)count;
    }

    private static ulong Certificate(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        Certificate certificate = SynHello.Wire.Certificate.Parse(body, offered);
        List<ReadOnlyMemory<byte>> chain = [], responses = [];
        foreach (CertificateEntry entry in certificate)
        {
            chain.Add(entry.Der.ToArray());
            responses.Add(entry.OcspResponse.ToArray());
        }

        SynHello.Wire.Certificate.Write(writer, certificate.Context, chain, responses);
        return (ulong)((100 * chain.Count) + responses.Count(response => response.Length > 0));
    }

    private static ulong CompressedCertificate(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        CompressedCertificate certificate = SynHello.Wire.CompressedCertificate.Parse(body);
        certificate.Write(writer);
        return Math.Min(certificate.Algorithm.Value, 4u);
    }

    private static ulong CertificateVerify(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        CertificateVerify verify = SynHello.Wire.CertificateVerify.Parse(body);
        verify.Write(writer);
        return verify.Signature.IsEmpty ? 1ul : 2;
    }

    private static ulong NewSessionTicket(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        NewSessionTicket ticket = SynHello.Wire.NewSessionTicket.Parse(body);
        ticket.Write(writer);
        return ticket.MaximumEarlyData is null ? 1ul : 2;
    }

    private static ulong KeyUpdate(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        KeyUpdate update = SynHello.Wire.KeyUpdate.Parse(body);
        update.Write(writer);
        return update.UpdateRequested ? 1ul : 2;
    }

    private static ulong Tls12ServerHello(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        Tls12ServerHello hello = SynHello.Wire.Tls12ServerHello.Parse(body, offered);
        if (hello.Present.FirstOutside(_tls12Answers) is null)
            hello.Write(writer);
        return (ulong)Count(hello.Present);
    }

    private static ulong Tls12Certificate(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        List<ReadOnlyMemory<byte>> chain = [];
        foreach (ReadOnlySpan<byte> certificate in SynHello.Wire.Tls12Certificate.Parse(body))
            chain.Add(certificate.ToArray());
        SynHello.Wire.Tls12Certificate.Write(writer, chain);
        return (ulong)chain.Count;
    }

    private static ulong CertificateStatus(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        SynHello.Wire.CertificateStatus.Write(writer, SynHello.Wire.CertificateStatus.Parse(body));
        return 1;
    }

    private static ulong ServerKeyExchange(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        ServerKeyExchange exchange = SynHello.Wire.ServerKeyExchange.Parse(body);
        exchange.Write(writer);
        return exchange.Group.Value is >= 23 and <= 30 ? exchange.Group.Value : 0u;
    }

    private static ulong Tls12CertificateRequest(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        Tls12CertificateRequest request = SynHello.Wire.Tls12CertificateRequest.Parse(body);
        int count = request.ReadAuthorities().Count + (100 * Walk(request.SignatureAlgorithms));
        SynHello.Wire.Tls12CertificateRequest.Write(writer, request.SignatureAlgorithms, request.Authorities);
        return (ulong)count;
    }

    private static ulong ClientKeyExchange(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        SynHello.Wire.ClientKeyExchange.Write(writer, SynHello.Wire.ClientKeyExchange.Parse(body));
        return 1;
    }

    private static ulong Tls12NewSessionTicket(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer)
    {
        Tls12NewSessionTicket ticket = SynHello.Wire.Tls12NewSessionTicket.Parse(body);
        ticket.Write(writer);
        return ticket.Ticket.IsEmpty ? 1ul : 2;
    }

    private static int Count(ExtensionSet extensions) => System.Numerics.BitOperations.PopCount(extensions.Bits);

    private static int Walk(CodePoints codes)
    {
        int count = 0;
        for (int i = 0; i < codes.Count; i++)
            count += codes.Contains(codes[i]) ? 1 : throw new InvariantException("A list does not hold what it holds.");
        return Math.Min(count, 20);
    }
}
