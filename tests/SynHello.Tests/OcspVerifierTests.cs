using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;

using static SynHello.Tests.OcspSamples;

namespace SynHello.Tests;

/// <summary>Which OCSP responses prove something, and why others do not (RFC 6960 sections 3.2 and 4.2.2).</summary>
public sealed class OcspVerifierTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void ResponseOfTheIssuer_IsGoodUntilItsNextUpdate(bool byKey, bool withSha256)
    {
        OcspResponseBuilder response = Response();
        response.NamesResponderByKey = byKey;
        response.IdentifiesWithSha256 = withSha256;

        RevocationVerdict verdict = Verify(response.Build());

        Assert.Equal(RevocationStatus.Good, verdict.Status);
        Assert.Equal(RevocationProblem.None, verdict.Problem);
        Assert.Equal(response.ThisUpdate, verdict.ThisUpdate);
        Assert.Equal(response.NextUpdate, verdict.Until);
    }

    [Theory]
    [InlineData("SHA256", false)]
    [InlineData("SHA384", false)]
    [InlineData("SHA512", false)]
    [InlineData("SHA256", true)]
    [InlineData("SHA384", true)]
    [InlineData("SHA512", true)]
    public void RsaSignature_IsTakenWithEitherPadding(string hash, bool pss)
    {
        OcspResponseBuilder response = Response(RsaChain);
        response.SignatureHash = new HashAlgorithmName(hash);
        response.Padding = pss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

        Assert.Equal(RevocationStatus.Good, Verify(response.Build(), RsaChain).Status);
    }

    [Theory]
    [InlineData("nistP256", "SHA256")]
    [InlineData("nistP384", "SHA384")]
    [InlineData("nistP521", "SHA512")]
    public void ResponderThatTheIssuerAuthorized_IsTakenOnEachCurve(string curve, string hash)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        using X509Certificate2 responder = Responder(key: key);
        OcspResponseBuilder response = SignedBy(responder);
        response.SignatureHash = new HashAlgorithmName(hash);

        Assert.Equal(RevocationStatus.Good, Verify(response.Build()).Status);
    }

    /// <summary>A chain over such a curve is taken, and its staple must not make it the worse for that; a weak one is not.</summary>
    [Theory]
    [InlineData("brainpoolP256r1", true)]
    [InlineData("secp256k1", true)]
    [InlineData("secp192k1", false)]
    public void OtherCurve_IsTakenWhereItIsStrongEnough(string curve, bool isStrong)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        using X509Certificate2 responder = Responder(key: key);
        if (isStrong)
            AssertVerdict(RevocationProblem.None, SignedBy(responder));
        else
            AssertUnproven(RevocationProblem.UnsupportedSignature, SignedBy(responder));
    }

    [Fact]
    public void WeakRsaKey_IsNotTaken()
    {
        using var key = RSA.Create(1024);
        using X509Certificate2 responder = Responder(key: key);

        AssertUnproven(RevocationProblem.UnsupportedSignature, SignedBy(responder));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sha1Signature_IsNotTaken(bool rsa)
    {
        TestChain chain = rsa ? RsaChain : Chain;
        OcspResponseBuilder response = Response(chain);
        response.SignatureHash = HashAlgorithmName.SHA1;

        AssertUnproven(RevocationProblem.UnsupportedSignature, response, chain);
    }

    /// <summary>Without id-pkix-ocsp-nocheck the responder's own status is local policy (RFC 6960 section 4.2.2.2.1): taken.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ResponderWithOrWithoutNoCheck_IsTakenUntilItsOwnEnd(bool hasNoCheck)
    {
        using X509Certificate2 responder = Responder(hasNoCheck: hasNoCheck, notAfter: Now.AddHours(5));

        RevocationVerdict verdict = Verify(SignedBy(responder).Build());

        Assert.Equal(RevocationStatus.Good, verdict.Status);
        Assert.Equal(Now.AddHours(5), verdict.Until);
    }

    [Fact]
    public void RightResponderAmongOthers_IsFound()
    {
        using X509Certificate2 other = Responder(purpose: null);
        using X509Certificate2 responder = Responder();
        OcspResponseBuilder response = SignedBy(responder);
        response.Certificates.Insert(0, other); // of the same name
        response.Certificates.Insert(0, Chain.Leaf);

        Assert.Equal(RevocationStatus.Good, Verify(response.Build()).Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(X509RevocationReason.KeyCompromise)]
    [InlineData(X509RevocationReason.CertificateHold)]
    public void RevokedCertificate_IsTold(X509RevocationReason? reason)
    {
        OcspResponseBuilder response = Response();
        response.Statuses = [OcspResponseBuilder.Revoked];
        response.RevocationReason = (int?)reason;

        RevocationVerdict verdict = Verify(response.Build());

        Assert.Equal(RevocationStatus.Revoked, verdict.Status);
        Assert.Equal(response.RevokedAt, verdict.RevokedAt);
        Assert.Equal(reason, verdict.Reason);
        Assert.Contains("2029-12-31 21:00:00 UTC", verdict.Description, StringComparison.Ordinal);
        if (reason is not null)
            Assert.Contains(reason.ToString()!, verdict.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownCertificate_ProvesNothing()
    {
        OcspResponseBuilder response = Response();
        response.Statuses = [OcspResponseBuilder.Unknown];

        AssertUnproven(RevocationProblem.UnknownCertificate, response);
    }

    [Theory]
    [InlineData(OcspResponseBuilder.Good, OcspResponseBuilder.Revoked, RevocationStatus.Revoked)]
    [InlineData(OcspResponseBuilder.Revoked, OcspResponseBuilder.Unknown, RevocationStatus.Revoked)]
    [InlineData(OcspResponseBuilder.Good, OcspResponseBuilder.Unknown, RevocationStatus.Unproven)]
    [InlineData(OcspResponseBuilder.Good, OcspResponseBuilder.Good, RevocationStatus.Good)]
    internal void ContradictingStatements_CountAsTheWorst(string one, string other, RevocationStatus expected)
    {
        OcspResponseBuilder response = Response();
        response.Statuses = [one, other];
        Assert.Equal(expected, Verify(response.Build()).Status);

        response.Statuses = [other, one];
        Assert.Equal(expected, Verify(response.Build()).Status);
    }

    [Theory]
    [InlineData(-5, true)]
    [InlineData(-6, false)]
    public void NextUpdate_MayBeOverByTheSkew(int minutes, bool isGood)
    {
        OcspResponseBuilder response = Response();
        response.NextUpdate = Now.AddMinutes(minutes);

        AssertVerdict(isGood ? RevocationProblem.None : RevocationProblem.Expired, response);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void ThisUpdate_MayBeAheadByTheSkew(int minutes, bool isGood)
    {
        OcspResponseBuilder response = Response();
        response.ThisUpdate = Now.AddMinutes(minutes);

        AssertVerdict(isGood ? RevocationProblem.None : RevocationProblem.NotYetValid, response);
    }

    [Theory]
    [InlineData(-24, true)]
    [InlineData(-25, false)]
    public void ResponseWithoutNextUpdate_HoldsForADay(int hours, bool isGood)
    {
        OcspResponseBuilder response = Response();
        response.ThisUpdate = Now.AddHours(hours);
        response.NextUpdate = null;

        AssertVerdict(isGood ? RevocationProblem.None : RevocationProblem.Expired, response);
    }

    [Fact]
    public void NextUpdateBeforeThisUpdate_ProvesNothing()
    {
        OcspResponseBuilder response = Response();
        response.ThisUpdate = Now;
        response.NextUpdate = Now.AddMinutes(-1);

        AssertUnproven(RevocationProblem.Expired, response);
    }

    [Fact]
    public void EndOfTime_IsNoReasonToFail()
    {
        OcspResponseBuilder response = Response();
        response.NextUpdate = new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);
        AssertVerdict(RevocationProblem.None, response);

        // RFC 5280 section 4.1.2.5: a certificate with no end of its own.
        using X509Certificate2 responder = Responder(
            notBefore: new DateTimeOffset(1, 1, 1, 0, 0, 0, TimeSpan.Zero),
            notAfter: new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero));
        AssertVerdict(RevocationProblem.None, SignedBy(responder));

        response.ThisUpdate = response.NextUpdate.Value;
        response.NextUpdate = null;
        AssertUnproven(RevocationProblem.NotYetValid, response);
    }

    [Fact]
    public void ResponseForAnotherCertificate_ProvesNothing()
    {
        using ECDsa key = ECDsa.Create();
        using X509Certificate2 sibling = TestCertificates.IssueFrom(Chain.Issuer, key, [], Now.AddDays(-1), Now.AddDays(1));
        var response = new OcspResponseBuilder(sibling, Chain.Issuer, Now);

        AssertUnproven(RevocationProblem.OtherCertificate, response);
    }

    /// <summary>Another authority of the same name, which has issued a certificate of the same number.</summary>
    [Fact]
    public void ResponseOfAnotherIssuerWithTheSameNameAndSerial_ProvesNothing()
    {
        using TestChain other = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"]);
        var response = new OcspResponseBuilder(Chain.Leaf, other.Issuer, Now);
        Assert.Equal(Chain.Issuer.SubjectName.RawData, other.Issuer.SubjectName.RawData);

        AssertUnproven(RevocationProblem.OtherCertificate, response);
        response.NamedIssuer = Chain.Issuer; // says that it means the right one, but signs with its own key
        AssertUnproven(RevocationProblem.BadSignature, response);
        response.NamesResponderByKey = true;
        AssertUnproven(RevocationProblem.UnauthorizedResponder, response);
    }

    [Fact]
    public void ResponseOfAResponderWhoseCertificateIsMissing_ProvesNothing()
    {
        using X509Certificate2 responder = Responder();
        OcspResponseBuilder response = Response();
        response.Signer = responder;

        AssertUnproven(RevocationProblem.UnauthorizedResponder, response);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1.3.6.1.5.5.7.3.1")] // serverAuth
    [InlineData("2.5.29.37.0")] // any
    public void ResponderWhoseCertificateIsNotForThat_ProvesNothing(string? purpose)
    {
        using X509Certificate2 responder = Responder(purpose: purpose);

        AssertUnproven(RevocationProblem.UnauthorizedResponder, SignedBy(responder), "not for signing OCSP responses");
    }

    [Fact]
    public void LeafOfTheSameIssuer_ProvesNothing() =>
        AssertUnproven(RevocationProblem.UnauthorizedResponder, SignedBy(Chain.Leaf), "not valid now");

    [Fact]
    public void ResponderOfAnotherIssuer_ProvesNothing()
    {
        using TestChain other = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"]);
        using X509Certificate2 responder = Responder(other.Issuer); // whose name is the same

        AssertUnproven(RevocationProblem.UnauthorizedResponder, SignedBy(responder), "no certificate of the certificate's issuer");
    }

    /// <summary>What may sign for the leaf has to come from the leaf's own issuer, not from the one above.</summary>
    [Fact]
    public void ResponderOfTheRoot_DoesNotSpeakForTheIntermediatesCertificates()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=root", rootKey, HashAlgorithmName.SHA256);
        using X509Certificate2 root = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));
        using X509Certificate2 responder = Responder(root);

        AssertUnproven(RevocationProblem.UnauthorizedResponder, SignedBy(responder), "no certificate of the certificate's issuer");
    }

    [Theory]
    [InlineData(-10, -1)]
    [InlineData(1, 10)]
    public void ResponderWhoseCertificateIsNotValidNow_ProvesNothing(int fromHours, int toHours)
    {
        using X509Certificate2 responder = Responder(notBefore: Now.AddHours(fromHours), notAfter: Now.AddHours(toHours));

        AssertUnproven(RevocationProblem.UnauthorizedResponder, SignedBy(responder), "not valid now");
    }

    [Fact]
    public void ResponderWhoseKeyMayNotSign_ProvesNothing()
    {
        using X509Certificate2 responder = Responder(usage: X509KeyUsageFlags.KeyEncipherment);

        AssertUnproven(RevocationProblem.UnauthorizedResponder, SignedBy(responder), "key usage");
    }

    [Fact]
    public void ResponderWithACriticalExtensionThatNobodyKnows_ProvesNothing()
    {
        using X509Certificate2 responder = Responder(extension: new X509Extension("1.3.6.1.4.1.55555.3", [5, 0], critical: true));

        AssertUnproven(RevocationProblem.UnauthorizedResponder, SignedBy(responder), "1.3.6.1.4.1.55555.3");
    }

    [Fact]
    public void SignatureOfAnotherKey_ProvesNothing()
    {
        using X509Certificate2 named = Responder();
        using X509Certificate2 signer = Responder();
        OcspResponseBuilder response = SignedBy(named);
        response.Signer = signer; // of the same name

        AssertUnproven(RevocationProblem.BadSignature, response);
    }

    [Theory]
    [InlineData("response")]
    [InlineData("single")]
    public void CriticalExtension_ProvesNothing(string place)
    {
        OcspResponseBuilder response = Response();
        response.CriticalExtensionIn = place;

        AssertUnproven(RevocationProblem.CriticalExtension, response, "1.3.6.1.4.1.55555.2");
    }

    [Fact]
    public void NonceThatNobodyAskedFor_IsOverlooked()
    {
        OcspResponseBuilder response = Response();
        response.SaysMoreThanNeeded = true;

        AssertVerdict(RevocationProblem.None, response);
    }

    private static void AssertUnproven(RevocationProblem problem, OcspResponseBuilder response, TestChain? chain = null) =>
        AssertVerdict(problem, response, chain);

    private static void AssertUnproven(RevocationProblem problem, OcspResponseBuilder response, string description) =>
        Assert.Contains(description, AssertVerdict(problem, response).Description, StringComparison.Ordinal);

    private static RevocationVerdict AssertVerdict(RevocationProblem problem, OcspResponseBuilder response, TestChain? chain = null)
    {
        RevocationVerdict verdict = Verify(response.Build(), chain);
        Assert.Equal(problem, verdict.Problem);
        Assert.Equal(problem == RevocationProblem.None ? RevocationStatus.Good : RevocationStatus.Unproven, verdict.Status);
        return verdict;
    }
}
