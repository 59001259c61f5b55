using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>WAIT_CERT of RFC 8446 appendix A.1.</summary>
internal sealed class ExpectCertificate : HandshakeState<ClientContext>
{
    public static readonly ExpectCertificate Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        context.Negotiated.ServerCertificateLength = message.Encoded.Length;
        context.ServerKey = PeerCertificate.Take(context, context.Configuration, message, context.Offered)
            ?? throw new TlsProtocolException(TlsErrorCause.NoCertificate, "The server sent no certificate.");
        return ExpectCertificateVerify.Instance;
    }
}
