using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;

namespace SynHello.Tests;

public sealed class ChainVerificationTests
{
    private static readonly TestChain Chain = TestCertificates.Shared(CertificateKind.EcdsaP256);

    private int _overlooked;

    [Fact]
    public void Verification_TellsWhenAndForHowLong()
    {
        var clock = new StoppedTimers();
        DateTimeOffset before = clock.GetUtcNow();

        ChainVerification verification = Verified(options => options.TimeProvider = clock);

        Assert.InRange(verification.VerifiedAt, before, clock.GetUtcNow());
        Assert.Equal(verification.VerifiedAt + TimeSpan.FromHours(24), verification.EndsAt);
        Assert.Equal(SslPolicyErrors.None, verification.PolicyErrors);
    }

    [Fact]
    public void MaximumSessionAge_BoundsIt()
    {
        ChainVerification verification = Verified(options => options.MaximumSessionAge = TimeSpan.FromMinutes(7));

        Assert.Equal(verification.VerifiedAt + TimeSpan.FromMinutes(7), verification.EndsAt);
    }

    [Fact]
    public void EndlessAge_IsBoundedByTheCertificates()
    {
        ChainVerification verification = Verified(options => options.MaximumSessionAge = TimeSpan.MaxValue);

        Assert.Equal(new DateTimeOffset(Chain.Leaf.NotAfter), verification.EndsAt); // the leaf is the first of this chain to end
    }

    [Fact]
    public void Intermediate_EndsItToo()
    {
        using TestChain chain = TestCertificates.Issue(
            CertificateKind.EcdsaP256, ["example.com"], notAfter: DateTimeOffset.UtcNow.AddDays(300));

        ChainVerification verification = Verified(options => (options.MaximumSessionAge, options.TrustedRoots) = (TimeSpan.MaxValue, [chain.Root]), chain);

        Assert.Equal(new DateTimeOffset(chain.Intermediates[0].NotAfter), verification.EndsAt);
        Assert.True(chain.Intermediates[0].NotAfter < chain.Leaf.NotAfter);
    }

    [Fact]
    public void VerdictFromMemory_IsAsOldAsItIs()
    {
        var clock = new StoppedTimers();
        CertificateVerification verification = Make(options => options.TimeProvider = clock);
        ChainVerification first = Check(verification, Chain);
        clock.Offset = TimeSpan.FromMinutes(2);

        ChainVerification second = Check(verification, Chain);

        Assert.Equal(first, second);
    }

    [Fact]
    public void Callback_IsNotedWithWhatItOverlooked()
    {
        using TestChain other = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.org"]);
        ChainVerification verification = Verified(options => options.RemoteCertificateValidationCallback = Overlook, other);

        Assert.Equal(
            SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateChainErrors,
            verification.PolicyErrors);
        Assert.Equal(verification.VerifiedAt + TimeSpan.FromHours(24), verification.EndsAt);
    }

    [Fact]
    public void ExpiredCertificateThatACallbackTook_IsOfNoFurtherUse()
    {
        using TestChain expired = TestCertificates.Expired(CertificateKind.EcdsaP256, "example.com");
        ChainVerification verification = Verified(options => options.RemoteCertificateValidationCallback = Overlook, expired);

        Assert.Equal(new DateTimeOffset(expired.Leaf.NotAfter), verification.EndsAt);
        Assert.True(verification.EndsAt < verification.VerifiedAt);
    }

    [Fact]
    public void RefusedChain_HasNone()
    {
        CertificateVerification verification = Make();
        Assert.NotNull(verification.Check(this, Encode(Chain), "example.org", out ChainVerification? none));
        Assert.Null(none);
        CertificateVerification asking = Make(options => options.RemoteCertificateValidationCallback = (_, _, _, _) => false);
        Assert.NotNull(asking.Check(this, Encode(Chain), "example.com", out none));
        Assert.Null(none);
    }

