using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;
using SynHello.Wire;

using static SynHello.Tests.OcspSamples;

namespace SynHello.Tests;

/// <summary>A checker with what it asks, on a clock that stands still. The time is 2030.</summary>
internal sealed class RevocationChecks
{
    public const string ResponderAddress = "http://responder.example/";

    /// <summary>Its certificates name a responder.</summary>
    public static readonly TestChain Named = TestCertificates.Issue(
        CertificateKind.EcdsaP256, ["example.com"], extensions: TestCertificates.OcspResponders(ResponderAddress));

    /// <summary>As that one, and it demands a staple.</summary>
    public static readonly TestChain MustStaple = TestCertificates.Issue(
        CertificateKind.EcdsaP256,
        ["example.com"],
        extensions: [TestCertificates.OcspResponders(ResponderAddress), TestCertificates.MustStaple()]);

    private readonly RevocationChecker _checker;

    public RevocationChecks(RevocationMode mode, RevocationFailureMode failureMode = default, X509RevocationFlag? flag = null)
    {
        var options = new RevocationOptions { Mode = mode, FailureMode = failureMode, HttpInvoker = Responder.ToInvoker() };
        if (flag is not null)
            options.RevocationFlag = flag.Value;
        _checker = new RevocationChecker(options, Clock, Logger);
    }

    public ScriptedResponder Responder { get; } = new();

    public ObservedClock Clock { get; } = new(new FakeTimeProvider());

    public CollectingLogger Logger { get; } = new();

    /// <summary>Judges a chain that came with a staple for its leaf, or without.</summary>
    public Task<TlsProtocolException?> CheckAsync(TestChain chain, OcspResponseBuilder? staple = null) =>
        CheckAsync(chain, staple is null ? [] : [staple.Build(), default]);

    public Task<TlsProtocolException?> CheckAsync(
        TestChain chain, ReadOnlyMemory<byte>[] staples, CancellationToken cancellationToken = default) =>
        CheckAsync([chain.Leaf, .. chain.Intermediates, chain.Root], chain, staples, cancellationToken);

    public async Task<TlsProtocolException?> CheckAsync(
        X509Certificate2[] built, TestChain sent, ReadOnlyMemory<byte>[] staples, CancellationToken cancellationToken = default) =>
        (await JudgeAsync(built, sent, staples, cancellationToken)).Refusal;

    public Task<RevocationOutcome> JudgeAsync(
        X509Certificate2[] built, TestChain sent, ReadOnlyMemory<byte>[] staples, CancellationToken cancellationToken = default) =>
        _checker.CheckAsync(
            built,
            [sent.Leaf.RawData, .. sent.Intermediates.Select(certificate => (ReadOnlyMemory<byte>)certificate.RawData)],
            staples,
            cancellationToken).AsTask();

    public static OcspResponseBuilder Staple(TestChain chain, string status = OcspResponseBuilder.Good)
    {
        OcspResponseBuilder response = Response(chain);
        response.Statuses = [status];
        return response;
    }

    public static OcspResponseBuilder ExpiredStaple(TestChain chain)
    {
        OcspResponseBuilder response = Response(chain);
        response.NextUpdate = Now.AddMinutes(-6);
        return response;
    }

    public static void AssertRefused(TlsErrorCause cause, string reason, TlsProtocolException? refusal)
    {
        Assert.NotNull(refusal);
        Assert.Equal(cause, refusal.Cause);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }
}
