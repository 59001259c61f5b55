using System.Collections.Concurrent;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// A credential's Certificate message, encoded and compressed once for each form that peers ask for, and anew when its OCSP
/// responses are renewed. Thread-safe.
/// </summary>
internal sealed class CertificateMessages
{
    /// <summary>An eighth: what is less would cost the peer more time than it saves.</summary>
    private const int LeastGain = 8;

    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _ocspResponses;
    private readonly ConcurrentDictionary<Form, Lazy<byte[]>> _messages = new();

    private CertificateMessages(IReadOnlyList<ReadOnlyMemory<byte>> ocspResponses) => _ocspResponses = ocspResponses;

    /// <summary>The messages of a credential as it is now.</summary>
    public static CertificateMessages Of(TlsCredential credential)
    {
        IReadOnlyList<ReadOnlyMemory<byte>> responses = credential.OcspResponses;
        CertificateMessages? messages = credential.Messages;
        if (messages is null || !ReferenceEquals(messages._ocspResponses, responses))
            credential.Messages = messages = new CertificateMessages(responses);
        return messages;
    }

    /// <summary>The handshake message: Certificate, or CompressedCertificate where that is worth it.</summary>
    /// <param name="credential">The credential.</param>
    /// <param name="provider">Who compresses.</param>
    /// <param name="withOcspResponses">Whether the peer asked for OCSP responses.</param>
    /// <param name="algorithm">How the peer can decompress; null when it cannot.</param>
    public ReadOnlySpan<byte> Get(
        TlsCredential credential,
        TlsCryptoProvider provider,
        bool withOcspResponses,
        CertificateCompressionAlgorithm? algorithm) =>
        _messages.GetOrAdd(
            new Form(withOcspResponses, algorithm),
            static (form, state) => new Lazy<byte[]>(() => state.Owner.Encode(state.Credential, state.Provider, form)),
            (Owner: this, Credential: credential, Provider: provider)).Value;

    private byte[] Encode(TlsCredential credential, TlsCryptoProvider provider, Form form)
    {
        using var writer = new TlsWriter();
        Certificate.Write(
            writer, context: [], credential.CertificateChain, form.WithOcspResponses ? _ocspResponses : null);
        byte[] plain = writer.Written.ToArray();
        if (form.Algorithm is not { } algorithm)
            return plain;

        ReadOnlySpan<byte> body = new HandshakeMessage(plain).Body;
        writer.Clear();
        new CompressedCertificate
        {
            Algorithm = algorithm,
            UncompressedLength = body.Length,
            Compressed = provider.CompressCertificate(algorithm, body),
        }.Write(writer);
        return writer.Length < plain.Length - (plain.Length / LeastGain) ? writer.Written.ToArray() : plain;
    }

    private readonly record struct Form(bool WithOcspResponses, CertificateCompressionAlgorithm? Algorithm);
}
