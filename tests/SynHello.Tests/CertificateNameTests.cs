using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;
using SynHello.Wire;

using static SynHello.Tests.CertificateChecks;

namespace SynHello.Tests;

/// <summary>The names in a server's certificate, and the host that was asked for (RFC 9525 section 6).</summary>
public sealed class CertificateNameTests
{
    [Theory]
    [InlineData("example.com")]
    [InlineData("EXAMPLE.com")]
    [InlineData("example.com.")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("0:0:0:0:0:0:0:1")]
    public void NameInTheCertificate_IsTaken(string host) => Assert.Null(Check(Shared, host));

    [Theory]
    [InlineData("example.org")]
    [InlineData("a.example.com")]
    [InlineData("com")]
    [InlineData("127.0.0.2")]
    [InlineData("::2")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("no host name")]
    public void OtherName_IsRefused(string host)
    {
        TlsProtocolException refusal = Refused(Check(Shared, host));

        Assert.Equal(TlsErrorCause.CertificateNameMismatch, refusal.Cause);
        Assert.Equal(AlertDescription.BadCertificate, refusal.Alert);
        Assert.Equal($"The certificate is not for {host}; it is for example.com, localhost, 127.0.0.1, ::1.", refusal.Message);
    }

    [Theory]
    [InlineData("a.example.net", true)]
    [InlineData("A.Example.NET", true)]
    [InlineData("a.b.example.net", false)]
    [InlineData("example.net", false)]
    [InlineData(".example.net", false)]
    [InlineData("aexample.net", false)]
    public void Wildcard_StandsForOneWholeLabel(string host, bool taken)
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, ["*.example.net"]);

        Assert.Equal(taken, Check(chain, host) is null);
    }

    [Theory]
    [InlineData("f*.example.net", "foo.example.net")]
    [InlineData("*f.example.net", "of.example.net")]
    [InlineData("a.*.net", "a.example.net")]
    [InlineData("*", "localhost")]
    public void WildcardThatIsNoWholeLeftLabel_StandsForNothing(string name, string host)
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, [name]);

        Assert.Equal(TlsErrorCause.CertificateNameMismatch, Refused(Check(chain, host)).Cause);
    }

    /// <summary>
    /// RFC 9525 section 6.3, name by name: what is in the certificate, what is dialed (as it is after punycode), and whether it is
    /// the same.
    /// </summary>
    [Theory]
    [InlineData("EXAMPLE.Com", "example.com", true)]
    [InlineData("example.com", "example.com.", true)]
    [InlineData("example.com.", "example.com", true)] // the same name, written in full
    [InlineData("example.com.evil.example", "example.com", false)]
    [InlineData("com", "example.com", false)]
    [InlineData(".example.com", "a.example.com", false)]
    [InlineData("", "example.com", false)]
    [InlineData(" example.com", "example.com", false)]
    [InlineData("example.com\0.evil.example", "example.com", false)]
    [InlineData("example.com\0", "example.com", false)]
    [InlineData("evil.example", "evil.example\0.example.com", false)]
    [InlineData("example.com", "example.com\0.evil.example", false)]
    [InlineData("under_score.example", "under_score.example", true)]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example", true)]
    [InlineData("XN--BCHER-KVA.Example", "xn--bcher-kva.example", true)]
    [InlineData("*.xn--bcher-kva.example", "www.xn--bcher-kva.example", true)]
    [InlineData("*.example", "xn--bcher-kva.example", true)] // a whole label, whatever is in it (section 6.3)
    [InlineData("xn--*-kva.example", "xn--bcher-kva.example", false)]
    [InlineData("*.com", "example.com", true)] // no list of public suffixes is kept: an authority's business
    [InlineData("*.com", "com", false)]
    [InlineData("*.*.example", "a.b.example", false)]
    [InlineData("**.example.net", "a.example.net", false)]
    [InlineData("*a.example.net", "*a.example.net", false)]
    [InlineData("f*o.example.net", "foo.example.net", false)]
    [InlineData("www.*", "www.example", false)]
    [InlineData("*.example.net", "a\0.example.net", false)]
    [InlineData("127.0.0.1", "127.0.0.1", false)] // a DNS name that looks like an address
    [InlineData("::1", "::1", false)]
    [InlineData("[::1]", "::1", false)]
    [InlineData("*.0.0.1", "127.0.0.1", false)]
    public void DnsName_IsComparedLabelByLabel(string inCertificate, string host, bool taken)
    {
        using X509Certificate2 certificate = SelfSigned("CN=example.com", AlternativeNames([inCertificate]));

        AssertTaken(taken, certificate, host);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.10", false)]
    [InlineData("192.0.2.1", "192.0.2.1.", true)] // dots at the end are taken off whatever is dialed
    [InlineData("192.0.2.1", "a.192.0.2.1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", false)] // octet by octet (section 6.4): not the same length
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", false)]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("::ffff:192.0.2.1", "::ffff:c000:201", true)]
    [InlineData("2001:db8::1", "2001:DB8:0:0::1", true)]
    [InlineData("2001:db8::1", "[2001:db8::1]", true)]
    [InlineData("2001:db8::1", "2001:db8::2", false)]
    [InlineData("0.0.0.0", "example.com", false)]
    public void Address_IsComparedOctetByOctet(string inCertificate, string host, bool taken)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Parse(inCertificate));
        using X509Certificate2 certificate = SelfSigned("CN=192.0.2.1", names.Build());

        AssertTaken(taken, certificate, host);
    }

    /// <summary>Only DNS names and addresses name a host: not the subject, nor what else stands among the alternative names.</summary>
    [Fact]
    public void OtherKindsOfNames_AreNoHosts()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("https://example.com/"));
        names.AddEmailAddress("admin@example.com");
        names.AddUserPrincipalName("example.com");
        using X509Certificate2 certificate = SelfSigned("CN=example.com", names.Build());

        AssertTaken(false, certificate, "example.com");
    }

    /// <summary>The extension is there and cannot be read: a refusal, of whichever kind, and nothing breaks.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("3003820165")] // a length beyond the end
    [InlineData("300487020102")] // an address of two octets
    public void NamesThatCannotBeRead_AreRefused(string names)
    {
        using X509Certificate2 certificate = SelfSigned(
            "CN=example.com", new X509Extension("2.5.29.17", Convert.FromHexString(names), critical: false));

        Assert.NotNull(Verification(options => options.TrustedRoots = [certificate])
            .Check(this, [certificate.RawData], "example.com", out _));
    }

    [Fact]
    public void WildcardOfNumbers_IsNoAddress()
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, ["*.0.0.1"]);

        Assert.Equal(TlsErrorCause.CertificateNameMismatch, Refused(Check(chain, "127.0.0.1")).Cause);
    }

    [Fact]
    public void CommonName_IsNoHostName()
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, []); // CN=nobody, no subject alternative names

        TlsProtocolException refusal = Refused(Check(chain, "nobody"));

        Assert.Equal(TlsErrorCause.CertificateNameMismatch, refusal.Cause);
        Assert.Equal("The certificate is not for nobody; it names no host as a subject alternative name.", refusal.Message);
    }

    [Fact]
    public void NamesInARefusal_AreOneLineAndShort()
    {
        string[] names = ["x\r\n2030-01-01 all is well", new string('y', 5000), "c", "d", "e", "f"];
        using X509Certificate2 certificate = SelfSigned("CN=x", AlternativeNames(names));

        string message = Refused(
            Verification(options => options.TrustedRoots = [certificate]).Check(this, [certificate.RawData], "example.com", out _)).Message;

        Assert.DoesNotContain(message, char.IsControl);
        Assert.Contains("it is for x??2030-01-01 all is well, yyy", message, StringComparison.Ordinal);
        Assert.EndsWith("y..., c, d, e, ....", message, StringComparison.Ordinal);
        Assert.True(message.Length < 500);
    }

    private static void AssertTaken(bool taken, X509Certificate2 certificate, string host)
    {
        TlsProtocolException? refusal = Verification(options => options.TrustedRoots = [certificate])
            .Check(new object(), [certificate.RawData], host, out _);

        Assert.Equal(taken ? null : TlsErrorCause.CertificateNameMismatch, refusal?.Cause);
    }
}
