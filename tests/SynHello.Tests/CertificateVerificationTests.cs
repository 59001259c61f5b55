using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

using static SynHello.Tests.CertificateChecks;

using CertificateRequest = System.Security.Cryptography.X509Certificates.CertificateRequest;

namespace SynHello.Tests;

/// <summary>What a server's certificates have to be to be taken, but for the names in them.</summary>
public sealed class CertificateVerificationTests
{
    /// <summary>
    /// The engine reads the key out of DER, and .NET's loader looks for PEM where there is no DER: bytes that are one thing to the
    /// one and another to the other must not pass, or whoever knows a host's certificate could be that host.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CertificateInsideAnother_IsRefusedWhateverTheCallbackSays(bool hasCallback)
    {
        using TestChain victim = TestCertificates.SelfSigned(CertificateKind.EcdsaP256, "example.com");
        using var attacker = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] forged = Forge(attacker.ExportSubjectPublicKeyInfo(), victim.ToCertificatePem());
        CertificateVerification verification = Verification(options =>
        {
            options.TrustedRoots = [victim.Leaf];
            options.RemoteCertificateValidationCallback = hasCallback ? (_, _, _, errors) => errors == SslPolicyErrors.None : null;
        });

        // The premise: the engine takes the attacker's key from these bytes, and the loader the victim's certificate.
        using (CertificateKey key = DefaultCryptoProvider.Instance.ImportCertificateKey(forged))
        {
            byte[] message = [1, 2, 3];
            byte[] signature = attacker.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
            Assert.True(key.Verify(SignatureScheme.EcdsaSecp256r1Sha256, message, signature));
        }

        using (X509Certificate2 loaded = X509CertificateLoader.LoadCertificate(forged))
            Assert.Equal(victim.Leaf.Thumbprint, loaded.Thumbprint);

