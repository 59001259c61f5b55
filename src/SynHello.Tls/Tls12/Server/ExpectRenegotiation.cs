using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>A connection of TLS 1.2, on a server: only another ClientHello may come, which is refused.</summary>
internal sealed class ExpectRenegotiation : HandshakeState<ServerContext>
{
    public static readonly ExpectRenegotiation Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        message.Expect(HandshakeType.ClientHello);
        Tls12Secrets.RefuseRenegotiation(context);
        return this;
    }
}
