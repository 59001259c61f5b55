using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>The server's change_cipher_spec, which is no message and comes in no other state (RFC 5246 section 7.1).</summary>
internal sealed class ExpectServerChangeCipherSpec : HandshakeState<ClientContext>
{
    public static readonly ExpectServerChangeCipherSpec Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message) =>
        throw new TlsProtocolException(
            TlsErrorCause.UnexpectedMessage, $"A {message.Type} message came where change_cipher_spec was expected.");

    public override HandshakeState<ClientContext> HandleChangeCipherSpec(ClientContext context)
    {
        Tls12Secrets.SwitchReads(context);
        return ExpectTls12ServerFinished.Instance;
    }
}
