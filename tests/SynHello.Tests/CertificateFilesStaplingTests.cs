using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>Certificates in files, shown with the OCSP responses that are fetched for them.</summary>
public sealed class CertificateFilesStaplingTests : IDisposable
{
    private const int StapleFetched = 70;
    private const int StaplingImpossible = 77;
    private const int Waiting = 78;
    private const string Host = "a.example";

    private static readonly TestChain _silent = TestCertificates.Issue(CertificateKind.EcdsaP256, [Host]);

    private readonly CertificateDirectory _directory = new();
    private readonly CollectingLogger _log = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Stapling_FollowsTheFiles()
    {
        using var responder = new ScriptedResponder();
        using TestChain before = TestCertificates.Issue(
            CertificateKind.EcdsaP256, [Host], extensions: TestCertificates.OcspResponders("http://before.example/"));
        using TestChain after = TestCertificates.Issue(
            CertificateKind.EcdsaP256, [Host], extensions: TestCertificates.OcspResponders("http://after.example/"));
        var clock = new StoppedTimers();
        var replaced = new List<TlsCredential>();
        await using var files = new CertificateFiles([_directory.Write("a", before)], new CertificateFilesOptions
        {
            Interval = Timeout.InfiniteTimeSpan,
            LoggerFactory = _log,
            OcspStapling = new OcspStaplerOptions { HttpInvoker = responder.ToInvoker(), TimeProvider = clock, LoggerFactory = _log },
            Replaced = replaced.Add,
        });

        // Nobody has answered yet.
        TlsCredential first = Assert.Single(files.Credentials);
        Assert.Empty(first.OcspResponses);
        await AskedAsync(responder, 1);
        byte[] response = new OcspResponseBuilder(after.Leaf, after.Issuer, clock.GetUtcNow()).Build();
        responder.AnswerWith(() => response);
        _directory.Write("a", after);
        Assert.True(files.Reload());
        await _log.NextAsync(StapleFetched);

        TlsCredential second = Assert.Single(files.Credentials);
        Assert.Equal(response, second.OcspResponses[0].ToArray());
        Assert.Equal(["before.example", "after.example"], responder.Requests.Select(request => request.Address!.Host));
        Assert.IsType<Crypto.X509Credential>(Assert.Single(replaced)); // as it was before it was stapled

        // And one that names nobody to ask.
        _directory.Write("a", _silent);
        Assert.True(files.Reload());
        Assert.IsType<Crypto.X509Credential>(Assert.Single(files.Credentials));
        await _log.NextAsync(StaplingImpossible);
        await files.DisposeAsync().Guarded();
        clock.FireWithin(TimeSpan.FromDays(2));
        Assert.Equal(2, responder.Requests.Count);
    }

    /// <summary>Clients refuse a certificate that demands a response and has none: the one before is shown until it is there.</summary>
    [Fact]
    public async Task MustStaple_IsShownWithItsResponseAlone()
    {
        using var responder = new ScriptedResponder();
        X509Extension[] demanding = [TestCertificates.OcspResponders("http://responder.example/"), TestCertificates.MustStaple()];
        using TestChain before = TestCertificates.Issue(CertificateKind.EcdsaP256, [Host], extensions: demanding);
        using TestChain between = TestCertificates.Issue(CertificateKind.EcdsaP256, [Host], extensions: demanding);
        using TestChain after = TestCertificates.Issue(CertificateKind.EcdsaP256, [Host], extensions: demanding);
        byte[] response = Good(before);
        responder.AnswerWith(() => response);
        await using var files = new CertificateFiles([_directory.Write("a", before)], new CertificateFilesOptions
        {
            Interval = Timeout.InfiniteTimeSpan,
            LoggerFactory = _log,
            OcspStapling = new OcspStaplerOptions { HttpInvoker = responder.ToInvoker(), TimeProvider = new StoppedTimers() },
        });
        await files.WaitForResponsesAsync(TestContext.Current.CancellationToken).Guarded();
        AssertShows(before, files);

        // The responder is silent, while the files change twice.
        var speaks = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        responder.Answer = async (_, cancellationToken) =>
        {
            await speaks.Task.WaitAsync(cancellationToken);
            return ScriptedResponder.Ok(Good(after));
        };
        _directory.Write("a", between);
        Assert.False(files.Reload());
        await _log.NextAsync(Waiting);
        _directory.Write("a", after);
        Assert.False(files.Reload());
        await _log.NextAsync(Waiting);
        AssertShows(before, files);
        Assert.False(files.Reload());

        speaks.SetResult();
        await files.WaitForResponsesAsync(TestContext.Current.CancellationToken).Guarded();
        Assert.True(files.Reload());
        AssertShows(after, files);
        Assert.False(Assert.Single(files.Credentials).OcspResponses[0].IsEmpty);

        static byte[] Good(TestChain chain) => new OcspResponseBuilder(chain.Leaf, chain.Issuer, DateTimeOffset.UtcNow).Build();
    }

    [Fact]
    public void Options_ThatAreNotAllowed_AreRefused()
    {
        CertificateFile file = _directory.Write("a", _silent);
        Assert.Throws<ArgumentException>(() => new CertificateFiles(
            [file], new CertificateFilesOptions { OcspStapling = new OcspStaplerOptions { FilePath = "shared" } }));
        Assert.Throws<ArgumentException>(() => new CertificateFiles(
            [file], new CertificateFilesOptions { OcspStapling = new OcspStaplerOptions { Timeout = TimeSpan.Zero } }));
        Assert.Throws<DirectoryNotFoundException>(() => new CertificateFiles(
            [file], new CertificateFilesOptions { OcspStapling = new OcspStaplerOptions(), OcspDirectory = _directory["none"] }));
    }

    private static void AssertShows(TestChain chain, CertificateFiles files) =>
        Assert.Equal([chain.Leaf.RawData], files.Find(Host).Select(credential => credential.CertificateChain[0].ToArray()));

    private static async Task AskedAsync(ScriptedResponder responder, int count)
    {
        while (responder.Requests.Count < count)
            await Task.Yield();
    }
}
