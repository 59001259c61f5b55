using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// ServerKeyExchange (RFC 8422 section 5.4): the server's public value, signed. The chain's verdict is asked for once the signature
/// proved that the key is there.
/// </summary>
internal sealed class ExpectServerKeyExchange : HandshakeState<ClientContext>
{
    public static readonly ExpectServerKeyExchange Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        ServerKeyExchange exchange = ServerKeyExchange.Parse(message.Expect(HandshakeType.ServerKeyExchange));
        if (!context.Configuration.Groups.Contains(exchange.Group))
        {
            throw new TlsProtocolException(
                TlsErrorCause.GroupNotOffered, $"The server chose {exchange.Group}, which was not offered.");
        }

        TlsNegotiation negotiated = context.Negotiated;
        if (Tls12CipherSuiteParameters.Of(negotiated.CipherSuite).IsEcdsa
            != Tls12CipherSuiteParameters.IsEcdsaScheme(exchange.Algorithm))
        {
            throw new TlsProtocolException(
                TlsErrorCause.SignatureSchemeNotOffered,
                $"The server signed with {exchange.Algorithm}, which {negotiated.CipherSuite} does not go with.");
        }

        // RFC 5246 section 7.4.3: both Randoms are signed too, so nobody can use the signature again.
        byte[] content = [.. context.RequireTls12Keys().Randoms, .. exchange.Parameters];
        CertificateKey key = context.ServerKey ?? throw new InvalidOperationException("There is no server key.");
        Tls12PeerSignature.Take(context, context.Configuration, key, exchange.Algorithm, content, exchange.Signature);
        key.Dispose();
        context.ServerKey = null;
        negotiated.SignatureScheme = exchange.Algorithm;
        negotiated.Group = exchange.Group;
        context.ServerPublicKey = exchange.PublicKey.ToArray();
        context.Transcript.Append(message.Encoded);
        return ExpectServerHelloDone.Instance;
    }
}
