namespace SynHello.Tls;

/// <summary>
/// WAIT_CV of RFC 8446 appendix A.1. The chain's verdict is asked for once the signature proved that the key is there.
/// </summary>
internal sealed class ExpectCertificateVerify : HandshakeState<ClientContext>
{
    public static readonly ExpectCertificateVerify Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        CertificateKey key = context.ServerKey ?? throw new InvalidOperationException("There is no server key.");
        context.Negotiated.SignatureScheme =
            PeerSignature.Take(context, context.Configuration, message, key, SignatureContent.Server);
        key.Dispose();
        context.ServerKey = null;
        return ExpectServerFinished.Instance;
    }
}
