using System.Collections.Concurrent;
using System.Diagnostics;

namespace SynHello.Http.Tests;

/// <summary>Whose child the span of a connection is.</summary>
public sealed class SpanTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>A request makes its own connection, as part of its span; a pool's connection is nobody's.</summary>
    [Theory]
    [InlineData("GET", "1.1", true)]
    [InlineData("POST", "1.1", false)]
    [InlineData("POST", "2.0", false)]
    public async Task Connection_IsItsRequestsChild_OrStandsByItself(string method, string version, bool isChild)
    {
        await using WebServer server = await WebServer.StartSecureAsync();
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "SynHello",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using Activity caller = new Activity("caller").Start();
        using HttpClient client = TestClient.Create(version: version);

        (await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), server.Uri) { Version = Version.Parse(version) }, Cancelled)).Dispose();

        Activity span = Assert.Single(spans, IsOfThisServer);
        Assert.Equal(isChild, span.TraceId == caller.TraceId);
        Assert.Equal(isChild, span.ParentSpanId != default);
        Assert.NotEqual(caller.SpanId, span.ParentSpanId); // the request's own span is in between
        Assert.Same(caller, Activity.Current);

        bool IsOfThisServer(Activity activity) =>
            activity.OperationName == "SynHello.Connect" && Equals(activity.GetTagItem("server.port"), server.Port);
    }
}
