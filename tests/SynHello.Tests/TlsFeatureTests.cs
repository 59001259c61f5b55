using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Tests;

/// <summary>The TLS Feature extension (RFC 7633).</summary>
public sealed class TlsFeatureTests
{
    [Theory]
    [InlineData(new byte[] { 0x30, 3, 2, 1, 5 }, true)]
    [InlineData(new byte[] { 0x30, 6, 2, 1, 17, 2, 1, 5 }, true)]
    [InlineData(new byte[] { 0x30, 6, 2, 1, 5, 2, 1, 17 }, true)]
    [InlineData(new byte[] { 0x30, 3, 2, 1, 17 }, false)]
    [InlineData(new byte[] { 0x30, 0 }, false)]
    public void Features_AreRead(byte[] extension, bool requiresStaple)
    {
        using X509Certificate2 certificate = With(extension);
        Assert.Equal(requiresStaple, TlsFeature.RequiresStaple(certificate));
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x30, 3, 2, 1 })]
    [InlineData(new byte[] { 0x30, 3, 2, 1, 5, 0 })]
    [InlineData(new byte[] { 0x30, 3, 4, 1, 5 })]
    [InlineData(new byte[] { 0x30, 4, 2, 2, 0, 5 })]
    [InlineData(new byte[] { 0x30, 8, 2, 6, 1, 0, 0, 0, 0, 5 })]
    public void BrokenFeatures_AreRefused(byte[] extension)
    {
        using X509Certificate2 certificate = With(extension);
        Assert.Throws<AsnContentException>(() => TlsFeature.RequiresStaple(certificate));
    }

    [Fact]
    public void CertificateWithout_DemandsNothing() => Assert.False(TlsFeature.RequiresStaple(OcspSamples.Chain.Leaf));

    private static X509Certificate2 With(byte[] extension)
    {
        using ECDsa key = ECDsa.Create();
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("1.3.6.1.5.5.7.1.24", extension, critical: false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
