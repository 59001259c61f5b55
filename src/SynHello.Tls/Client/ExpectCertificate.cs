using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>WAIT_CERT of RFC 8446 appendix A.1.</summary>
internal sealed class ExpectCertificate : HandshakeState<ClientContext>
{
    public static readonly ExpectCertificate Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        Certificate certificate = Certificate.Parse(message.Expect(HandshakeType.Certificate), context.Offered);
        if (!certificate.Context.IsEmpty)
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "The server's Certificate has a context.");
        if (certificate.IsEmpty)
            throw new TlsProtocolException(TlsErrorCause.NoCertificate, "The server sent no certificate.");

        var chain = new List<ReadOnlyMemory<byte>>();
        foreach (ReadOnlySpan<byte> der in certificate)
            chain.Add(der.ToArray());
        context.Negotiated.PeerCertificates = chain;
        context.ServerKey = context.Provider.ImportCertificateKey(chain[0].Span);
        context.Transcript.Append(message.Encoded);
        return ExpectCertificateVerify.Instance;
    }
}
