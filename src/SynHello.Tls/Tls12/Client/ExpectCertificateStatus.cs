using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The OCSP response that the server spoke of, or ServerKeyExchange: it may leave the response out after all (RFC 6066 section 8).
/// </summary>
internal sealed class ExpectCertificateStatus : HandshakeState<ClientContext>
{
    public static readonly ExpectCertificateStatus Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.CertificateStatus)
            return ExpectServerKeyExchange.Instance.Handle(context, message);
        var responses = new ReadOnlyMemory<byte>[context.Negotiated.PeerCertificates.Count];
        responses[0] = CertificateStatus.Parse(message.Body).ToArray();
        context.Negotiated.PeerOcspResponses = responses;
        context.Negotiated.ServerCertificateLength += message.Encoded.Length;
        context.Transcript.Append(message.Encoded);
        return ExpectServerKeyExchange.Instance;
    }
}
