using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>A signature of the peer's in TLS 1.2 (RFC 5246 sections 7.4.3, 7.4.8).</summary>
internal static class Tls12PeerSignature
{
    /// <summary>Checks it, and asks for the verdict on the chain: the expensive work is for a peer that holds the key.</summary>
    /// <param name="context">The connection.</param>
    /// <param name="configuration">What this side takes.</param>
    /// <param name="key">The key of the peer's certificate.</param>
    /// <param name="scheme">What the peer says it signed with.</param>
    /// <param name="content">What it has to have signed.</param>
    /// <param name="signature">The signature.</param>
    public static void Take(
        ConnectionContext context,
        TlsConfiguration configuration,
        CertificateKey key,
        SignatureScheme scheme,
        ReadOnlySpan<byte> content,
        ReadOnlySpan<byte> signature)
    {
        if (!configuration.Tls12SignatureSchemes.Contains(scheme) || !key.FitsTls12(scheme))
        {
            throw new TlsProtocolException(
                TlsErrorCause.SignatureSchemeNotOffered,
                $"The peer signed with {scheme}, which was not offered or does not fit its key.");
        }

        if (!key.Verify(scheme, content, signature))
            throw new TlsProtocolException(TlsErrorCause.BadSignature, "The peer's signature is wrong.");
        context.IsQuestionOpen = true;
        context.Raise(TlsEvent.NeedCertificateVerdict);
    }

    /// <summary>Takes a chain into what was negotiated, and reads the end entity's key.</summary>
    /// <returns>The key; null when the peer has no certificate to show.</returns>
    public static CertificateKey? TakeChain(ConnectionContext context, in HandshakeMessage message)
    {
        var chain = new List<ReadOnlyMemory<byte>>();
        foreach (ReadOnlySpan<byte> certificate in Tls12Certificate.Parse(message.Expect(HandshakeType.Certificate)))
        {
            if (chain.Count == TlsLimits.Certificates)
            {
                throw new TlsProtocolException(
                    TlsErrorCause.TooManyCertificates, $"The peer's chain has more than {TlsLimits.Certificates} certificates.");
            }

            chain.Add(certificate.ToArray());
        }

        context.Negotiated.PeerCertificates = chain;
        context.Transcript.Append(message.Encoded);
        return chain.Count == 0 ? null : context.Provider.ImportCertificateKey(chain[0].Span);
    }
}
