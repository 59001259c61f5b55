using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>ClientKeyExchange (RFC 8422 section 5.7), which the master secret follows from.</summary>
internal sealed class ExpectClientKeyExchange : HandshakeState<ServerContext>
{
    public static readonly ExpectClientKeyExchange Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        ReadOnlySpan<byte> publicKey = ClientKeyExchange.Parse(message.Expect(HandshakeType.ClientKeyExchange));
        KeyExchange exchange = context.KeyExchange ?? throw new InvalidOperationException("There is no key pair.");
        context.Transcript.Append(message.Encoded);
        Tls12Secrets.Agree(context, exchange, publicKey, isClient: false);
        exchange.Dispose();
        context.KeyExchange = null;
        if (context.ClientKey is not null)
            return ExpectTls12ClientCertificateVerify.Instance;
        context.Transcript.ForgetMessages();
        return ExpectClientChangeCipherSpec.Instance;
    }
}
