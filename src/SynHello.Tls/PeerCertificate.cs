using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>The peer's Certificate message, compressed or not (RFC 8446 section 4.4.2, RFC 8879).</summary>
internal static class PeerCertificate
{
    /// <summary>Takes the chain into what was negotiated, and reads the end entity's key.</summary>
    /// <param name="context">The connection.</param>
    /// <param name="configuration">What this side offers.</param>
    /// <param name="message">The message; any other than a certificate is refused.</param>
    /// <param name="requested">The extensions that this side asked for.</param>
    /// <returns>The key; null when the peer has no certificate to show.</returns>
    public static CertificateKey? Take(
        ConnectionContext context,
        TlsConfiguration configuration,
        in HandshakeMessage message,
        ExtensionSet requested)
    {
        byte[]? decompressed = null;
        if (message.Type == HandshakeType.CompressedCertificate && requested.Contains(ExtensionType.CompressCertificate))
            decompressed = Decompress(context, configuration, CompressedCertificate.Parse(message.Body));
        Certificate certificate = Certificate.Parse(decompressed ?? message.Expect(HandshakeType.Certificate), requested);
        if (!certificate.Context.IsEmpty)
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "The Certificate of a handshake has a context.");

        var chain = new List<ReadOnlyMemory<byte>>();
        var responses = new List<ReadOnlyMemory<byte>>();
        bool hasResponse = false;
        foreach (CertificateEntry entry in certificate)
        {
            if (chain.Count == TlsLimits.Certificates)
            {
                throw new TlsProtocolException(
                    TlsErrorCause.TooManyCertificates, $"The peer's chain has more than {TlsLimits.Certificates} certificates.");
            }

            chain.Add(entry.Der.ToArray());
            responses.Add(entry.OcspResponse.ToArray());
            hasResponse |= !entry.OcspResponse.IsEmpty;
        }

        context.Negotiated.PeerCertificates = chain;
        context.Negotiated.PeerOcspResponses = hasResponse ? responses : [];
        context.Transcript.Append(message.Encoded);
        return chain.Count == 0 ? null : context.Provider.ImportCertificateKey(chain[0].Span);
    }

    private static byte[] Decompress(ConnectionContext context, TlsConfiguration configuration, in CompressedCertificate message)
    {
        if (!configuration.CertificateCompressionAlgorithms.Contains(message.Algorithm))
        {
            throw new TlsProtocolException(
                TlsErrorCause.IllegalValue, $"The peer compressed its certificates with {message.Algorithm}, which was not offered.");
        }

        // Before anything is allocated: a few bytes can declare 16 MB, and hold them.
        if (message.UncompressedLength is 0 or > TlsLimits.HandshakeMessage)
        {
            throw new TlsProtocolException(
                TlsErrorCause.BadCertificateCompression,
                $"A compressed chain declares {message.UncompressedLength} bytes; the limit is {TlsLimits.HandshakeMessage}.");
        }

        byte[] body = new byte[message.UncompressedLength];
        if (!context.Provider.TryDecompressCertificate(message.Algorithm, message.Compressed, body))
        {
            throw new TlsProtocolException(
                TlsErrorCause.BadCertificateCompression, "A compressed chain is not what it is declared to be.");
        }

        context.Negotiated.CertificateCompression = message.Algorithm;
        return body;
    }
}
