using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Microsoft.Extensions.Logging.Abstractions;

using SynHello.Testing;
using SynHello.Wire;

using static SynHello.Tests.OcspSamples;
using static SynHello.Tests.RevocationChecks;

namespace SynHello.Tests;

/// <summary>What a client does with staples, with and without Must-Staple (RFC 6066 section 8, RFC 7633), fetching nothing.</summary>
public sealed class RevocationCheckerTests
{
    [Fact]
    public void Options_DefaultToStaplesAndFetchNothing()
    {
        var options = new RevocationOptions();
        Assert.Equal(RevocationMode.Staple, options.Mode);
        Assert.Equal(RevocationFailureMode.SoftFail, options.FailureMode);
        Assert.Equal(X509RevocationFlag.EndCertificateOnly, options.RevocationFlag);
        Assert.Equal(TimeSpan.FromSeconds(3), options.Timeout);
    }

    [Fact]
    public void Options_AreChecked()
    {
        Action<RevocationOptions>[] mistakes =
        [
            options => options.Mode = (RevocationMode)9,
            options => options.FailureMode = (RevocationFailureMode)9,
            options => options.RevocationFlag = (X509RevocationFlag)9,
            options => options.Timeout = TimeSpan.Zero,
            options => options.Timeout = Timeout.InfiniteTimeSpan,
            options => options.Timeout = TimeSpan.FromMinutes(2),
        ];
        foreach (Action<RevocationOptions> mistake in mistakes)
        {
            var options = new RevocationOptions();
            mistake(options);
            Assert.Throws<ArgumentException>(() => new RevocationChecker(options, TimeProvider.System, NullLogger.Instance));
        }
    }

    [Fact]
    public async Task Off_LooksAtNothing()
    {
        var checks = new RevocationChecks(RevocationMode.Off);

        Assert.Null(await checks.CheckAsync(Named, Staple(Named, OcspResponseBuilder.Revoked)));
        Assert.Null(await checks.CheckAsync(MustStaple));
        Assert.Empty(checks.Responder.Requests);
    }

    [Theory]
    [InlineData(RevocationMode.Staple)]
    [InlineData(RevocationMode.Online)]
    [InlineData(RevocationMode.Crl)]
    public async Task GoodStaple_IsEnoughAndAsksNobody(RevocationMode mode)
    {
        var checks = new RevocationChecks(mode, RevocationFailureMode.HardFail);

        Assert.Null(await checks.CheckAsync(Named, Staple(Named)));
        Assert.Null(await checks.CheckAsync(MustStaple, Staple(MustStaple)));
        Assert.Empty(checks.Responder.Requests);
        Assert.Empty(checks.Logger.Entries);
    }

    [Fact]
    public async Task NoStaple_IsTakenWithoutAskingAnybody()
    {
        var checks = new RevocationChecks(RevocationMode.Staple, RevocationFailureMode.HardFail);

        Assert.Null(await checks.CheckAsync(Named));
        Assert.Empty(checks.Responder.Requests);
    }

    [Theory]
    [InlineData(RevocationMode.Staple)]
    [InlineData(RevocationMode.Online)]
    [InlineData(RevocationMode.Crl)]
    public async Task RevokedStaple_IsRefused(RevocationMode mode)
    {
        var checks = new RevocationChecks(mode);
        checks.Responder.AnswerWith(() => Staple(Named).Build()); // which would say otherwise

        AssertRefused(
            TlsErrorCause.CertificateRevoked,
            "it was revoked on 2029-12-31 21:00:00 UTC",
            await checks.CheckAsync(Named, Staple(Named, OcspResponseBuilder.Revoked)));
        Assert.Empty(checks.Responder.Requests);
    }

    [Fact]
    public async Task BadStaple_IsRefused()
    {
        var checks = new RevocationChecks(RevocationMode.Staple);
        using TestChain foreign = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"]);
        using X509Certificate2 unauthorized = Responder(Named.Issuer, purpose: null);
        var early = Staple(Named);
        early.ThisUpdate = Now.AddMinutes(6);

        await RefusesAsync(ExpiredStaple(Named).Build(), "has expired");
        await RefusesAsync(early.Build(), "not valid before");
        await RefusesAsync(Staple(Named, OcspResponseBuilder.Unknown).Build(), "does not know the certificate");
        await RefusesAsync(Staple(foreign).Build(), "about another certificate");
        await RefusesAsync(SignedBy(unauthorized, Named).Build(), "not for signing OCSP responses");
        await RefusesAsync([1, 2, 3], "cannot be read");
        await RefusesAsync(OcspResponseBuilder.Error(3), "TryLater");

        async Task RefusesAsync(byte[] staple, string reason)
        {
            TlsProtocolException? refusal = await checks.CheckAsync(Named, [staple, default]);
            AssertRefused(TlsErrorCause.BadCertificateStatus, reason, refusal);
            Assert.Equal(AlertDescription.BadCertificateStatusResponse, refusal!.Alert);
        }
    }

    [Fact]
    public async Task StapleOfAnIssuer_IsVerifiedToo()
    {
        var checks = new RevocationChecks(RevocationMode.Staple);
        TestChain chain = WithRootKey(out X509Certificate2 root);
        var good = new OcspResponseBuilder(chain.Intermediates[0], root, Now);
        var revoked = new OcspResponseBuilder(chain.Intermediates[0], root, Now) { Statuses = [OcspResponseBuilder.Revoked] };

        Assert.Null(await checks.CheckAsync(chain, [default, good.Build()]));
        AssertRefused(
            TlsErrorCause.CertificateRevoked, "A certificate of the server's chain", await checks.CheckAsync(chain, [default, revoked.Build()]));
    }

