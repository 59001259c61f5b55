using System.Net;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

using SynHello.Interop.Tests;

namespace SynHello.AspNetCore.Tests;

/// <summary>A server that stops while it is busy, and one that takes its place at once.</summary>
public sealed class ShutdownTests
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();

    public static TheoryData<string> Versions => ["1.1", "2.0"];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task RequestsUnderWay_AreAnswered(string version)
    {
        const int Count = 10;
        var letGo = new TaskCompletionSource();
        var allRun = new TaskCompletionSource();
        int running = 0;
        await using WebServer server = await WebServer.StartAsync(
            _endPoint,
            application => application.MapGet("/", async context =>
            {
                if (Interlocked.Increment(ref running) == Count)
                    allRun.SetResult();
                await letGo.Task;
                await context.Response.WriteAsync(new string('x', 200_000));
            }),
            build: builder => builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ChildProcess.Patience));
        using HttpClient client = WebClient.Create(_endPoint, new Version(version));
        Task<string>[] asking = [.. Enumerable.Range(0, Count).Select(_ => client.GetStringAsync("/"))];
        await allRun.Task.WaitAsync(ChildProcess.Patience);
        var stopping = new TaskCompletionSource();
        using CancellationTokenRegistration registration =
            server.Application.Lifetime.ApplicationStopping.Register(stopping.SetResult);
        Task stop = server.StopAsync();
        await stopping.Task.WaitAsync(ChildProcess.Patience);
        using HttpClient late = WebClient.Create(_endPoint, new Version(version));
        using var patience = new CancellationTokenSource(ChildProcess.Patience);
        while (await Record.ExceptionAsync(() => late.GetStringAsync("/nowhere", patience.Token)) is not HttpRequestException { StatusCode: null })
            await Task.Delay(10, patience.Token); // until nobody listens any more
        Assert.False(stop.IsCompleted);
        letGo.SetResult();
        Assert.All(await Task.WhenAll(asking).WaitAsync(ChildProcess.Patience), answer => Assert.Equal(200_000, answer.Length));
        await stop;
    }

    /// <summary>Clients keep asking while servers come and go; whatever was sent to a handler is answered.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ServerThatIsReplaced_LosesNoRequestThatItBegan(string version)
    {
        int begun = 0, answered = 0;
        using var enough = new CancellationTokenSource();
        Task? clients = null;
        for (int round = 0; round < 4; round++)
        {
            await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapGet("/", async context =>
            {
                Interlocked.Increment(ref begun);
                await Task.Yield();
                await context.Response.WriteAsync("here");
            }));
            clients ??= Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => AskAsync(enough.Token))));
            int before = Volatile.Read(ref answered);
            using var patience = new CancellationTokenSource(ChildProcess.Patience);
            while (Volatile.Read(ref answered) < before + 100)
                await Task.Delay(5, patience.Token);
            await server.StopAsync();
        }

        await enough.CancelAsync();
        await clients!;
        Assert.Equal(begun, answered);

        async Task AskAsync(CancellationToken cancellationToken)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                using HttpClient client = WebClient.Create(_endPoint, new Version(version));
                try
                {
                    for (int i = 0; i < 20; i++)
                    {
                        if (await client.GetStringAsync("/", CancellationToken.None) == "here")
                            Interlocked.Increment(ref answered);
                    }
                }
                catch (HttpRequestException)
                {
                    await Task.Delay(1, CancellationToken.None); // nobody is there just now
                }
            }
        }
    }

    /// <summary>Connections on which nothing is under way hold nobody up.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task IdleConnections_EndWithTheServer(string version)
    {
        await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapGet("/", () => "here"));
        using HttpClient client = WebClient.Create(_endPoint, new Version(version));
        Assert.Equal("here", await client.GetStringAsync("/"));
        long start = TimeProvider.System.GetTimestamp();
        await server.StopAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(25)); // the host's patience is 30
    }
}
