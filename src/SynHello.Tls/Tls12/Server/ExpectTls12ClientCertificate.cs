using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>The client's Certificate, where it was asked for one in TLS 1.2; an empty one says that there is none.</summary>
internal sealed class ExpectTls12ClientCertificate : HandshakeState<ServerContext>
{
    public static readonly ExpectTls12ClientCertificate Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        context.ClientKey = Tls12PeerSignature.TakeChain(context, message);
        if (context.ClientKey is null && context.Configuration.ClientCertificateMode == TlsClientCertificateMode.Required)
            throw new TlsProtocolException(TlsErrorCause.ClientCertificateRequired, "The client has no certificate to show.");
        return ExpectClientKeyExchange.Instance;
    }
}