    /// <summary>The list is as the server sent it; the chain is as it was built.</summary>
    [Fact]
    public async Task Staples_BelongToTheCertificatesThatTheyCameWith()
    {
        var checks = new RevocationChecks(RevocationMode.Staple);
        using TestChain other = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"]);
        var sent = new TestChain(
            Named.Leaf,
            [other.Leaf, .. Named.Intermediates], // one that leads nowhere in between
            Named.Root);
        X509Certificate2[] built = [Named.Leaf, .. Named.Intermediates, Named.Root];
        byte[] garbage = [1];

        Assert.Null(await checks.CheckAsync(built, sent, [Staple(Named).Build(), garbage, default]));
        AssertRefused(
            TlsErrorCause.BadCertificateStatus,
            "A certificate of the server's chain",
            await checks.CheckAsync(built, sent, [Staple(Named).Build(), default, garbage]));
    }

    [Theory]
    [InlineData(RevocationMode.Staple)]
    [InlineData(RevocationMode.Online)]
    [InlineData(RevocationMode.Crl)]
    public async Task MustStapleWithoutAGoodStaple_IsRefusedWithoutAskingAnybody(RevocationMode mode)
    {
        var checks = new RevocationChecks(mode);
        checks.Responder.AnswerWith(() => Staple(MustStaple).Build());

        AssertRefused(TlsErrorCause.BadCertificateStatus, "Must-Staple", await checks.CheckAsync(MustStaple));
        AssertRefused(TlsErrorCause.BadCertificateStatus, "has expired", await checks.CheckAsync(MustStaple, ExpiredStaple(MustStaple)));
        Assert.Empty(checks.Responder.Requests);
    }

    [Fact]
    public async Task FeaturesThatCannotBeRead_AreRefused()
    {
        using TestChain chain = TestCertificates.Issue(
            CertificateKind.EcdsaP256, ["example.com"], extensions: new X509Extension("1.3.6.1.5.5.7.1.24", [0x30, 1], critical: false));
        var checks = new RevocationChecks(RevocationMode.Staple);

        AssertRefused(TlsErrorCause.MalformedCertificate, "TLS features", await checks.CheckAsync(chain, Staple(chain)));
    }

    /// <summary>It holds no longer for having been verified before.</summary>
    [Fact]
    public async Task StapleThatWasVerifiedBefore_IsRefusedWhenItHasEnded()
    {
        var checks = new RevocationChecks(RevocationMode.Staple);
        ReadOnlyMemory<byte>[] staples = [Staple(Named).Build(), default];
        Assert.Null(await checks.CheckAsync(Named, staples));
        Assert.Null(await checks.CheckAsync(Named, staples));

        checks.Clock.Advance(TimeSpan.FromHours(23) + TimeSpan.FromMinutes(4));
        Assert.Null(await checks.CheckAsync(Named, staples));
        checks.Clock.Advance(TimeSpan.FromMinutes(2));
        AssertRefused(TlsErrorCause.BadCertificateStatus, "has expired", await checks.CheckAsync(Named, staples));
    }

    [Fact]
    public async Task StapleThatWasVerifiedBefore_DoesNotVouchForAnother()
    {
        var checks = new RevocationChecks(RevocationMode.Staple);
        ReadOnlyMemory<byte>[] staples = [Staple(Named).Build(), default];
        Assert.Null(await checks.CheckAsync(Named, staples));

        AssertRefused(TlsErrorCause.BadCertificateStatus, "another certificate", await checks.CheckAsync(MustStaple, staples));
    }

    [Fact]
    public async Task SelfSignedCertificate_VouchesForItself()
    {
        var checks = new RevocationChecks(RevocationMode.Staple);
        using TestChain chain = TestCertificates.SelfSigned(CertificateKind.EcdsaP256, "example.com");
        X509Certificate2[] built = [chain.Leaf];

        Assert.Null(await checks.CheckAsync(built, chain, []));
        Assert.Null(await checks.CheckAsync(built, chain, [Staple(chain).Build()]));
        AssertRefused(
            TlsErrorCause.CertificateRevoked,
            "revoked",
            await checks.CheckAsync(built, chain, [Staple(chain, OcspResponseBuilder.Revoked).Build()]));
    }

    /// <summary>A caller who overlooks an unknown authority must not trip over what that one has signed.</summary>
    [Fact]
    public async Task StapleOfAnUnknownIssuer_SaysNothing()
    {
        var checks = new RevocationChecks(RevocationMode.Staple);

        Assert.Null(await checks.CheckAsync([Named.Leaf], Named, [Staple(Named).Build(), default]));
        AssertRefused(
            TlsErrorCause.BadCertificateStatus,
            "Must-Staple",
            await checks.CheckAsync([MustStaple.Leaf], MustStaple, [Staple(MustStaple).Build(), default]));
    }

    internal static TestChain WithRootKey(out X509Certificate2 root, params X509Extension[] extensions)
    {
        // The intermediate's own issuer signs here, so that the chain is made of two that the tests have keys of.
        TestChain upper = TestCertificates.Issue(CertificateKind.EcdsaP256, ["unused.example"], withIntermediate: false);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X509Certificate2 intermediate = TestCertificates.IssueFrom(
            upper.Issuer,
            key,
            [new X509BasicConstraintsExtension(true, false, 0, critical: true), .. extensions],
            DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(30));
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X509Certificate2 leaf = TestCertificates.IssueFrom(
            intermediate,
            leafKey,
            [TestCertificates.OcspResponders(ResponderAddress)],
            DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(30));
        root = upper.Issuer;
        return new TestChain(leaf, [intermediate], upper.Root, intermediate);
    }
}
