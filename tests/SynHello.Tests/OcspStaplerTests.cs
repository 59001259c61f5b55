using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Tls;

using static SynHello.Tests.OcspSamples;
using static SynHello.Tests.RevocationChecks;

namespace SynHello.Tests;

/// <summary>A server's staples: when they are fetched, which are shown, and what is kept of them. The time is 2030.</summary>
public sealed class OcspStaplerTests : IDisposable
{
    /// <summary>Like no other span of time here, so that it can be told from sleep.</summary>
    private static readonly TimeSpan _questionTimeout = TimeSpan.FromSeconds(9.875);

    private readonly string _folder = Directory.CreateTempSubdirectory("synhello-staples-").FullName;
    private readonly ScriptedResponder _responder = new();
    private readonly CollectingLogger _logger = new();
    private readonly ObservedClock _clock = new(new FakeTimeProvider());
    private DateTimeOffset _wakesAt;

    private string FilePath => Path.Combine(_folder, "staples.der");

    [Fact]
    public async Task Response_IsFetchedAndShown()
    {
        byte[] response = Fresh().Build();
        _responder.AnswerWith(() => response);
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential);

        await stapler.WaitForResponsesAsync(TestContext.Current.CancellationToken).Guarded();

        IReadOnlyList<ReadOnlyMemory<byte>> shown = stapler.Credential.OcspResponses;
        Assert.Equal(2, shown.Count);
        Assert.Equal(response, shown[0].ToArray());
        Assert.True(shown[1].IsEmpty);
        Assert.Same(shown, stapler.Credential.OcspResponses); // which tells the engine that it has not changed
        (Uri? address, byte[] request) = Assert.Single(_responder.Requests);
        Assert.Equal(ResponderAddress, address?.AbsoluteUri);
        Assert.Equal(OcspRequest.For(Named.Leaf, Named.Issuer), request);
        await _logger.NextAsync(70);
    }

    [Fact]
    public async Task Credential_IsTheOneThatItWasMadeOf()
    {
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential);
        TlsCredential stapled = stapler.Credential;
        byte[] signature = new byte[stapled.MaximumSignatureLength];

        int length = stapled.Sign(stapled.SignatureSchemes[0], [1, 2, 3], signature);

        Assert.Same(credential.CertificateChain, stapled.CertificateChain);
        Assert.Same(credential.SignatureSchemes, stapled.SignatureSchemes);
        Assert.Equal(credential.IssuerNames, stapled.IssuerNames);
        Assert.Equal(credential.SignsElsewhere, stapled.SignsElsewhere);
        using ECDsa key = Named.Leaf.GetECDsaPublicKey()!;
        Assert.True(key.VerifyData(
            [1, 2, 3], signature.AsSpan(0, length), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    /// <summary>Nobody who asks for the credential's responses waits: neither before the first one, nor while one is fetched.</summary>
    [Fact]
    public async Task SlowResponder_DelaysNobody()
    {
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential);
        Assert.Empty(stapler.Credential.OcspResponses);
        Assert.Same(stapler.Credential.OcspResponses, stapler.Credential.OcspResponses);
        Assert.Equal(_questionTimeout, await _clock.NextTimerAsync());

        _clock.Advance(_questionTimeout);

        Assert.Contains("did not answer in time", (await _logger.NextAsync(71)).Message, StringComparison.Ordinal);
        Assert.Empty(stapler.Credential.OcspResponses);
        Assert.False(stapler.WaitForResponsesAsync(TestContext.Current.CancellationToken).IsCompleted);
    }

    [Theory]
    [InlineData(0.0, 12.0)]
    [InlineData(1.0, 9.6)]
    public async Task Response_IsRenewedHalfwayThroughItsTimeOrABitSooner(double jitter, double hours)
    {
        _responder.AnswerWith(() => Fresh().Build());
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential, options => options.Jitter = () => jitter);
        await NextFetchAsync();
        byte[] first = stapler.Credential.OcspResponses[0].ToArray();

        await AdvanceAsync(TimeSpan.FromHours(hours) - TimeSpan.FromMinutes(1));
        Assert.Single(_responder.Requests);
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        await NextFetchAsync();

        Assert.Equal(2, _responder.Requests.Count);
        Assert.NotEqual(first, stapler.Credential.OcspResponses[0].ToArray());
    }

    /// <summary>Responders answer with what they have signed days ago.</summary>
    [Fact]
    public async Task OldResponse_IsRenewedHalfwayThroughWhatIsLeftOfIt()
    {
        OcspResponseBuilder old = Fresh();
        old.ThisUpdate = Now.AddHours(-20);
        old.NextUpdate = Now.AddHours(4);
        _responder.AnswerWith(() => old.Build());
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential);
        await NextFetchAsync();

        await AdvanceAsync(TimeSpan.FromMinutes(119));
        Assert.Single(_responder.Requests);
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        await NextFetchAsync();
        Assert.Equal(2, _responder.Requests.Count);
    }

    [Fact]
    public async Task LastGoodResponse_IsShownUntilItsEndWhateverBecomesOfTheResponder()
    {
        byte[] response = Fresh().Build();
        _responder.AnswerWith(() => response);
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential);
        await NextFetchAsync();
        _responder.Answer = (_, _) => throw new HttpRequestException("down");

        await AdvanceAsync(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.Equal(response, stapler.Credential.OcspResponses[0].ToArray());
        Assert.Contains(_logger.Entries, entry => entry.Id == 71);

        await AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.Empty(stapler.Credential.OcspResponses);
        await _logger.NextAsync(73);

        _responder.AnswerWith(() => Fresh().Build());
        await AdvanceAsync(TimeSpan.FromHours(1));
        await NextFetchAsync();
        Assert.NotEmpty(stapler.Credential.OcspResponses);
    }

    [Fact]
    public async Task Failure_IsTriedAgainAfterPausesThatDouble()
    {
        _responder.Answer = (_, _) => throw new HttpRequestException("down");
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential);
        var pauses = new List<double>();
        for (int i = 0; i < 12; i++)
        {
            await _logger.NextAsync(71);
            TimeSpan pause = await NextSleepAsync();
            pauses.Add(pause.TotalSeconds);
            _clock.Advance(pause);
        }

        Assert.Equal([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600], pauses);
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("foreign")]
    [InlineData("unauthorized")]
    [InlineData("unknown")]
    [InlineData("garbage")]
    public async Task ResponseThatProvesNothing_IsNeverShown(string kind)
    {
        using X509Certificate2 unauthorized = Responder(Named.Issuer, purpose: null);
        byte[] response = kind switch
        {
            "expired" => ExpiredStaple(Named).Build(),
            "foreign" => Staple(MustStaple).Build(),
            "unauthorized" => SignedBy(unauthorized, Named).Build(),
            "unknown" => Staple(Named, OcspResponseBuilder.Unknown).Build(),
            _ => [1, 2, 3],
        };
        _responder.AnswerWith(() => response);
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential);

        await _logger.NextAsync(71);

        Assert.Empty(stapler.Credential.OcspResponses);
    }

    [Fact]
    public async Task RevokedCertificate_IsToldAndTheGoodResponseForgotten()
    {
        _responder.AnswerWith(() => Fresh().Build());
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential, options => options.FilePath = FilePath);
        await NextFetchAsync();
        Assert.NotEmpty(stapler.Credential.OcspResponses);
        Assert.NotEqual(0, new FileInfo(FilePath).Length);

        _responder.AnswerWith(() =>
        {
            OcspResponseBuilder revoked = Fresh();
            revoked.Statuses = [OcspResponseBuilder.Revoked];
            return revoked.Build();
        });
        await AdvanceAsync(TimeSpan.FromHours(12));

        Assert.Contains("revoked", (await _logger.NextAsync(72)).Message, StringComparison.Ordinal);
        Assert.Empty(stapler.Credential.OcspResponses);
        Assert.Equal(0, new FileInfo(FilePath).Length);
    }

    /// <summary>Somebody on the path may replay what the responder said before.</summary>
    [Fact]
    public async Task OlderResponse_DoesNotReplaceANewerOne()
    {
        byte[] newer = Fresh().Build();
        _responder.AnswerWith(() => newer);
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential);
        await NextFetchAsync();
        OcspResponseBuilder older = Fresh();
        older.ThisUpdate = Now.AddHours(-6);
        older.NextUpdate = Now.AddHours(18);
        _responder.AnswerWith(() => older.Build());

        await AdvanceAsync(TimeSpan.FromHours(12));
        await NextFetchAsync();

        Assert.Equal(newer, stapler.Credential.OcspResponses[0].ToArray());
    }

    [Fact]
    public async Task HandlerThatThrowsAnything_DoesNotEndTheFetching()
    {
        _responder.Answer = (_, _) => throw new InvalidOperationException("a bug of somebody's");
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential);
        Assert.Contains("a bug of somebody's", (await _logger.NextAsync(71)).Message, StringComparison.Ordinal);
        _responder.AnswerWith(() => Fresh().Build());

        await AdvanceAsync(TimeSpan.FromSeconds(5));
        await NextFetchAsync();

        Assert.NotEmpty(stapler.Credential.OcspResponses);
    }

    [Fact]
    public async Task File_KeepsResponsesAcrossRestarts()
    {
        byte[] response = Fresh().Build();
        _responder.AnswerWith(() => response);
        using X509Credential credential = Named.ToCredential();
        await using (OcspStapler first = Start(credential, options => options.FilePath = FilePath))
            await NextFetchAsync();
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        Assert.Equal(response, File.ReadAllBytes(FilePath));

        // Shown from the beginning, and the responder is left alone until it is time.
        _responder.Answer = (_, _) => throw new HttpRequestException("down");
        await using OcspStapler second = Start(credential, options => options.FilePath = FilePath);
        Assert.Equal(response, second.Credential.OcspResponses[0].ToArray());
        Assert.True(second.WaitForResponsesAsync(TestContext.Current.CancellationToken).IsCompletedSuccessfully);
        await AdvanceAsync(TimeSpan.FromHours(11));
        Assert.Single(_responder.Requests);
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("foreign")]
    [InlineData("garbage")]
    [InlineData("cut")]
    [InlineData("empty")]
    public async Task FileThatIsOfNoUse_IsNotShown(string kind)
    {
        byte[] content = kind switch
        {
            "expired" => ExpiredStaple(Named).Build(),
            "foreign" => Staple(MustStaple).Build(),
            "garbage" => [0xFF, 0xFF, 0xFF, 0xFF],
            "cut" => Fresh().Build()[..^1],
            _ => [],
        };
        WritePrivate(content);
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential, options => options.FilePath = FilePath);

        Assert.Empty(stapler.Credential.OcspResponses);
        Assert.Equal(kind is "garbage" or "cut", _logger.Entries.Any(entry => entry.Id == 74));
    }

    [Fact]
    public async Task FileThatOthersCanWrite_IsNotUsed()
    {
        WritePrivate(Fresh().Build());
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(FilePath, (UnixFileMode)0b110_110_110);
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential, options => options.FilePath = FilePath);

        Assert.Empty(stapler.Credential.OcspResponses);
        Assert.Contains(_logger.Entries, entry => entry.Id == 74);
    }

    [Fact]
    public async Task FileThatCannotBeWritten_DoesNoHarm()
    {
        _responder.AnswerWith(() => Fresh().Build());
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(
            credential, options => options.FilePath = Path.Combine(_folder, "missing", "staples.der"));

        await _logger.NextAsync(75);
        await stapler.WaitForResponsesAsync(TestContext.Current.CancellationToken).Guarded();
        Assert.NotEmpty(stapler.Credential.OcspResponses);
    }

    [Fact]
    public async Task WholeChain_IsStapledWhenTheCallerWantsIt()
    {
        using TestChain chain = RevocationCheckerTests.WithRootKey(
            out X509Certificate2 root, TestCertificates.OcspResponders("http://root.example/"));
        _responder.Answer = (request, _) => Task.FromResult(ScriptedResponder.Ok(
            request.AsSpan().SequenceEqual(OcspRequest.For(chain.Leaf, chain.Issuer))
                ? Staple(chain).Build()
                : new OcspResponseBuilder(chain.Issuer, root, Now).Build()));
        using X509Credential credential = chain.ToCredential();
        var options = Options();
        options.RevocationFlag = X509RevocationFlag.ExcludeRoot;
        await using var stapler = new OcspStapler(credential, [chain.Root], options);

        await stapler.WaitForResponsesAsync(TestContext.Current.CancellationToken).Guarded();

        Assert.Equal(2, stapler.Credential.OcspResponses.Count);
        Assert.All(stapler.Credential.OcspResponses, response => Assert.False(response.IsEmpty));
        var checker = new RevocationChecks(RevocationMode.Staple);
        Assert.Null(await checker.CheckAsync(chain, [.. stapler.Credential.OcspResponses]));
    }

    [Fact]
    public async Task GivenResponder_IsAskedInsteadOfTheCertificates()
    {
        _responder.AnswerWith(() => Fresh().Build());
        using X509Credential credential = Named.ToCredential();
        await using OcspStapler stapler = Start(credential, options => options.ResponderUri = new Uri("https://given.example/ocsp"));

        await stapler.WaitForResponsesAsync(TestContext.Current.CancellationToken).Guarded();

        Assert.Equal("https://given.example/ocsp", Assert.Single(_responder.Requests).Address?.AbsoluteUri);
    }

    [Fact]
    public void WhatCannotWork_IsSaidAtOnce()
    {
        using X509Credential unnamed = Chain.ToCredential();
        using X509Credential alone = X509Credential.FromCertificate(Named.Leaf);
        using X509Credential named = Named.ToCredential();
        using TestChain namesake = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"]);

        Assert.Equal("options", Assert.Throws<ArgumentException>(() => Start(unnamed)).ParamName);
        Assert.Equal("issuers", Assert.Throws<ArgumentException>(() => Start(alone)).ParamName);
        Assert.Equal(
            "issuers", // one of the same name is another
            Assert.Throws<ArgumentException>(() => new OcspStapler(alone, namesake.Intermediates, Options())).ParamName);
        Assert.Throws<ArgumentException>(() => Start(named, options => options.ResponderUri = new Uri("ftp://given.example/")));
        Assert.Throws<ArgumentException>(() => Start(named, options => options.Timeout = TimeSpan.Zero));
    }

    [Fact]
    public async Task Disposal_EndsAQuestionAndThoseWhoWait()
    {
        using X509Credential credential = Named.ToCredential();
        OcspStapler stapler = Start(credential);
        await _clock.NextTimerAsync();
        Task waiting = stapler.WaitForResponsesAsync(TestContext.Current.CancellationToken);

        await stapler.DisposeAsync().Guarded();
        await stapler.DisposeAsync().Guarded();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Guarded());
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _responder.Dispose();
        _logger.Dispose();
    }

    /// <summary>A response of just now, for a day.</summary>
    private OcspResponseBuilder Fresh()
    {
        OcspResponseBuilder response = Response(Named, _clock.GetUtcNow());
        response.ThisUpdate = _clock.GetUtcNow();
        response.NextUpdate = _clock.GetUtcNow().AddDays(1);
        return response;
    }

    private OcspStaplerOptions Options() => new()
    {
        HttpInvoker = _responder.ToInvoker(),
        Timeout = _questionTimeout,
        TimeProvider = _clock,
        LoggerFactory = _logger,
        Jitter = () => 0,
    };

    private OcspStapler Start(TlsCredential credential, Action<OcspStaplerOptions>? configure = null)
    {
        OcspStaplerOptions options = Options();
        configure?.Invoke(options);
        return new OcspStapler(credential, options: options);
    }

    private void WritePrivate(byte[] content)
    {
        using var stream = new FileStream(FilePath, PrivateFile.Options(FileMode.Create));
        stream.Write(content);
    }

    private Task<CollectingLogger.Entry> NextFetchAsync() => _logger.NextAsync(70);

    /// <summary>How long the stapler sleeps now: the next timer that is not a question's.</summary>
    private async Task<TimeSpan> NextSleepAsync()
    {
        while (true)
        {
            TimeSpan sleep = await _clock.NextTimerAsync();
            if (sleep != _questionTimeout)
                return sleep;
        }
    }

    /// <summary>Moves the clock on, and lets the stapler do what it does whenever it wakes up on the way.</summary>
    private async Task AdvanceAsync(TimeSpan time)
    {
        DateTimeOffset end = _clock.GetUtcNow() + time;
        while (_clock.GetUtcNow() < end)
        {
            if (_wakesAt <= _clock.GetUtcNow())
                _wakesAt = _clock.GetUtcNow() + await NextSleepAsync();
            _clock.Advance((_wakesAt < end ? _wakesAt : end) - _clock.GetUtcNow());
        }
    }
}
