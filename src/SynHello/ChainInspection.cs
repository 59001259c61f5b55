using System.Formats.Asn1;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Microsoft.Extensions.Logging;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello;

/// <summary>
/// What is wrong with the certificates of a chain that a server shows, as far as it can be told without fetching anything.
/// </summary>
internal sealed class ChainInspection
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    private readonly List<ChainProblem> _problems = [];

    /// <summary>Inspects a chain.</summary>
    /// <param name="chain">The DER of each certificate, as it is shown.</param>
    /// <param name="now">The time.</param>
    /// <param name="isTrustedRoot">Whether a root of this name (DER) is trusted here.</param>
    public ChainInspection(
        IReadOnlyList<ReadOnlyMemory<byte>> chain, DateTimeOffset now, Func<ReadOnlyMemory<byte>, bool> isTrustedRoot)
    {
        var certificates = new X509Certificate2[chain.Count];
        try
        {
            for (int i = 0; i < chain.Count; i++)
                certificates[i] = X509CertificateLoader.LoadCertificate(chain[i].Span);
            Subject = certificates[0].Subject;
            NotAfter = certificates.Min(certificate => new DateTimeOffset(certificate.NotAfter));
            foreach (X509Certificate2 certificate in certificates)
                CheckValidity(certificate, now);
            for (int i = 0; i < certificates.Length; i++)
                CheckStrength(certificates[i], isFirst: i == 0);
            CheckOrder(certificates, out List<X509Certificate2> ends);
            CheckEnds(ends, isTrustedRoot);
        }
        catch (Exception exception) when (exception is CryptographicException or AsnContentException)
        {
            Add(ChainProblemKind.Unreadable, $"a certificate cannot be read: {exception.Message.TrimEnd('.')}");
        }
        finally
        {
            foreach (X509Certificate2? certificate in certificates)
                certificate?.Dispose();
        }
    }

    /// <summary>Whose chain it is.</summary>
    public string Subject { get; } = "a certificate that cannot be read";

    /// <summary>When the first certificate ends.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>What is wrong.</summary>
    public IReadOnlyList<ChainProblem> Problems => _problems;

    /// <summary>Warns of everything that is wrong with the chains that a listener starts with.</summary>
    /// <param name="logger">Where.</param>
    /// <param name="family">What is listened on.</param>
    /// <param name="isCookieless">Whether addresses that are not proven are answered.</param>
    /// <param name="timeProvider">The clock that certificates end by.</param>
    /// <param name="cryptoProvider">Who compresses.</param>
    /// <param name="credentials">The chains.</param>
    /// <param name="requestLength">The bytes of the CertificateRequest that goes in front of each.</param>
    public static void Warn(
        ILogger logger,
        AddressFamily family,
        bool isCookieless,
        TimeProvider timeProvider,
        TlsCryptoProvider cryptoProvider,
        IEnumerable<TlsCredential> credentials,
        int requestLength = 0)
    {
        foreach (TlsCredential credential in credentials)
        {
            var report = ChainReport.Of(credential, family, timeProvider, cryptoProvider, SystemRoots.Contain, requestLength);
            Warn(logger, report);
            if (isCookieless && report.FlightLength > report.AddressValidationBudget)
            {
                Log.ChainAboveBudget(
                    logger, report.Subject, report.FlightLength, report.AddressValidationBudget, SecureClient.CookielessFlight);
            }
        }
    }

    /// <summary>Warns of what is wrong with a chain, however it is listened.</summary>
    public static void Warn(ILogger logger, ChainReport report)
    {
        foreach (ChainProblem problem in report.Problems)
        {
            switch (problem.Kind)
            {
                case ChainProblemKind.AboveAddressValidationBudget:
                    break; // which is of interest only where unproven addresses are answered
                case ChainProblemKind.AboveInitialWindow:
                    Log.ChainAboveInitialWindow(
                        logger, report.Subject, report.FlightLength, report.CompressedFlightLength, report.InitialWindow);
                    break;
                case ChainProblemKind.SelfSignedRoot:
                    Log.ChainHasRoot(logger, report.Subject, problem.Description);
                    break;
                case ChainProblemKind.MissingIntermediate:
                    Log.ChainLacksIntermediate(logger, report.Subject, problem.Description);
                    break;
                case ChainProblemKind.WrongOrder:
                    Log.ChainOutOfOrder(logger, report.Subject, problem.Description);
                    break;
                case ChainProblemKind.Unrelated:
                    Log.ChainHasStranger(logger, report.Subject, problem.Description);
                    break;
                default:
                    Log.ChainUnusable(logger, report.Subject, problem.Description);
                    break;
            }
        }
    }

    private void CheckValidity(X509Certificate2 certificate, DateTimeOffset now)
    {
        var notBefore = new DateTimeOffset(certificate.NotBefore);
        var notAfter = new DateTimeOffset(certificate.NotAfter);
        if (now > notAfter)
            Add(ChainProblemKind.Expired, $"the certificate of {certificate.Subject} has expired on {Date(notAfter)}");
        else if (now < notBefore)
            Add(ChainProblemKind.NotYetValid, $"the certificate of {certificate.Subject} is not valid before {Date(notBefore)}");
        else if (notAfter - now < Soon)
            Add(ChainProblemKind.ExpiresSoon, $"the certificate of {certificate.Subject} ends on {Date(notAfter)}");
    }

    private void CheckStrength(X509Certificate2 certificate, bool isFirst)
    {
        bool isRoot = CertificateOrder.IsSelfSigned(certificate);
        if (isRoot && !isFirst)
            return; // which is trusted for being known, or not at all
        if (CertificateStrength.Describe(certificate, isRoot) is var (what, why))
            Add(ChainProblemKind.Weak, $"the {what} the certificate of {certificate.Subject} is too weak: {why}");
    }

    /// <param name="chain">The certificates as they are shown.</param>
    /// <param name="ends">What the paths from the end entity lead to; empty when that is a root that is shown.</param>
    private void CheckOrder(X509Certificate2[] chain, out List<X509Certificate2> ends)
    {
        // What the end entity's certificate leads to, wherever it stands. A cross-signed authority may be there twice.
        var path = new List<int> { 0 };
        for (int i = 0; i < path.Count; i++)
        {
            for (int j = 1; j < chain.Length; j++)
            {
                if (!path.Contains(j) && CertificateOrder.Certifies(chain[j], chain[path[i]]))
                    path.Add(j);
            }
        }

        for (int i = 1; i < chain.Length; i++)
        {
            X509Certificate2 certificate = chain[i];
            if (CertificateOrder.IsSelfSigned(certificate))
                Add(ChainProblemKind.SelfSignedRoot, $"{certificate.Subject} vouches for itself, and need not be sent");
            else if (!path.Contains(i))
                Add(ChainProblemKind.Unrelated, $"{certificate.Subject} certifies none of the others");
            else if (!chain[..i].Any(earlier => CertificateOrder.Certifies(certificate, earlier)))
                Add(ChainProblemKind.WrongOrder, $"{certificate.Subject} stands in front of what it certifies");
        }

        List<X509Certificate2> leadsTo = path.ConvertAll(index => chain[index]);
        ends = leadsTo.Exists(CertificateOrder.IsSelfSigned)
            ? []
            : leadsTo.FindAll(end => !chain.Any(other => other != end && CertificateOrder.Certifies(other, end)));
    }

    /// <summary>One end that somebody trusts is enough.</summary>
    private void CheckEnds(List<X509Certificate2> ends, Func<ReadOnlyMemory<byte>, bool> isTrustedRoot)
    {
        string? problem = null;
        foreach (X509Certificate2 end in ends)
        {
            // A private authority's root is seldom one of this system's, but seldom can it be fetched either.
            string? where = end.Extensions.OfType<X509AuthorityInformationAccessExtension>()
                .SelectMany(extension => extension.EnumerateCAIssuersUris()).FirstOrDefault();
            if (where is null || isTrustedRoot(end.IssuerName.RawData))
                return;
            problem = $"it ends at {end.Issuer}, which is no root that this system trusts; its certificate is at {where}";
        }

        if (problem is not null)
            Add(ChainProblemKind.MissingIntermediate, problem);
    }

    private void Add(ChainProblemKind kind, string description) => _problems.Add(new ChainProblem(kind, description));

    private static string Date(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
