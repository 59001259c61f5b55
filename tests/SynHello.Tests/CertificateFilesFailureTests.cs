using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>Certificates in files that change, while what is told of it fails, and in the long run.</summary>
public sealed class CertificateFilesFailureTests : IDisposable
{
    private const int Reloaded = 80;
    private const int ReplacementFailed = 83;

    private static readonly TestChain _one = TestCertificates.Issue(CertificateKind.EcdsaP256, ["a.example"]);
    private static readonly TestChain _two = TestCertificates.Issue(CertificateKind.EcdsaP256, ["a.example"]);
    private static readonly TestChain _other = TestCertificates.Issue(CertificateKind.EcdsaP256, ["b.example"]);
    private static readonly TestChain _another = TestCertificates.Issue(CertificateKind.EcdsaP256, ["b.example"]);

    private readonly CertificateDirectory _directory = new();
    private readonly CollectingLogger _log = new();
    private readonly BrokenLogger _brokenLog = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Reload_IsTakenUpWhateverBecomesOfTheLog()
    {
        await using var files = new CertificateFiles(
            [_directory.Write("a", _one), _directory.Write("b", _other)],
            new CertificateFilesOptions { Interval = Timeout.InfiniteTimeSpan, LoggerFactory = _brokenLog });
        _directory.Write("a", _two);
        _directory.Write("b", _another);
        Assert.True(files.Reload());
        AssertShows(files, "a.example", _two);
        AssertShows(files, "b.example", _another);
        Assert.Equal(2, _brokenLog.Attempts);

        // What cannot be used is said of in front of what can.
        _directory.WriteText("a.crt", "broken");
        _directory.Write("b", _other);
        Assert.True(files.Reload());
        AssertShows(files, "a.example", _two);
        AssertShows(files, "b.example", _other);
        Assert.Equal(4, _brokenLog.Attempts);
    }

    [Fact]
    public async Task Watch_GoesOnWhateverBecomesOfTheLog()
    {
        var clock = new FakeTimeProvider();
        await using var files = new CertificateFiles(
            [_directory.Write("a", _one)], new CertificateFilesOptions { TimeProvider = clock, LoggerFactory = _brokenLog });
        foreach (TestChain chain in new[] { _two, _one, _two })
        {
            _directory.WriteText("a.crt", "broken");
            int attempts = _brokenLog.Attempts;
            await UntilAsync(clock, () => _brokenLog.Attempts > attempts);
            _directory.Write("a", chain);
            await UntilAsync(clock, () => Shows(files, "a.example", chain));
        }
    }

    [Fact]
    public async Task Replaced_IsCalledForEach_ThoughItFails()
    {
        var told = new List<TlsCredential>();
        await using var files = new CertificateFiles(
            [_directory.Write("a", _one), _directory.Write("b", _other)],
            new CertificateFilesOptions
            {
                Interval = Timeout.InfiniteTimeSpan,
                LoggerFactory = _log,
                Replaced = credential =>
                {
                    told.Add(credential);
                    throw new InvalidOperationException("Nobody is interested.");
                },
            });
        IReadOnlyList<TlsCredential> before = files.Credentials;
        _directory.Write("a", _two);
        _directory.Write("b", _another);
        Assert.True(files.Reload());
        AssertShows(files, "a.example", _two);
        AssertShows(files, "b.example", _another);
        Assert.Equal(before, told);
        Assert.Equal([ReplacementFailed, Reloaded, ReplacementFailed, Reloaded], _log.Entries.Select(entry => entry.Id));
        Assert.Equal("Nobody is interested.", _log.Entries.First().Exception?.Message);
    }

