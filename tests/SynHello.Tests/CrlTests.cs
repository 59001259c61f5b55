using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;
using SynHello.Wire;

using static SynHello.Tests.RevocationChecks;

namespace SynHello.Tests;

/// <summary>
/// Certificate revocation lists, fetched and verified by X509Chain. They are of now, because .NET keeps them by the system's clock.
/// </summary>
public sealed class CrlTests
{
    private static readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task List_TellsGoodFromRevokedAndIsFetchedOnce(bool isRevoked)
    {
        byte[] list = [];
        await using var server = new WebResponder(context => WebResponder.SendAsync(context, list, "application/pkix-crl"));
        using TestChain chain = WithList(server.Address);
        list = ListOf(chain, isRevoked ? [chain.Leaf] : []);
        var checks = new CheckedLists(RevocationFailureMode.HardFail);

        for (int i = 0; i < 3; i++)
        {
            TlsProtocolException? refusal = await checks.CheckAsync(chain);
            if (isRevoked)
                AssertRefused(TlsErrorCause.CertificateRevoked, "it was revoked", refusal);
            else
                Assert.Null(refusal);
        }

        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task ListThatCannotBeHad_IsOverlookedOrNotAsTheCallerSays()
    {
        await using var server = new WebResponder(context =>
        {
            context.Response.StatusCode = 404;
            context.Response.Close();
            return Task.CompletedTask;
        });
        using TestChain chain = WithList(server.Address);
        var soft = new CheckedLists(RevocationFailureMode.SoftFail);
        var hard = new CheckedLists(RevocationFailureMode.HardFail);

        Assert.Null(await soft.CheckAsync(chain));
        Assert.Single(soft.Logger.Entries, entry => entry.Id == 79);
        AssertRefused(TlsErrorCause.RevocationStatusUnknown, "list cannot be had", await hard.CheckAsync(chain));
    }

    [Fact]
    public async Task CertificateWithoutList_IsTakenOrNotAsTheCallerSays()
    {
        var soft = new CheckedLists(RevocationFailureMode.SoftFail);
        var hard = new CheckedLists(RevocationFailureMode.HardFail);

        Assert.Null(await soft.CheckAsync(OcspSamples.Chain));
        AssertRefused(TlsErrorCause.RevocationStatusUnknown, "names no revocation list", await hard.CheckAsync(OcspSamples.Chain));
    }

    /// <summary>X509Chain would ask its responder, by rules that are not ours.</summary>
    [Fact]
    public async Task CertificateWithoutList_IsNotAskedAboutElsewhere()
    {
        await using var responder = new WebResponder(context => WebResponder.SendAsync(context, []));
        using TestChain chain = TestCertificates.Issue(
            CertificateKind.EcdsaP256, ["example.com"], extensions: TestCertificates.OcspResponders(responder.Address.AbsoluteUri));
        AssertRefused(
            TlsErrorCause.RevocationStatusUnknown,
            "names no revocation list",
            await new CheckedLists(RevocationFailureMode.HardFail).CheckAsync(chain));
        Assert.Equal(0, responder.Requests);
    }

    /// <summary>A list that somebody else has signed clears nobody.</summary>
    [Fact]
    public async Task ListOfAnotherAuthority_ProvesNothing()
    {
        byte[] list = [];
        await using var server = new WebResponder(context => WebResponder.SendAsync(context, list, "application/pkix-crl"));
        using TestChain chain = WithList(server.Address);
        using TestChain other = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"]);
        list = ListOf(other, []);
        var checks = new CheckedLists(RevocationFailureMode.HardFail);

        AssertRefused(TlsErrorCause.RevocationStatusUnknown, "", await checks.CheckAsync(chain));
    }

    /// <summary>.NET's own limit goes by the system's clock; the handshake's by the client's.</summary>
    [Fact]
    public async Task SlowServer_HoldsAHandshakeUpNoLongerThanTheTimeout()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new WebResponder(async context =>
        {
            asked.TrySetResult();
            await over.Task;
            context.Response.Abort();
        });
        using TestChain chain = WithList(server.Address);
        var checks = new CheckedLists(RevocationFailureMode.HardFail, TimeSpan.FromMinutes(1));
        Task<TlsProtocolException?> checking = checks.CheckAsync(chain);
        await asked.Task.Guarded();
        Assert.False(checking.IsCompleted);

        checks.Timers.FireWithin(TimeSpan.FromMinutes(1));

        AssertRefused(TlsErrorCause.RevocationStatusUnknown, "no answer in time", await checking.Guarded());
        over.SetResult();
    }

    /// <summary>Who demands a staple is not cleared by a list, and who has a good one needs none.</summary>
    [Fact]
    public async Task Staples_ComeFirst()
    {
        await using var server = new WebResponder(_ => throw new InvalidOperationException("Nobody was to ask."));
        using TestChain chain = WithList(server.Address);
        var checks = new CheckedLists(RevocationFailureMode.HardFail);

        Assert.Null(await checks.CheckAsync(chain, new OcspResponseBuilder(chain.Leaf, chain.Issuer, _now).Build()));
        Assert.Equal(0, server.Requests);
    }

    private static TestChain WithList(Uri address) => TestCertificates.Issue(
        CertificateKind.EcdsaP256,
        ["example.com"],
        extensions: CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([$"{address}{Guid.NewGuid():N}.crl"]));

    private static byte[] ListOf(TestChain chain, X509Certificate2[] revoked)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (X509Certificate2 certificate in revoked)
            builder.AddEntry(certificate, _now.AddHours(-1));
        using ECDsa key = chain.Issuer.GetECDsaPrivateKey()!;
        return builder.Build(
            chain.Issuer.SubjectName,
            X509SignatureGenerator.CreateForECDsa(key),
            BigInteger.One,
            _now.AddDays(1),
            HashAlgorithmName.SHA256,
            X509AuthorityKeyIdentifierExtension.CreateFromIssuerNameAndSerialNumber(
                chain.Issuer.IssuerName, chain.Issuer.SerialNumberBytes.Span),
            _now.AddHours(-1));
    }

    private sealed class CheckedLists
    {
        private readonly RevocationChecker _checker;

        public CheckedLists(RevocationFailureMode failureMode, TimeSpan? timeout = null) => _checker = new RevocationChecker(
            new RevocationOptions
            {
                Mode = RevocationMode.Crl,
                FailureMode = failureMode,
                Timeout = timeout ?? TimeSpan.FromSeconds(30),
            },
            Timers,
            Logger);

        public CollectingLogger Logger { get; } = new();

        public StoppedTimers Timers { get; } = new();

        public async Task<TlsProtocolException?> CheckAsync(TestChain chain, byte[]? staple = null) => (await _checker.CheckAsync(
            [chain.Leaf, .. chain.Intermediates, chain.Root],
            [chain.Leaf.RawData],
            [staple],
            TestContext.Current.CancellationToken).AsTask().Guarded()).Refusal;
    }
}
