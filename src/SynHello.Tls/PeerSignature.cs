using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>The peer's CertificateVerify (RFC 8446 section 4.4.3).</summary>
internal static class PeerSignature
{
    /// <summary>Checks it, and asks for the verdict on the chain: the expensive work is for a peer that holds the key.</summary>
    /// <param name="context">The connection.</param>
    /// <param name="configuration">What this side takes.</param>
    /// <param name="message">The message; any other than CertificateVerify is refused.</param>
    /// <param name="key">The key of the peer's certificate.</param>
    /// <param name="label">The context string of the peer's side.</param>
    /// <returns>The scheme.</returns>
    public static SignatureScheme Take(
        ConnectionContext context,
        TlsConfiguration configuration,
        in HandshakeMessage message,
        CertificateKey key,
        ReadOnlySpan<byte> label)
    {
        CertificateVerify verify = CertificateVerify.Parse(message.Expect(HandshakeType.CertificateVerify));
        if (!configuration.SignatureSchemes.Contains(verify.Algorithm) || !key.Fits(verify.Algorithm))
        {
            throw new TlsProtocolException(
                TlsErrorCause.SignatureSchemeNotOffered,
                $"The peer signed with {verify.Algorithm}, which was not offered or does not fit its key.");
        }

        Span<byte> hash = stackalloc byte[context.Transcript.HashLength];
        context.Transcript.GetHash(hash);
        Span<byte> content = stackalloc byte[SignatureContent.MaximumLength];
        content = content[..SignatureContent.Write(label, hash, content)];
        if (!key.Verify(verify.Algorithm, content, verify.Signature))
            throw new TlsProtocolException(TlsErrorCause.BadSignature, "The peer's signature is wrong.");

        context.Transcript.Append(message.Encoded);
        context.IsQuestionOpen = true;
        context.Raise(TlsEvent.NeedCertificateVerdict);
        return verify.Algorithm;
    }
}
