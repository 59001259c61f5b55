using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.Cli;

/// <summary>The account of a connection that get gives a person.</summary>
internal static class ConnectionAccount
{
    public static void Write(
        TextWriter writer, SecureStream stream, HttpResponseMessage response, TimeSpan firstByte, int earlierRoundTrips)
    {
        HandshakeReport report = stream.Report;
        Line(writer, $"connected to {stream.RemoteEndPoint} in {Milliseconds(report.ConnectTime)}; {Describe(report)}");
        string retry = report.HelloRetryRequested ? ", with a HelloRetryRequest" : "";
        Line(writer, $"TLS {report.Version}, {report.CipherSuite}, {Authentication(report)}, "
            + $"{Protocol(report)}; handshake in {Milliseconds(report.HandshakeTime)}{retry}");
        if (DescribeCost(report) is { } cost)
            Line(writer, cost);
        if (report.EarlyDataBytes > 0)
            Line(writer, DescribeEarlyData(report));
        if (earlierRoundTrips > 0)
            Line(writer, "the early request was answered 425 (Too Early) and sent again after the handshake");
        WriteChain(writer, stream);
        if (stream.Verification is { } verification)
            Line(writer, DescribeVerification(verification, report.IsResumed));
        if (!report.IsResumed)
            Line(writer, DescribeWeight(report));
        Line(writer, $"request sent after {RoundTrips(earlierRoundTrips + report.RoundTripsUntilRequest)}, "
            + $"first byte after {RoundTrips(earlierRoundTrips + report.RoundTripsUntilFirstByte)} and {Milliseconds(firstByte)}");
        Line(writer, $"HTTP/{response.Version} {(int)response.StatusCode} {response.ReasonPhrase}");
    }

    private static string Describe(HandshakeReport report) => report.FastOpen switch
    {
        FastOpenOutcome.Off => "Fast Open was off",
        FastOpenOutcome.Cookie => $"Fast Open with a cookie: {DescribeSyn(report)}",
        FastOpenOutcome.Cookieless => $"Fast Open without a cookie: {DescribeSyn(report)}",
        FastOpenOutcome.CookieRequested => "Fast Open: a cookie for the next visit was asked for",
        FastOpenOutcome.Ignored => "Fast Open: the server did not take the SYN's data",
        FastOpenOutcome.Fallback => "Fast Open: the path did not let the SYN's data through, so it went without",
        FastOpenOutcome.Unsupported => "Fast Open: this system does not allow it (see synhello doctor)",
        _ => "Fast Open: no verdict",
    };

    private static string DescribeSyn(HandshakeReport report) =>
        $"{report.SynDataBytes} of the first flight's {report.FirstFlightBytes} bytes rode in the SYN, "
        + $"which had room for {report.SynRoom}";

    /// <summary>What the SYN had no room for, and what that cost; null when nothing was left out.</summary>
    private static string? DescribeCost(HandshakeReport report)
    {
        List<string> parts = [];
        if (report.SynOverflowBytes > 0)
            parts.Add($"{report.SynOverflowBytes} bytes did not fit the SYN and followed a round trip later");
        if (report.DroppedKeyShares > 0)
            parts.Add($"{report.DroppedKeyShares} key shares were left out to fit it");
        if (report.SessionDropped)
            parts.Add("a session was at hand and not offered");
        return parts.Count == 0 ? null : $"first flight: {string.Join("; ", parts)}";
    }

    private static string Authentication(HandshakeReport report) =>
        (report.Group == default ? "no key exchange" : report.Group.ToString())
        + (report.IsResumed ? ", resumed" : $", {report.SignatureScheme}");

    private static string DescribeEarlyData(HandshakeReport report) => report.EarlyData switch
    {
        EarlyDataStatus.Accepted => $"early data: {report.EarlyDataBytes} bytes were accepted",
        EarlyDataStatus.Rejected =>
            $"early data: {report.EarlyDataBytes} bytes were refused ({Words(report)}) "
                + "and sent after the handshake",
        _ => $"early data: none, because of {Words(report)}",
    };

    private static string Words(HandshakeReport report) => ConnectionActivity.NameOf(report.EarlyDataReason).Replace('_', ' ');

    /// <summary>
    /// The chain that was verified, or what the server sent where nobody knows it, the server's own certificate first: s is the
    /// subject, i the issuer, a the key and v the validity.
    /// </summary>
    private static void WriteChain(TextWriter writer, SecureStream stream)
    {
        ChainVerification? verification = stream.Verification;
        bool isKnown = verification is { Path.Count: > 0 };
        string visit = stream.Report.IsResumed ? " on the first visit" : "";
        string which = !isKnown ? "as sent"
            : verification!.PolicyErrors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) ? "as far as it could be built"
            : "as verified";
        Line(writer, $"certificate chain, {which}{visit}");
        int depth = 0;
        foreach (ReadOnlyMemory<byte> der in isKnown ? verification!.Path : stream.RemoteCertificateChain)
        {
            try
            {
                using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der.Span);
                Line(writer, $" {depth} s:{certificate.Subject}");
                Line(writer, $"   i:{certificate.Issuer}");
                Line(writer, $"   a:{KeyOf(certificate)}, signed with {certificate.SignatureAlgorithm.FriendlyName}");
                Line(writer, $"   v:{Time(certificate.NotBefore)} to {Time(certificate.NotAfter)}");
            }
            catch (CryptographicException)
            {
                Line(writer, $" {depth} cannot be read"); // nobody has to be able to, with --insecure
            }

            depth++;
        }
    }

    private static string DescribeVerification(ChainVerification verification, bool isResumed)
    {
        List<string> overlooked = [];
        if (verification.PolicyErrors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            overlooked.Add("the chain is not to be trusted");
        if (verification.PolicyErrors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            overlooked.Add("the certificate is for another host");
        if (verification.PolicyErrors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            overlooked.Add("there is no certificate");
        string visit = isResumed ? $"of the first visit, at {Time(verification.VerifiedAt.UtcDateTime)}" : "";
        string verdict = overlooked.Count > 0 ? $"overlooked by --insecure ({string.Join("; ", overlooked)})" : isResumed ? "" : "ok";
        return $"verification: {visit}{(visit.Length > 0 && verdict.Length > 0 ? ", " : "")}{verdict}";
    }

    private static string DescribeWeight(HandshakeReport report) =>
        $"the chain has {report.CertificateChainBytes} bytes and took {report.CertificateBytes} of the server's first flight, "
        + (report.OcspResponseBytes == 0 ? "without an OCSP response" : $"with {report.OcspResponseBytes} bytes of OCSP responses");

    private static string KeyOf(X509Certificate2 certificate)
    {
        using ECDsa? ecdsa = certificate.GetECDsaPublicKey();
        using RSA? rsa = certificate.GetRSAPublicKey();
        return ecdsa is not null ? $"ECDSA, {ecdsa.KeySize} bits"
            : rsa is not null ? $"RSA, {rsa.KeySize} bits"
            : certificate.PublicKey.Oid.FriendlyName ?? certificate.PublicKey.Oid.Value ?? "unknown";
    }

    private static string Time(DateTime time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string Protocol(HandshakeReport report) =>
        report.ApplicationProtocol == default ? "no ALPN" : report.ApplicationProtocol.ToString();

    private static string RoundTrips(int count) => count == 1 ? "1 round trip" : $"{count} round trips";

    private static string Milliseconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms");

    private static void Line(TextWriter writer, string text)
    {
        int indentation = text.Length - text.TrimStart(' ').Length;
        writer.WriteLine($"* {text[..indentation]}{ErrorLine.OneLine(text)}");
    }
}
