using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>WAIT_CERT_CR of RFC 8446 appendix A.1.</summary>
internal sealed class ExpectCertificateOrRequest : HandshakeState<ClientContext>
{
    public static readonly ExpectCertificateOrRequest Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.CertificateRequest)
            return ExpectCertificate.Instance.Handle(context, message);

        CertificateRequest request = CertificateRequest.Parse(message.Body);
        if (!request.Context.IsEmpty)
        {
            throw new TlsProtocolException(
                TlsErrorCause.IllegalValue,
                "The CertificateRequest of a handshake has a context.");
        }

        context.Negotiated.ClientCertificateRequested = true;
        var schemes = new List<SignatureScheme>();
        for (int i = 0; i < request.SignatureAlgorithms.Count; i++)
            schemes.Add(new SignatureScheme(request.SignatureAlgorithms[i]));
        context.CertificateRequest = new TlsCredentialRequest
        {
            ServerName = context.ServerName,
            SignatureSchemes = schemes,
            Authorities = request.ReadAuthorities(),
            ApplicationProtocol = context.Negotiated.ApplicationProtocol,
        };
        foreach (CertificateCompressionAlgorithm algorithm in context.Configuration.CertificateCompressionAlgorithms)
        {
            if (context.CertificateCompression is null && request.CertificateCompressionAlgorithms.Contains(algorithm.Value))
                context.CertificateCompression = algorithm;
        }

        context.Transcript.Append(message.Encoded);
        return ExpectCertificate.Instance;
    }
}
