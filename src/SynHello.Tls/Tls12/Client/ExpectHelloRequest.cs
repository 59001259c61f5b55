using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>A connection of TLS 1.2, on a client: only a HelloRequest may come, which is refused.</summary>
internal sealed class ExpectHelloRequest : HandshakeState<ClientContext>
{
    public static readonly ExpectHelloRequest Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        if (!message.Expect(HandshakeType.HelloRequest).IsEmpty)
            throw new TlsProtocolException(TlsErrorCause.TrailingBytes, "HelloRequest is not empty.");
        Tls12Secrets.RefuseRenegotiation(context);
        return this;
    }
}
