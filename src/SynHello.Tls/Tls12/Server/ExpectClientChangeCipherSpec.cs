using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>The client's change_cipher_spec, which is no message and comes in no other state (RFC 5246 section 7.1).</summary>
internal sealed class ExpectClientChangeCipherSpec : HandshakeState<ServerContext>
{
    public static readonly ExpectClientChangeCipherSpec Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message) =>
        throw new TlsProtocolException(
            TlsErrorCause.UnexpectedMessage, $"A {message.Type} message came where change_cipher_spec was expected.");

    public override HandshakeState<ServerContext> HandleChangeCipherSpec(ServerContext context)
    {
        Tls12Secrets.SwitchReads(context);
        return ExpectTls12ClientFinished.Instance;
    }
}