    [Fact]
    public void TrustSettings_AreTheSameForTheSameSettings()
    {
        X509Certificate2 root = Chain.Root, other = TestCertificates.Shared(CertificateKind.EcdsaP384).Root;

        Assert.Equal(Trust(), Trust());
        Assert.Equal(Trust(o => o.TrustedRoots = [root, other]), Trust(o => o.TrustedRoots = [other, root, root]));
        Assert.Equal(
            Trust(o => o.TrustedRoots = [root]),
            Trust(o => o.CertificateChainPolicy = Policy(p =>
            {
                p.TrustMode = X509ChainTrustMode.CustomRootTrust;
                p.CustomTrustStore.Add(root);
            })));
        Assert.Equal(
            Trust(o => o.CertificateChainPolicy = Policy()),
            Trust(o => o.CertificateChainPolicy = Policy(p => p.UrlRetrievalTimeout = TimeSpan.FromSeconds(1))));
    }

    [Fact]
    public void EachSetting_MakesOtherTrust()
    {
        X509Certificate2 root = Chain.Root, other = TestCertificates.Shared(CertificateKind.EcdsaP384).Root;
        string[] settings =
        [
            Trust(),
            Trust(o => o.TrustedRoots = [root]),
            Trust(o => o.TrustedRoots = [other]),
            Trust(o => o.TrustedRoots = [root, other]),
            .. ((Action<X509ChainPolicy>[])
            [
                p => p.RevocationMode = X509RevocationMode.Online,
                p => p.RevocationMode = X509RevocationMode.Offline,
                p => p.RevocationFlag = X509RevocationFlag.EndCertificateOnly,
                p => p.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid,
                p => p.DisableCertificateDownloads = false,
                p => p.VerificationTime = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc),
                p => p.VerificationTime = new DateTime(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc),
                p => p.ApplicationPolicy.Add(new Oid("1.2.3")),
                p => p.CertificatePolicy.Add(new Oid("1.2.3")),
                p => p.ExtraStore.Add(root),
                p => p.TrustMode = X509ChainTrustMode.CustomRootTrust,
            ]).Select(change => Trust(o => o.CertificateChainPolicy = Policy(change))),
        ];

        Assert.Equal(settings.Length, settings.Distinct().Count());
    }

    [Fact]
    public void Callback_KeepsSessionsToItsClientUnlessItHasAName()
    {
        string one = Trust(Callback(null)), another = Trust(Callback(null));
        string named = Trust(Callback("pins")), sameName = Trust(Callback("pins")), otherName = Trust(Callback("other"));

        Assert.Equal(5 - 1, new HashSet<string> { one, another, named, sameName, otherName }.Count);
        Assert.Equal(named, sameName);
        Assert.NotEqual(named, Trust(o => o.SessionTrustName = "pins")); // the same name without a callback

        Action<SecureClientOptions> Callback(string? name) => options =>
        {
            options.RemoteCertificateValidationCallback = Overlook;
            options.SessionTrustName = name;
        };
    }

    private static X509ChainPolicy Policy(Action<X509ChainPolicy>? change = null)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        change?.Invoke(policy);
        return policy;
    }

    private static string Trust(Action<SecureClientOptions>? configure = null)
    {
        var options = new SecureClientOptions();
        configure?.Invoke(options);
        return new CertificateVerification(options).TrustSettings;
    }

    private static CertificateVerification Make(Action<SecureClientOptions>? configure = null)
    {
        var options = new SecureClientOptions { TrustedRoots = [Chain.Root] };
        configure?.Invoke(options);
        return new CertificateVerification(options);
    }

    private static ChainVerification Verified(Action<SecureClientOptions>? configure = null, TestChain? chain = null) =>
        Check(Make(configure), chain ?? Chain);

    private static ChainVerification Check(CertificateVerification verification, TestChain chain)
    {
        Assert.Null(verification.Check(new object(), Encode(chain), "example.com", out ChainVerification? made));
        Assert.NotNull(made);
        return made;
    }

    private bool Overlook(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => ++_overlooked > 0;

    private static ReadOnlyMemory<byte>[] Encode(TestChain chain) =>
        [chain.Leaf.RawData, .. chain.Intermediates.Select(certificate => new ReadOnlyMemory<byte>(certificate.RawData))];
}
