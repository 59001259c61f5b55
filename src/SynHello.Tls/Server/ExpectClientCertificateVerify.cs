namespace SynHello.Tls;

/// <summary>WAIT_CV of RFC 8446 appendix A.2. The chain's verdict is asked for once the signature proved that the key is there.</summary>
internal sealed class ExpectClientCertificateVerify : HandshakeState<ServerContext>
{
    public static readonly ExpectClientCertificateVerify Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        CertificateKey key = context.ClientKey ?? throw new InvalidOperationException("There is no client key.");
        PeerSignature.Take(context, context.Configuration, message, key, SignatureContent.Client);
        key.Dispose();
        context.ClientKey = null;
        return ExpectClientFinished.Instance;
    }
}
