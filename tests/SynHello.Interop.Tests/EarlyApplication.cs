using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SynHello.AspNetCore;

namespace SynHello.Interop.Tests;

/// <summary>
/// An application over Kestrel that takes early data, and notes each request that its handler runs for.
/// </summary>
public sealed class EarlyApplication : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<string> _runs = new();
    private readonly TaskCompletionSource<Task> _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EarlyApplication(IPEndPoint endPoint, bool usesEarlyData)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseSynHello(options =>
        {
            options.ListenEndPoint = endPoint;
            options.Credentials = [Identity.For(endPoint.Address).Credential];
            options.MaximumEarlyData = 4096;
            options.HandshakeTimeout = Timeout.InfiniteTimeSpan; // the tests hold handshakes back
        });
        _application = builder.Build();
        if (usesEarlyData)
            _application.UseEarlyData(new EarlyDataOptions { AllowByDefault = true });
        _application.Run(HandleAsync);
    }

    /// <summary>
    /// A line for each run: the method, whether the handshake was complete, and the Early-Data header.
    /// </summary>
    public IReadOnlyList<string> Runs => [.. _runs];

    /// <summary>What the handler of /wait waits for.</summary>
    public Task<Task> Waiting => _waiting.Task.WaitAsync(ChildProcess.Patience);

    /// <summary>Completes when the first response was handed over to be sent.</summary>
    public Task Answered => _answered.Task.WaitAsync(ChildProcess.Patience);

    public static async Task<EarlyApplication> StartAsync(IPEndPoint endPoint, bool usesEarlyData = true)
    {
        var application = new EarlyApplication(endPoint, usesEarlyData);
        await application._application.StartAsync();
        return application;
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        ISecureConnectionFeature connection = context.Features.GetRequiredFeature<ISecureConnectionFeature>();
        _runs.Enqueue(string.Join(
            ' ',
            context.Request.Method,
            connection.IsHandshakeComplete ? "late" : "early",
            $"[{context.Request.Headers["Early-Data"]}]"));
        if (context.Request.Path == "/wait")
        {
            _waiting.TrySetResult(connection.HandshakeCompleted);
            await connection.HandshakeCompleted;
        }

        string text = $"done, {(connection.IsHandshakeComplete ? "complete" : "incomplete")}\n";
        if (context.Request.Path == "/long")
            text = new string('x', 400_000) + text;
        if (context.Request.Path != "/first")
            context.Response.OnCompleted(() => Task.FromResult(_answered.TrySetResult()));
        context.Response.ContentLength = text.Length;
        await context.Response.WriteAsync(text);
    }
}
