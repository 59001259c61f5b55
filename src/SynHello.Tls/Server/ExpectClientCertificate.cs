using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>WAIT_CERT of RFC 8446 appendix A.2.</summary>
internal sealed class ExpectClientCertificate : HandshakeState<ServerContext>
{
    public static readonly ExpectClientCertificate Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        context.ClientKey = PeerCertificate.Take(context, context.Configuration, message, context.Requested);
        if (context.ClientKey is not null)
            return ExpectClientCertificateVerify.Instance;
        if (context.Configuration.ClientCertificateMode == TlsClientCertificateMode.Required)
            throw new TlsProtocolException(TlsErrorCause.ClientCertificateRequired, "The client has no certificate to show.");
        return ExpectClientFinished.Instance;
    }
}
