using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>What OCSP tests are about: a chain, its issuer with its key, and responders' certificates. The time is 2030.</summary>
internal static class OcspSamples
{
    public const string OcspSigning = "1.3.6.1.5.5.7.3.9";

    public static readonly DateTimeOffset Now = new FakeTimeProvider().GetUtcNow();
    public static readonly TestChain Chain = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"]);
    public static readonly TestChain RsaChain =
        TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"], authorities: CertificateKind.Rsa2048);

    public static OcspResponseBuilder Response(TestChain? chain = null, DateTimeOffset? now = null) =>
        new((chain ?? Chain).Leaf, (chain ?? Chain).Issuer, now ?? Now);

    public static RevocationVerdict Verify(byte[] response, TestChain? chain = null, DateTimeOffset? now = null) =>
        OcspVerifier.Verify(response, (chain ?? Chain).Leaf, (chain ?? Chain).Issuer, now ?? Now);

    /// <summary>A certificate for a responder, right unless told otherwise.</summary>
    public static X509Certificate2 Responder(
        X509Certificate2? issuer = null,
        AsymmetricAlgorithm? key = null,
        string? purpose = OcspSigning,
        bool hasNoCheck = true,
        X509KeyUsageFlags usage = X509KeyUsageFlags.DigitalSignature,
        X509Extension? extension = null,
        DateTimeOffset? notBefore = null,
        DateTimeOffset? notAfter = null)
    {
        var extensions = new List<X509Extension> { new X509KeyUsageExtension(usage, critical: true) };
        if (purpose is not null)
            extensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        if (hasNoCheck)
            extensions.Add(new X509Extension("1.3.6.1.5.5.7.48.1.5", [5, 0], critical: false));
        if (extension is not null)
            extensions.Add(extension);
        using ECDsa made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return TestCertificates.IssueFrom(
            issuer ?? Chain.Issuer,
            key ?? made,
            [.. extensions],
            notBefore ?? Now.AddDays(-1),
            notAfter ?? Now.AddDays(1));
    }

    /// <summary>A response that a responder has signed, with its certificate.</summary>
    public static OcspResponseBuilder SignedBy(X509Certificate2 responder, TestChain? chain = null)
    {
        OcspResponseBuilder response = Response(chain);
        response.Signer = responder;
        response.Certificates.Add(responder);
        return response;
    }
}