        Assert.Equal(TlsErrorCause.MalformedCertificate, Refused(verification.Check(this, [forged], "example.com", out _)).Cause);
        Assert.Null(verification.Check(this, [victim.Leaf.RawData], "example.com", out _)); // and remembered
        Assert.Equal(TlsErrorCause.MalformedCertificate, Refused(verification.Check(this, [forged], "example.com", out _)).Cause);
    }

    [Theory]
    [InlineData(X509KeyUsageFlags.DigitalSignature, true)]
    [InlineData(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true)]
    [InlineData(X509KeyUsageFlags.KeyEncipherment, false)]
    public void KeyUsage_HasToAllowSigning(X509KeyUsageFlags usage, bool isTaken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(AlternativeNames(["example.com"]));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        TlsProtocolException? refusal = Verification(options => options.TrustedRoots = [certificate])
            .Check(this, [certificate.RawData], "example.com", out _);

        Assert.Equal(isTaken ? null : TlsErrorCause.CertificateRefused, refusal?.Cause);
    }

    [Fact]
    public void IssuerInARefusal_IsOneLine()
    {
        using X509Certificate2 certificate = SelfSigned("CN=x", AlternativeNames(["example.com"]), issuer: "CN=\"all\nis well\"");

        string message = Refused(Verification().Check(this, [certificate.RawData], "example.com", out _)).Message;

        Assert.DoesNotContain(message, char.IsControl);
        Assert.Contains("all?is well", message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExpiredCertificate_IsRefusedWithItsEnd()
    {
        using TestChain chain = TestCertificates.Expired(CertificateKind.EcdsaP256, "example.com");

        TlsProtocolException refusal = Refused(Check(chain, "example.com"));

        Assert.Equal(TlsErrorCause.CertificateExpired, refusal.Cause);
        Assert.Equal(AlertDescription.CertificateExpired, refusal.Alert);
        Assert.Equal($"The certificate has expired on {chain.Leaf.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm:ss} UTC.", refusal.Message);
    }

    [Fact]
    public void CertificateOfTheFuture_IsRefusedWithItsBeginning()
    {
        DateTimeOffset begin = DateTimeOffset.UtcNow.AddDays(3);
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"], notBefore: begin);

        TlsProtocolException refusal = Refused(Check(chain, "example.com"));

        Assert.Equal(TlsErrorCause.CertificateExpired, refusal.Cause);
        Assert.Equal($"The certificate is not valid before {begin:yyyy-MM-dd HH:mm:ss} UTC.", refusal.Message);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(-10)]
    public void Validity_IsJudgedByTheClientsClockWhateverItsZone(int hoursFromUtc)
    {
        // An hour of validity: a mistaken zone is off by more.
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using TestChain chain = TestCertificates.Issue(
            CertificateKind.EcdsaP256, ["example.com"], notBefore: now.AddMinutes(-30), notAfter: now.AddMinutes(30));
        var clock = new ZonedClock(TimeSpan.FromHours(hoursFromUtc));

        Assert.Null(Check(chain, "example.com", options => options.TimeProvider = clock));
        clock.Offset = TimeSpan.FromMinutes(31);
        Assert.Equal(TlsErrorCause.CertificateExpired, Refused(Check(chain, "example.com", options => options.TimeProvider = clock)).Cause);
        clock.Offset = TimeSpan.FromMinutes(-31);
        Assert.Equal(TlsErrorCause.CertificateExpired, Refused(Check(chain, "example.com", options => options.TimeProvider = clock)).Cause);
    }

    [Fact]
    public void PolicyWithATimeOfItsOwn_IsJudgedAtThatTime()
    {
        using TestChain chain = TestCertificates.Expired(CertificateKind.EcdsaP256, "example.com");
        X509ChainPolicy policy = Policy(chain);
        Assert.Equal(TlsErrorCause.CertificateExpired, Refused(CheckWith(chain, policy)).Cause);

        policy.VerificationTime = DateTime.UtcNow.AddDays(-10);
        Assert.Null(CheckWith(chain, policy));
        policy.VerificationTime = DateTime.UtcNow.AddDays(-31);
        Assert.StartsWith("The certificate is not valid before", Refused(CheckWith(chain, policy)).Message, StringComparison.Ordinal);

        static TlsProtocolException? CheckWith(TestChain chain, X509ChainPolicy policy) =>
            Check(chain, "example.com", options => (options.TrustedRoots, options.CertificateChainPolicy) = (null, policy));
    }

    [Fact]
    public void SelfSignedCertificate_IsRefused()
    {
        using TestChain chain = TestCertificates.SelfSigned(CertificateKind.EcdsaP256, "example.com");

        TlsProtocolException refusal = Refused(Check(chain, "example.com", options => options.TrustedRoots = [Shared.Root]));

        Assert.Equal(TlsErrorCause.UnknownCertificateAuthority, refusal.Cause);
        Assert.Equal(AlertDescription.UnknownCa, refusal.Alert);
        Assert.Equal("The certificate is self-signed and not trusted.", refusal.Message);
        Assert.Null(Check(chain, "example.com")); // trusted as its own root
    }

    [Fact]
    public void UnknownRoot_IsRefusedWithTheIssuer()
    {
        TlsProtocolException refusal = Refused(Check(Shared, "example.com", options => options.TrustedRoots = null)); // the system's

        Assert.Equal(TlsErrorCause.UnknownCertificateAuthority, refusal.Cause);
        Assert.Equal(
            "The certificate was issued by CN=SynHello test intermediate, which leads to no trusted root.", refusal.Message);
    }

    [Fact]
    public void MissingIntermediate_IsAnUnknownRoot()
    {
        using var leaf = X509CertificateLoader.LoadCertificate(Shared.Leaf.RawData);

        TlsProtocolException? refusal = Verification().Check(this, [leaf.RawData], "example.com", out _);

        Assert.Equal(TlsErrorCause.UnknownCertificateAuthority, Refused(refusal).Cause);
    }

    [Fact]
    public void IntermediatesInAnyOrder_AreUsed()
    {
        using TestChain other = TestCertificates.SelfSigned(CertificateKind.EcdsaP256, "other");
        ReadOnlyMemory<byte>[] chain = [Shared.Leaf.RawData, other.Leaf.RawData, Shared.Intermediates[0].RawData];

        Assert.Null(Verification().Check(this, chain, "example.com", out _));
    }

    [Fact]
    public void RootThatThePeerSends_IsNotTrustedForIt()
    {
        using TestChain trusted = TestCertificates.SelfSigned(CertificateKind.EcdsaP256, "trusted");
        ReadOnlyMemory<byte>[] chain = [.. Chain(Shared), Shared.Root.RawData];

        TlsProtocolException? refusal = Verification(options => options.TrustedRoots = [trusted.Root]).Check(this, chain, "example.com", out _);

        Assert.Equal(TlsErrorCause.UnknownCertificateAuthority, Refused(refusal).Cause);
    }

    [Fact]
    public void LeafThatMayNotSign_CertifiesNobody()
    {
        // A leaf of a trusted chain is no authority, however good its own chain is.
        using ECDsa key = ECDsa.Create();
        var request = new CertificateRequest("CN=mallory", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("example.org");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 forged = request.Create(
            Shared.Leaf.SubjectName,
            X509SignatureGenerator.CreateForECDsa(Shared.Leaf.GetECDsaPrivateKey()!),
            DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(1),
            (byte[])[1, 2, 3]);
        ReadOnlyMemory<byte>[] chain = [forged.RawData, Shared.Leaf.RawData, Shared.Intermediates[0].RawData];

        Assert.NotNull(Verification().Check(this, chain, "example.org", out _));
    }

    [Fact]
    public void CertificateForClientsOnly_IsRefused()
    {
        using X509Certificate2 client = SelfSigned(
            "CN=client",
            AlternativeNames(["example.com"]),
            new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.2")], critical: false));

        TlsProtocolException refusal = Refused(
            Verification(options => options.TrustedRoots = [client]).Check(this, [client.RawData], "example.com", out _));

        Assert.Equal(TlsErrorCause.CertificateRefused, refusal.Cause);
        Assert.StartsWith("The certificate is not valid: ", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public void Garbage_IsAMalformedCertificate()
    {
        TlsProtocolException refusal = Refused(Verification().Check(this, [Exchange.Bytes(300)], "example.com", out _));
        Assert.Equal(TlsErrorCause.MalformedCertificate, refusal.Cause);
        Assert.Equal("A certificate of the server's chain cannot be read.", refusal.Message);

        ReadOnlyMemory<byte>[] behind = [Shared.Leaf.RawData, Exchange.Bytes(300)];
        Assert.Equal(TlsErrorCause.MalformedCertificate, Refused(Verification().Check(this, behind, "example.com", out _)).Cause);
    }

    [Fact]
    public void Callback_IsToldWhatIsWrongAndDecides()
    {
        using TestChain expired = TestCertificates.Expired(CertificateKind.EcdsaP256, "example.com");
        AssertAsked(Shared, "example.com", [Shared.Root], SslPolicyErrors.None);
        AssertAsked(Shared, "example.org", [Shared.Root], SslPolicyErrors.RemoteCertificateNameMismatch);
        AssertAsked(Shared, "example.com", null, SslPolicyErrors.RemoteCertificateChainErrors);
        AssertAsked(expired, "example.com", [expired.Root], SslPolicyErrors.RemoteCertificateChainErrors);
        AssertAsked(
            Shared, "example.org", null, SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch);
    }

    [Fact]
    public void CallbackThatRefuses_LeavesThePreciseCause()
    {
        TlsProtocolException good = Refused(
            Check(Shared, "example.com", options => options.RemoteCertificateValidationCallback = (_, _, _, _) => false));
        TlsProtocolException wrongHost = Refused(
            Check(Shared, "example.org", options => options.RemoteCertificateValidationCallback = (_, _, _, _) => false));

        Assert.Equal(TlsErrorCause.CertificateRefused, good.Cause);
        Assert.Equal("The certificate was refused by the callback.", good.Message);
        Assert.Equal(TlsErrorCause.CertificateNameMismatch, wrongHost.Cause);
    }

    [Fact]
    public void OptionsChangedAfterwards_HaveNoEffect()
    {
        var options = new SecureClientOptions { TrustedRoots = [Shared.Root] };
        var rooted = new CertificateVerification(options);
        options.TrustedRoots.Clear();
        Assert.Null(rooted.Check(this, Chain(Shared), "example.com", out _));

        X509ChainPolicy policy = Policy(Shared);
        var ruled = new CertificateVerification(new SecureClientOptions { CertificateChainPolicy = policy });
        policy.CustomTrustStore.Clear();
        policy.VerificationTime = DateTime.UtcNow.AddYears(-20);
        Assert.Null(ruled.Check(this, Chain(Shared), "example.com", out _));

        // Nor does one connection's chain reach the next: its intermediates are not kept.
        Assert.NotNull(ruled.Check(this, [Shared.Leaf.RawData], "example.com", out _));
    }

    private static byte[] Forge(byte[] subjectPublicKeyInfo, string pem)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                for (int i = 0; i < 4; i++)
                    writer.PushSequence().Dispose();
                writer.WriteEncodedValue(subjectPublicKeyInfo);
                writer.WriteOctetString(System.Text.Encoding.ASCII.GetBytes("\n" + pem));
            }

            writer.PushSequence().Dispose();
            writer.WriteBitString([0]);
        }

        return writer.Encode();
    }

    private static X509ChainPolicy Policy(TestChain chain) => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { chain.Root },
        RevocationMode = X509RevocationMode.NoCheck,
    };

    private static void AssertAsked(TestChain chain, string host, X509Certificate2Collection? roots, SslPolicyErrors expected)
    {
        int calls = 0;
        object sender = new();
        TlsProtocolException? refusal = Verification(options =>
        {
            options.TrustedRoots = roots;
            options.RemoteCertificateValidationCallback = (source, certificate, built, errors) =>
            {
                calls++;
                Assert.Same(sender, source);
                Assert.Equal(chain.Leaf, certificate);
                Assert.NotEmpty(built!.ChainElements);
                Assert.Equal(expected, errors);
                return calls > 0;
            };
        }).Check(sender, Chain(chain), host, out _);

        Assert.Null(refusal);
        Assert.Equal(1, calls);
    }

    private sealed class ZonedClock(TimeSpan fromUtc) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone("test", fromUtc, null, null);

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
    }
}
