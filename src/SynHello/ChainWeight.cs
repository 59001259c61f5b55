using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Microsoft.Extensions.Logging;

using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello;

/// <summary>What certificate chains weigh in the server's flight.</summary>
internal static class ChainWeight
{
    // Of a full handshake with x25519, the largest each: ServerHello 127, change_cipher_spec 6, a record around the rest 22,
    // EncryptedExtensions 31 (an application protocol of 8 characters), Finished 52, and the headers of Certificate and
    // CertificateVerify 16.
    private const int Besides = 127 + 6 + 22 + 31 + 52 + 16;
    private const int EntryHeader = 5;

    /// <summary>How long the flight is, without the tickets, which no handshake waits for.</summary>
    public static int FlightLength(TlsCredential credential)
    {
        int length = Besides + credential.MaximumSignatureLength;
        foreach (ReadOnlyMemory<byte> certificate in credential.CertificateChain)
            length += EntryHeader + certificate.Length;
        return length;
    }

    /// <summary>Tells of chains that cost a first contact without a cookie a round trip.</summary>
    public static void Warn(ILogger logger, AddressFamily family, IEnumerable<TlsCredential> credentials)
    {
        int budget = AnswerBudget.For(SecureClient.CookielessFlight, family);
        foreach (TlsCredential credential in credentials)
        {
            int length = FlightLength(credential);
            if (length > budget)
                Log.ChainAboveBudget(logger, SubjectOf(credential), length, budget, SecureClient.CookielessFlight);
        }
    }

    private static string SubjectOf(TlsCredential credential)
    {
        try
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(credential.CertificateChain[0].Span);
            return certificate.Subject;
        }
        catch (CryptographicException)
        {
            return "a certificate that cannot be read";
        }
    }
}
