using System.Net.Sockets;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>What certificate chains weigh in the server's flight.</summary>
internal static class ChainWeight
{
    // Of a full handshake with x25519, the largest each: ServerHello 127, change_cipher_spec 6, a record around the rest 22,
    // EncryptedExtensions 31 (an application protocol of 8 characters), Finished 52, and the headers of Certificate and
    // CertificateVerify 16.
    private const int Besides = 127 + 6 + 22 + 31 + 52 + 16;
    private const int CertificateHeader = 8;
    private const int EntryHeader = 5;

    /// <summary>How long the flight is, without the tickets, which no handshake waits for.</summary>
    public static int FlightLength(TlsCredential credential)
    {
        int length = Besides + credential.MaximumSignatureLength;
        foreach (ReadOnlyMemory<byte> certificate in credential.CertificateChain)
            length += EntryHeader + certificate.Length;
        return length;
    }

    /// <summary>How long the flight is in the form that a client gets, without the tickets.</summary>
    /// <param name="credential">The credential.</param>
    /// <param name="provider">Who compresses. What it makes is kept for the handshakes.</param>
    /// <param name="algorithm">How the client can decompress; null when it cannot.</param>
    /// <returns>Bytes, with the OCSP responses that there are now.</returns>
    public static int FlightLength(
        TlsCredential credential, TlsCryptoProvider provider, CertificateCompressionAlgorithm? algorithm) =>
        Besides - CertificateHeader + credential.MaximumSignatureLength
        + CertificateMessages.Of(credential).Get(credential, provider, credential.OcspResponses.Count > 0, algorithm).Length;

    /// <summary>How long the message is that asks a client for its certificate; 0 where none is asked for.</summary>
    public static int RequestLength(TlsServerConfiguration configuration)
    {
        if (configuration.ClientCertificateMode == TlsClientCertificateMode.None)
            return 0;
        TlsServerConfiguration.ClientAuthentication request = configuration.EncodedRequest;
        using var writer = new TlsWriter();
        new CertificateRequest
        {
            SignatureAlgorithms = new CodePoints(request.SignatureSchemes),
            CertificateCompressionAlgorithms = new CodePoints(request.CompressionAlgorithms),
            Authorities = request.Authorities,
        }.Write(writer);
        return writer.Length;
    }

    /// <summary>How many bytes a server may send before the first acknowledgment (RFC 6928), at the usual MTU of 1500.</summary>
    public static int InitialWindow(AddressFamily family)
    {
        const int Segments = 10;
        const int Mtu = 1500;
        const int TransportHeaders = 32; // TCP's with time stamps
        return Segments * (Mtu - TransportHeaders - (family == AddressFamily.InterNetworkV6 ? 40 : 20));
    }
}
