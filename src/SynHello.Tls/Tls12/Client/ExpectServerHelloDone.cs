using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>The end of the server's flight, or a CertificateRequest in front of it (RFC 5246 sections 7.4.4, 7.4.5).</summary>
internal sealed class ExpectServerHelloDone : HandshakeState<ClientContext>
{
    public static readonly ExpectServerHelloDone Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        if (message.Type == HandshakeType.CertificateRequest && context.CertificateRequest is null)
        {
            TakeRequest(context, message);
            return this;
        }

        if (!message.Expect(HandshakeType.ServerHelloDone).IsEmpty)
            throw new TlsProtocolException(TlsErrorCause.TrailingBytes, "ServerHelloDone is not empty.");
        message.ExpectEndOfFlight();
        context.Transcript.Append(message.Encoded);
        return Tls12ClientFlight.Send(context);
    }

    private static void TakeRequest(ClientContext context, in HandshakeMessage message)
    {
        Tls12CertificateRequest request = Tls12CertificateRequest.Parse(message.Body);
        var schemes = new List<SignatureScheme>();
        for (int i = 0; i < request.SignatureAlgorithms.Count; i++)
            schemes.Add(new SignatureScheme(request.SignatureAlgorithms[i]));
        context.Negotiated.ClientCertificateRequested = true;
        context.CertificateRequest = new TlsCredentialRequest
        {
            Version = ProtocolVersion.Tls12,
            ServerName = context.ServerName,
            SignatureSchemes = schemes,
            Authorities = request.ReadAuthorities(),
            ApplicationProtocol = context.Negotiated.ApplicationProtocol,
        };
        context.Transcript.Append(message.Encoded);
    }
}
