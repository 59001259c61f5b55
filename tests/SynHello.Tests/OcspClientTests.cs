using SynHello.Testing;

using static SynHello.Tests.OcspSamples;

namespace SynHello.Tests;

/// <summary>Asking responders over HTTP (RFC 6960 appendix A), over connections, in bounded time.</summary>
public sealed class OcspClientTests
{
    private readonly ObservedClock _clock = new(new FakeTimeProvider());

    [Fact]
    public async Task Responder_IsAskedByPost()
    {
        byte[]? asked = null;
        string? description = null;
        await using var responder = new WebResponder(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            asked = body.ToArray();
            description = $"{context.Request.HttpMethod} {context.Request.ContentType} {context.Request.Headers["traceparent"]}";
            await WebResponder.SendAsync(context, Response().Build());
        });

        OcspAnswer answer = await AskAsync(responder);

        Assert.Equal(RevocationStatus.Good, answer.Verdict.Status);
        Assert.Equal(OcspRequest.For(Chain.Leaf, Chain.Issuer), asked);
        Assert.Equal("POST application/ocsp-request ", description);
        Assert.False(answer.Response.IsEmpty);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(307)]
    public async Task Redirect_IsNotFollowed(int status)
    {
        await using var target = new WebResponder(context => WebResponder.SendAsync(context, Response().Build()));
        await using var responder = new WebResponder(context =>
        {
            context.Response.StatusCode = status;
            context.Response.RedirectLocation = target.Address.AbsoluteUri;
            context.Response.Close();
            return Task.CompletedTask;
        });

        AssertNone(await AskAsync(responder), $"HTTP status {status}");
        Assert.Equal(0, target.Requests);
    }

    [Fact]
    public async Task ErrorStatus_IsNoAnswerWhateverComesWithIt()
    {
        await using var responder = new WebResponder(context =>
        {
            context.Response.StatusCode = 503;
            return WebResponder.SendAsync(context, Response().Build());
        });

        AssertNone(await AskAsync(responder), "HTTP status 503");
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/ocsp-request")]
    [InlineData(null)]
    public async Task OtherContentType_IsNoAnswer(string? type)
    {
        await using var responder = new WebResponder(context => WebResponder.SendAsync(context, Response().Build(), type));

        AssertNone(await AskAsync(responder), "something else than an OCSP response");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HugeAnswer_IsNotReadToItsEnd(bool saysItsLength)
    {
        await using var responder = new WebResponder(async context =>
        {
            context.Response.ContentType = "application/ocsp-response";
            context.Response.SendChunked = !saysItsLength;
            if (saysItsLength)
                context.Response.ContentLength64 = 1L << 40;
            byte[] part = new byte[64 * 1024];
            while (true) // until the other side has enough
                await context.Response.OutputStream.WriteAsync(part);
        });

        AssertNone(await AskAsync(responder), "more than 16384 bytes");
    }

    [Fact]
    public async Task HugeAnswerThroughAnHttpClientOfTheCallers_IsNotGatheredFirst()
    {
        await using var responder = new WebResponder(async context =>
        {
            context.Response.ContentType = "application/ocsp-response";
            context.Response.SendChunked = true;
            byte[] part = new byte[64 * 1024];
            while (true)
                await context.Response.OutputStream.WriteAsync(part);
        });
        using var http = new HttpClient();

        AssertNone(await AskAsync(responder, http), "more than 16384 bytes");
    }

    [Fact]
    public async Task ResponseThatProvesNothing_IsNotHandedOut()
    {
        OcspResponseBuilder expired = Response();
        expired.NextUpdate = Now.AddMinutes(-10);
        await using var responder = new WebResponder(context => WebResponder.SendAsync(context, expired.Build()));

        OcspAnswer answer = await AskAsync(responder);

        Assert.Equal(RevocationProblem.Expired, answer.Verdict.Problem);
        Assert.True(answer.Response.IsEmpty);
    }

    [Fact]
    public async Task ResponderThatIsDown_IsNoAnswer()
    {
        Uri address;
        await using (var responder = new WebResponder(_ => Task.CompletedTask))
            address = responder.Address;

        AssertNone(await AskAsync([address]), "cannot be reached");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SlowResponder_CostsNoMoreThanTheTimeout(bool sendsHeaders)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var responder = new WebResponder(async context =>
        {
            if (sendsHeaders)
            {
                context.Response.ContentType = "application/ocsp-response";
                context.Response.ContentLength64 = 1000;
                await context.Response.OutputStream.WriteAsync(new byte[10]);
                await context.Response.OutputStream.FlushAsync();
            }

            asked.SetResult();
        });
        Task<OcspAnswer> asking = AskAsync(responder);
        await asked.Task.Guarded();
        Assert.Equal(TimeSpan.FromSeconds(3), await _clock.NextTimerAsync());
        Assert.False(asking.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(3));

        AssertNone(await asking, "did not answer in time");
    }

    [Fact]
    public async Task HandlerThatHeedsNoCancellation_CostsNoMoreThanTheTimeout()
    {
        var never = new TaskCompletionSource<HttpResponseMessage>();
        var handler = new ScriptedResponder { Answer = (_, _) => never.Task };
        Task<OcspAnswer> asking = AskAsync([new Uri("http://responder.example/")], handler.ToInvoker());
        await _clock.NextTimerAsync();

        _clock.Advance(TimeSpan.FromSeconds(3));

        AssertNone(await asking, "did not answer in time");
    }

    [Fact]
    public async Task SecondResponder_IsAskedWhereTheFirstHasNoAnswer()
    {
        await using var broken = new WebResponder(context => WebResponder.SendAsync(context, OcspResponseBuilder.Error(3)));
        await using var responder = new WebResponder(context => WebResponder.SendAsync(context, Response().Build()));

        OcspAnswer answer = await AskAsync([broken.Address, responder.Address]);

        Assert.Equal(RevocationStatus.Good, answer.Verdict.Status);
        Assert.Equal(1, broken.Requests);
    }

    /// <summary>They share the time: one that never answers must not take all of it.</summary>
    [Fact]
    public async Task SecondResponder_IsAskedWhereTheFirstIsSilent()
    {
        var handler = new ScriptedResponder();
        int asked = 0;
        handler.Answer = async (request, cancellationToken) =>
        {
            if (++asked == 1)
                return await ScriptedResponder.NeverAsync(request, cancellationToken);
            return ScriptedResponder.Ok(Response().Build());
        };
        var client = new OcspClient(handler.ToInvoker(), TimeSpan.FromSeconds(3), _clock);
        Task<OcspAnswer> asking = client.AskAsync(
            Chain.Leaf, Chain.Issuer, [new Uri("http://first.example/"), new Uri("http://second.example/")], CancellationToken.None);

        _clock.Advance(TimeSpan.FromSeconds(1.5));

        Assert.Equal(RevocationStatus.Good, (await asking.Guarded()).Verdict.Status);
        Assert.Equal(["first.example", "second.example"], handler.Requests.Select(request => request.Address!.Host));
    }

    [Fact]
    public async Task Caller_MayGiveUp()
    {
        using var givesUp = new CancellationTokenSource();
        var handler = new ScriptedResponder();
        var client = new OcspClient(handler.ToInvoker(), TimeSpan.FromSeconds(3), _clock);
        Task<OcspAnswer> asking = client.AskAsync(Chain.Leaf, Chain.Issuer, [new Uri("http://responder.example/")], givesUp.Token);

        await givesUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.Guarded());
    }

    [Fact]
    public void Responders_AreTheFirstTwoOverHttp()
    {
        using TestChain chain = TestCertificates.Issue(
            CertificateKind.EcdsaP256,
            ["example.com"],
            extensions: TestCertificates.OcspResponders(
                "file:///etc/passwd",
                "https://secure.example/",
                "ldap://directory.example/",
                "not an address",
                "http://user:secret@responder.example/",
                "http://one.example/" + new string('a', 2048),
                "http://one.example/ocsp",
                "http://two.example/",
                "http://three.example/"));

        Assert.Equal(
            ["http://one.example/ocsp", "http://two.example/"],
            OcspClient.RespondersOf(chain.Leaf).Select(uri => uri.AbsoluteUri));
        Assert.Empty(OcspClient.RespondersOf(Chain.Leaf));
    }

    [Fact]
    public async Task CertificateWithoutResponder_IsNotAskedAbout() => AssertNone(await AskAsync([]), "names no OCSP responder");

    private static void AssertNone(OcspAnswer answer, string reason)
    {
        Assert.Equal(RevocationProblem.Unavailable, answer.Verdict.Problem);
        Assert.Contains(reason, answer.Verdict.Description, StringComparison.Ordinal);
        Assert.True(answer.Response.IsEmpty);
    }

    private Task<OcspAnswer> AskAsync(WebResponder responder, HttpMessageInvoker? invoker = null) =>
        AskAsync([responder.Address], invoker);

    private async Task<OcspAnswer> AskAsync(Uri[] responders, HttpMessageInvoker? invoker = null)
    {
        var client = new OcspClient(invoker, TimeSpan.FromSeconds(3), _clock);
        return await client.AskAsync(Chain.Leaf, Chain.Issuer, responders, TestContext.Current.CancellationToken).Guarded();
    }
}
