using System.Net.Sockets;

using SynHello.Crypto;
using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>What a certificate chain costs a server's first flight, and what is wrong with it. Immutable.</summary>
public sealed record ChainReport
{
    private ChainReport()
    {
    }

    /// <summary>Whose certificate it is, as it says.</summary>
    public required string Subject { get; init; }

    /// <summary>When the first certificate of the chain ends.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>
    /// The bytes of ServerHello to Finished in a full handshake, give or take a few, with the OCSP responses that there are. A listener
    /// that asks clients for certificates sends more: some 30 bytes, and the names of
    /// <see cref="SecureListenerOptions.TrustedClientRoots"/>. What it warns of at its start counts them.
    /// </summary>
    public required int FlightLength { get; init; }

    /// <summary>
    /// As <see cref="FlightLength"/>, for clients that can decompress the chain (RFC 8879); as long, where that gains next to nothing.
    /// </summary>
    public required int CompressedFlightLength { get; init; }

    /// <summary>
    /// The bytes that may answer a client's first contact without a Fast Open cookie, whose packet carries 1,200 bytes, before its address
    /// is proven.
    /// </summary>
    public required int AddressValidationBudget { get; init; }

    /// <summary>
    /// The bytes that a server may send before the first acknowledgment: ten segments (RFC 6928), 14,480 bytes over IPv4.
    /// </summary>
    public required int InitialWindow { get; init; }

    /// <summary>What is wrong; empty when nothing is.</summary>
    public required IReadOnlyList<ChainProblem> Problems { get; init; }

    /// <summary>
    /// Looks at a chain. Compresses it, which is kept for the handshakes, and may read the system's roots; fetches nothing.
    /// </summary>
    /// <param name="credential">The chain, with the key.</param>
    /// <param name="family">Whether it is sent over IPv4 or IPv6.</param>
    /// <param name="timeProvider">The clock that certificates end by; null means the system's.</param>
    /// <param name="cryptoProvider">Who compresses; null means the default.</param>
    /// <returns>The report.</returns>
    public static ChainReport Of(
        TlsCredential credential,
        AddressFamily family = AddressFamily.InterNetwork,
        TimeProvider? timeProvider = null,
        TlsCryptoProvider? cryptoProvider = null)
    {
        ArgumentNullException.ThrowIfNull(credential);
        return Of(credential, family, timeProvider ?? TimeProvider.System, cryptoProvider, SystemRoots.Contain);
    }

    /// <summary>As the other, with roots of the caller's, and the length of a CertificateRequest that goes in front.</summary>
    internal static ChainReport Of(
        TlsCredential credential,
        AddressFamily family,
        TimeProvider timeProvider,
        TlsCryptoProvider? cryptoProvider,
        Func<ReadOnlyMemory<byte>, bool> isTrustedRoot,
        int requestLength = 0)
    {
        TlsCryptoProvider provider = cryptoProvider ?? DefaultCryptoProvider.Instance;
        int plain = ChainWeight.FlightLength(credential, provider, algorithm: null) + requestLength;
        int compressed = plain;
        foreach (CertificateCompressionAlgorithm algorithm in provider.CertificateCompressionAlgorithms.Take(1))
            compressed = ChainWeight.FlightLength(credential, provider, algorithm) + requestLength;
        int budget = AnswerBudget.For(SecureClient.CookielessFlight, family);
        int window = ChainWeight.InitialWindow(family);

        var inspection = new ChainInspection(credential.CertificateChain, timeProvider.GetUtcNow(), isTrustedRoot);
        var problems = new List<ChainProblem>(inspection.Problems);
        if (plain > budget)
        {
            problems.Add(new ChainProblem(
                ChainProblemKind.AboveAddressValidationBudget,
                $"its flight has some {plain} bytes, compressed {compressed}, and {budget} may answer a first contact without a cookie"));
        }

        if (plain > window)
        {
            problems.Add(new ChainProblem(
                ChainProblemKind.AboveInitialWindow,
                $"its flight has some {plain} bytes, compressed {compressed}, and {window} may be sent at once"));
        }

        return new ChainReport
        {
            Subject = inspection.Subject,
            NotAfter = inspection.NotAfter,
            FlightLength = plain,
            CompressedFlightLength = compressed,
            AddressValidationBudget = budget,
            InitialWindow = window,
            Problems = problems.AsReadOnly(),
        };
    }
}