    /// <summary>Not even the staplers of certificates that nobody can be asked about, which say so.</summary>
    [Fact]
    public async Task Staplers_OfReplacedCertificatesEnd_WhateverFails()
    {
        using var responder = new ScriptedResponder();
        using TestChain before = Stapled("before.example");
        using TestChain after = Stapled("after.example");
        var clock = new FakeTimeProvider();
        await using var files = new CertificateFiles(
            [_directory.Write("a", before), _directory.Write("b", before), _directory.Write("c", _one)],
            new CertificateFilesOptions
            {
                Interval = Timeout.InfiniteTimeSpan,
                LoggerFactory = _brokenLog,
                OcspStapling = new OcspStaplerOptions { HttpInvoker = responder.ToInvoker(), TimeProvider = clock },
                Replaced = _ => throw new InvalidOperationException("Nobody is interested."),
            });
        await UntilAsync(() => clock.ActiveTimers == 2 && responder.Requests.Count == 2);
        _directory.Write("a", after);
        _directory.Write("b", _another); // which names nobody to ask
        _directory.Write("c", _two);
        Assert.True(files.Reload());
        await UntilAsync(() => clock.ActiveTimers == 1 && responder.Requests.Count == 3);
        Assert.Equal("after.example", responder.Requests[^1].Address!.Host);
    }

    [Fact]
    public async Task Timer_LeavesNoStaplerOfAReplacedCertificateBehind()
    {
        const int Reloads = 40;
        using var responder = new ScriptedResponder();
        using TestChain even = Stapled("even.example");
        using TestChain odd = Stapled("odd.example");
        var clock = new FakeTimeProvider();
        var staplerClock = new FakeTimeProvider();
        await using var files = new CertificateFiles([_directory.Write("a", even)], new CertificateFilesOptions
        {
            TimeProvider = clock,
            LoggerFactory = _log,
            OcspStapling = new OcspStaplerOptions { HttpInvoker = responder.ToInvoker(), TimeProvider = staplerClock },
        });
        await UntilAsync(() => responder.Requests.Count == 1);
        for (int i = 1; i <= Reloads; i++)
        {
            TestChain next = i % 2 == 0 ? even : odd;
            _directory.Write("a", next);
            await UntilAsync(clock, () => Shows(files, host: null, next));
            await UntilAsync(() => responder.Requests.Count == i + 1);
        }

        // One asks, with the time that it has for it. None of the others ever asks again.
        await UntilAsync(() => staplerClock.ActiveTimers == 1);
        Assert.Equal(1, clock.ActiveTimers);
        for (int asked = responder.Requests.Count; responder.Requests.Count < asked + 3;)
        {
            staplerClock.Advance(TimeSpan.FromHours(1));
            await Task.Yield();
        }

        Assert.All(responder.Requests.Skip(Reloads), request => Assert.Equal("even.example", request.Address!.Host));
        await files.DisposeAsync().Guarded();
        Assert.Equal(0, staplerClock.ActiveTimers);
        Assert.Equal(0, clock.ActiveTimers);
    }

    [Fact]
    public async Task Reload_AfterDisposal_IsAMistake()
    {
        var files = new CertificateFiles(
            [_directory.Write("a", _one)], new CertificateFilesOptions { Interval = Timeout.InfiniteTimeSpan });
        await files.DisposeAsync();
        _directory.Write("a", _two);
        Assert.Throws<ObjectDisposedException>(() => files.Reload());
        Assert.False(files.Look());
        AssertShows(files, "a.example", _one);
        await files.DisposeAsync();
    }

    private static TestChain Stapled(string responder) => TestCertificates.Issue(
        CertificateKind.EcdsaP256, ["a.example"], extensions: TestCertificates.OcspResponders($"http://{responder}/"));

    private static bool Shows(CertificateFiles files, string? host, TestChain chain) =>
        files.Find(host)[0].CertificateChain[0].Span.SequenceEqual(chain.Leaf.RawDataMemory.Span);

    private static void AssertShows(CertificateFiles files, string host, TestChain chain) =>
        Assert.True(Shows(files, host, chain), $"{host} gets another certificate.");

    private static Task UntilAsync(FakeTimeProvider clock, Func<bool> condition) => UntilAsync(() =>
    {
        clock.Advance(TimeSpan.FromSeconds(5));
        return condition();
    });

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
