using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The client's signature over all messages in front of it (RFC 5246 section 7.4.8). The chain's verdict is asked for once that proved that
/// the key is there.
/// </summary>
internal sealed class ExpectTls12ClientCertificateVerify : HandshakeState<ServerContext>
{
    public static readonly ExpectTls12ClientCertificateVerify Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        CertificateVerify verify = CertificateVerify.Parse(message.Expect(HandshakeType.CertificateVerify));
        CertificateKey key = context.ClientKey ?? throw new InvalidOperationException("There is no client key.");
        Tls12PeerSignature.Take(
            context, context.Configuration, key, verify.Algorithm, context.Transcript.Unhashed, verify.Signature);
        key.Dispose();
        context.ClientKey = null;
        context.Transcript.ForgetMessages();
        context.Transcript.Append(message.Encoded);
        return ExpectClientChangeCipherSpec.Instance;
    }
}
