using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// WAIT_CV of RFC 8446 appendix A.1. The chain's verdict is asked for once the signature proved that the key is there.
/// </summary>
internal sealed class ExpectCertificateVerify : HandshakeState<ClientContext>
{
    public static readonly ExpectCertificateVerify Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        CertificateVerify verify = CertificateVerify.Parse(message.Expect(HandshakeType.CertificateVerify));
        CertificateKey key = context.ServerKey ?? throw new InvalidOperationException("There is no server key.");
        if (!context.Configuration.SignatureSchemes.Contains(verify.Algorithm) || !key.Fits(verify.Algorithm))
        {
            throw new TlsProtocolException(
                TlsErrorCause.SignatureSchemeNotOffered,
                $"The server signed with {verify.Algorithm}, which was not offered or does not fit its key.");
        }

        Span<byte> hash = stackalloc byte[context.Transcript.HashLength];
        context.Transcript.GetHash(hash);
        Span<byte> content = stackalloc byte[SignatureContent.MaximumLength];
        content = content[..SignatureContent.Write(SignatureContent.Server, hash, content)];
        if (!key.Verify(verify.Algorithm, content, verify.Signature))
            throw new TlsProtocolException(TlsErrorCause.BadSignature, "The server's signature is wrong.");

        key.Dispose();
        context.ServerKey = null;
        context.Negotiated.SignatureScheme = verify.Algorithm;
        context.Transcript.Append(message.Encoded);
        context.IsQuestionOpen = true;
        context.Raise(TlsEvent.NeedCertificateVerdict);
        return ExpectServerFinished.Instance;
    }
}
