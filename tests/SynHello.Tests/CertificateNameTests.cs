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
}
