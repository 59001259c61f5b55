using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;
using SynHello.Wire;

using static SynHello.Tests.OcspSamples;
using static SynHello.Tests.RevocationChecks;

namespace SynHello.Tests;

/// <summary>Asking responders while a handshake waits: what is asked, for how long, and what becomes of no answer.</summary>
public sealed class OnlineRevocationTests
{
    [Theory]
    [InlineData(RevocationFailureMode.SoftFail)]
    [InlineData(RevocationFailureMode.HardFail)]
    public async Task GoodAnswer_IsTakenAndKeptUntilItsEnd(RevocationFailureMode failureMode)
    {
        var checks = new RevocationChecks(RevocationMode.Online, failureMode);
        checks.Responder.AnswerWith(() => Response(Named, checks.Clock.GetUtcNow()).Build());

        Assert.Null(await checks.CheckAsync(Named));
        (Uri? address, byte[] request) = Assert.Single(checks.Responder.Requests);
        Assert.Equal(ResponderAddress, address?.AbsoluteUri);
        Assert.Equal(OcspRequest.For(Named.Leaf, Named.Issuer), request);

        checks.Clock.Advance(TimeSpan.FromHours(23) - TimeSpan.FromTicks(1));
        Assert.Null(await checks.CheckAsync(Named));
        Assert.Single(checks.Responder.Requests);
        checks.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.Null(await checks.CheckAsync(Named));
        Assert.Equal(2, checks.Responder.Requests.Count);
        Assert.Empty(checks.Logger.Entries);
    }

