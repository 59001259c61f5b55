using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>Behind a ServerHello of TLS 1.2: the server's Certificate (RFC 5246 section 7.4.2).</summary>
internal sealed class ExpectTls12ServerCertificate : HandshakeState<ClientContext>
{
    public static readonly ExpectTls12ServerCertificate Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        context.Negotiated.ServerCertificateLength = message.Encoded.Length;
        context.ServerKey = Tls12PeerSignature.TakeChain(context, message)
            ?? throw new TlsProtocolException(TlsErrorCause.NoCertificate, "The server sent no certificate.");
        return context.IsStatusPromised ? ExpectCertificateStatus.Instance : ExpectServerKeyExchange.Instance;
    }
}