    /// <summary>Some responders say "good" for years.</summary>
    [Fact]
    public async Task GoodAnswer_IsBelievedForADayAtMost()
    {
        var checks = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.HardFail);
        OcspResponseBuilder forYears = Response(Named, checks.Clock.GetUtcNow());
        forYears.NextUpdate = checks.Clock.GetUtcNow().AddYears(5);
        checks.Responder.AnswerWith(() => forYears.Build());
        Assert.Null(await checks.CheckAsync(Named));
        forYears.Statuses = [OcspResponseBuilder.Revoked];
        checks.Clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromTicks(1));
        Assert.Null(await checks.CheckAsync(Named));
        checks.Clock.Advance(TimeSpan.FromTicks(1));
        AssertRefused(TlsErrorCause.CertificateRevoked, "it was revoked", await checks.CheckAsync(Named));
    }

    [Theory]
    [InlineData(RevocationFailureMode.SoftFail)]
    [InlineData(RevocationFailureMode.HardFail)]
    public async Task RevokedAnswer_IsRefused(RevocationFailureMode failureMode)
    {
        var checks = new RevocationChecks(RevocationMode.Online, failureMode);
        checks.Responder.AnswerWith(() => Staple(Named, OcspResponseBuilder.Revoked).Build());

        AssertRefused(TlsErrorCause.CertificateRevoked, "The server's certificate is refused: it was revoked", await checks.CheckAsync(Named));
        AssertRefused(TlsErrorCause.CertificateRevoked, "revoked", await checks.CheckAsync(Named));
        Assert.Single(checks.Responder.Requests);
    }

    [Fact]
    public async Task ResponderThatIsDown_IsOverlookedOrNotAsTheCallerSays()
    {
        var soft = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.SoftFail);
        var hard = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.HardFail);
        soft.Responder.Answer = hard.Responder.Answer = (_, _) => throw new HttpRequestException("nobody there");

        Assert.Null(await soft.CheckAsync(Named));
        Assert.Contains("nobody there", Assert.Single(soft.Logger.Entries, entry => entry.Id == 79).Message, StringComparison.Ordinal);
        TlsProtocolException? refusal = await hard.CheckAsync(Named);
        AssertRefused(TlsErrorCause.RevocationStatusUnknown, "nobody there", refusal);
        Assert.Equal(AlertDescription.CertificateUnknown, refusal!.Alert);
    }

    /// <summary>Whatever is no verified answer is none: someone on the path may have made it.</summary>
    [Fact]
    public async Task AnswerThatProvesNothing_IsNone()
    {
        byte[][] answers =
        [
            ExpiredStaple(Named).Build(), Staple(MustStaple).Build(), Staple(Named, OcspResponseBuilder.Unknown).Build(), [], [1, 2, 3],
            OcspResponseBuilder.Error(6),
        ];
        foreach (byte[] answer in answers)
        {
            var soft = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.SoftFail);
            var hard = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.HardFail);
            soft.Responder.AnswerWith(() => answer);
            hard.Responder.AnswerWith(() => answer);

            Assert.Null(await soft.CheckAsync(Named));
            AssertRefused(TlsErrorCause.RevocationStatusUnknown, "nobody knows", await hard.CheckAsync(Named));
        }
    }

    [Fact]
    public async Task HandlerThatThrowsAnything_IsNoAnswer()
    {
        var checks = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.HardFail);
        checks.Responder.Answer = (_, _) => throw new InvalidOperationException("a bug of somebody's");

        AssertRefused(TlsErrorCause.RevocationStatusUnknown, "a bug of somebody's", await checks.CheckAsync(Named));
    }

    [Fact]
    public async Task CertificateWithoutResponder_IsTakenOrNotAsTheCallerSays()
    {
        var soft = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.SoftFail);
        var hard = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.HardFail);

        Assert.Null(await soft.CheckAsync(Chain));
        AssertRefused(TlsErrorCause.RevocationStatusUnknown, "names no OCSP responder", await hard.CheckAsync(Chain));
    }

    [Fact]
    public async Task SlowResponder_HoldsAHandshakeUpNoLongerThanTheTimeout()
    {
        var checks = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.SoftFail);
        Task<TlsProtocolException?> checking = checks.CheckAsync(Named);
        Assert.Equal(TimeSpan.FromSeconds(3), await checks.Clock.NextTimerAsync());
        Assert.False(checking.IsCompleted);

        checks.Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Null(await checking.Guarded());
        Assert.Single(checks.Logger.Entries, entry => entry.Id == 79);
    }

    [Fact]
    public async Task FailedQuestion_IsNotAskedAgainForAWhile()
    {
        var checks = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.HardFail);
        checks.Responder.AnswerWith(() => OcspResponseBuilder.Error(3));
        Assert.NotNull(await checks.CheckAsync(Named));
        checks.Responder.AnswerWith(() => Response(Named, checks.Clock.GetUtcNow()).Build());

        Assert.NotNull(await checks.CheckAsync(Named));
        Assert.Single(checks.Responder.Requests);
        checks.Clock.Advance(RevocationCache.FailureLifetime);
        Assert.Null(await checks.CheckAsync(Named));
        Assert.Equal(2, checks.Responder.Requests.Count);
    }

    [Fact]
    public async Task ManyHandshakesAtOnce_AskOnce()
    {
        var checks = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.HardFail);
        var answer = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        checks.Responder.Answer = (_, _) =>
        {
            asked.TrySetResult();
            return answer.Task;
        };

        Task<TlsProtocolException?>[] checking = [.. Enumerable.Range(0, 20).Select(_ => checks.CheckAsync(Named))];
        await asked.Task.Guarded();
        answer.SetResult(ScriptedResponder.Ok(Staple(Named).Build()));

        Assert.All(await Task.WhenAll(checking).Guarded(), Assert.Null);
        Assert.Single(checks.Responder.Requests);
    }

    [Fact]
    public async Task HandshakeThatGivesUp_TakesTheAnswerFromNobodyElse()
    {
        var checks = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.HardFail);
        var answer = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        checks.Responder.Answer = (_, _) => answer.Task;
        using var givesUp = new CancellationTokenSource();
        Task<TlsProtocolException?> first = checks.CheckAsync(Named, [], givesUp.Token);
        Task<TlsProtocolException?> second = checks.CheckAsync(Named);

        await givesUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Guarded());
        answer.SetResult(ScriptedResponder.Ok(Staple(Named).Build()));

        Assert.Null(await second.Guarded());
        Assert.Single(checks.Responder.Requests);
    }

    /// <summary>Never weaker than without the question: what came and proves nothing is made good by an answer only.</summary>
    [Fact]
    public async Task BadStaple_IsMadeGoodByTheResponderOnly()
    {
        var checks = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.SoftFail);
        checks.Responder.AnswerWith(() => OcspResponseBuilder.Error(3));
        AssertRefused(TlsErrorCause.BadCertificateStatus, "has expired", await checks.CheckAsync(Named, ExpiredStaple(Named)));

        checks.Clock.Advance(RevocationCache.FailureLifetime);
        checks.Responder.AnswerWith(() => Staple(Named).Build());
        Assert.Null(await checks.CheckAsync(Named, ExpiredStaple(Named)));
    }

    [Fact]
    public async Task Issuers_AreAskedAboutWhenTheCallerWantsIt()
    {
        TestChain chain = RevocationCheckerTests.WithRootKey(
            out X509Certificate2 root, TestCertificates.OcspResponders("http://root.example/"));
        var leafOnly = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.HardFail);
        var all = new RevocationChecks(RevocationMode.Online, RevocationFailureMode.HardFail, X509RevocationFlag.ExcludeRoot);
        string status = OcspResponseBuilder.Good;
        leafOnly.Responder.Answer = all.Responder.Answer = (request, _) => Task.FromResult(ScriptedResponder.Ok(
            request.AsSpan().SequenceEqual(OcspRequest.For(chain.Leaf, chain.Issuer))
                ? Staple(chain).Build()
                : new OcspResponseBuilder(chain.Issuer, root, Now) { Statuses = [status] }.Build()));

        Assert.Null(await leafOnly.CheckAsync(chain));
        Assert.Single(leafOnly.Responder.Requests);
        Assert.Null(await all.CheckAsync(chain));
        Assert.Equal(2, all.Responder.Requests.Count);
        status = OcspResponseBuilder.Revoked;
        all.Clock.Advance(TimeSpan.FromHours(23));
        AssertRefused(TlsErrorCause.CertificateRevoked, "A certificate of the server's chain", await all.CheckAsync(chain));
    }

    [Fact]
    public async Task CacheOfAnswers_IsBounded()
    {
        var clock = new FakeTimeProvider();
        var cache = new RevocationCache(clock);
        for (int i = 0; i < 3 * RevocationCache.Capacity; i++)
        {
            var key = RevocationCache.Key.Of(RevocationMode.Online, [BitConverter.GetBytes(i)]);
            await cache.GetOrAskAsync(key, () => Task.FromResult(RevocationVerdict.Good(Now, Now.AddHours(1)))).Guarded();
            Assert.NotNull(cache.Find(key));
            Assert.InRange(cache.Count, 1, RevocationCache.Capacity);
        }
    }

    /// <summary>A clock that is set back does not make an answer hold for longer.</summary>
    [Fact]
    public void CachedAnswer_HoldsByTwoClocks()
    {
        var clock = new SettableClock();
        var cache = new RevocationCache(clock);
        var key = RevocationCache.Key.Of(RevocationMode.Online, []);
        cache.Add(key, RevocationVerdict.Good(clock.Now, clock.Now.AddHours(1)));

        clock.Set(TimeSpan.FromHours(2));
        Assert.Null(cache.Find(key));
        clock.Set(TimeSpan.FromHours(-3));
        Assert.NotNull(cache.Find(key));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(cache.Find(key));
    }
}
