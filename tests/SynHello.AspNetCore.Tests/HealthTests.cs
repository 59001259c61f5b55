using System.Net;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

using SynHello.Interop.Tests;
using SynHello.Lab;
using SynHello.Sockets;

namespace SynHello.AspNetCore.Tests;

/// <summary>What the health check says, and the log, of an endpoint that does not do all that it is asked to.</summary>
[Collection(nameof(WithoutFastOpen))]
public sealed class HealthTests
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();

    [Fact]
    public async Task EndpointThatListens_IsHealthy()
    {
        await using WebServer server = await StartAsync();
        HealthReport report = await CheckAsync(server);
        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal("listening, Fast Open Cookie", Assert.Single(report.Entries["synhello"].Data).Value);
        using HttpClient client = WebClient.Create(_endPoint);
        Assert.Equal("Healthy", await client.GetStringAsync("/health"));
    }

    [Fact]
    public async Task KernelWithoutFastOpen_IsSaidInOneLineAndDegraded()
    {
        NetworkNamespace.SetFastOpen(1);
        try
        {
            await using WebServer server = await StartAsync();
            string warning = Assert.Single(server.Logs, line => line.StartsWith("Warning", StringComparison.Ordinal));
            Assert.Contains("net.ipv4.tcp_fastopen", warning);
            Assert.DoesNotContain('\n', warning);
            HealthReport report = await CheckAsync(server);
            Assert.Equal(HealthStatus.Degraded, report.Status);
            Assert.Contains("net.ipv4.tcp_fastopen", report.Entries["synhello"].Description);
            using HttpClient client = WebClient.Create(_endPoint);
            Assert.Equal("Degraded", await client.GetStringAsync("/health"));
        }
        finally
        {
            NetworkNamespace.SetFastOpen(3);
        }
    }

    [Fact]
    public async Task EndpointThatDoesNotListen_IsUnhealthy()
    {
        await using WebServer server = await StartAsync();
        SecureConnectionListener listener = server.Application.Services.GetRequiredService<SecureListeners>().All.Single().Listener;
        await listener.Listener.DisposeAsync(); // as when accepting fails for good
        using var patience = new CancellationTokenSource(ChildProcess.Patience);
        while (listener.IsListening)
            await Task.Delay(10, patience.Token);
        HealthReport report = await CheckAsync(server);
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.Equal($"https://{_endPoint} takes no connections", report.Entries["synhello"].Description);
    }

    [Fact]
    public async Task ExpiredCertificate_IsUnhealthy()
    {
        await using WebServer server = await StartAsync(options => options.Credentials = [Identity.Expired(_endPoint.Address).Credential]);
        HealthReport report = await CheckAsync(server);
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.Equal($"https://{_endPoint} shows a certificate that has expired: CN=server", report.Entries["synhello"].Description);
    }

    [Fact]
    public async Task FastOpenThatNobodyAskedFor_IsNotMissed()
    {
        await using WebServer server = await StartAsync(options => options.FastOpen = FastOpenMode.Off);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(server)).Status);
    }

    private Task<WebServer> StartAsync(Action<SecureListenerOptions>? configure = null) => WebServer.StartAsync(
        _endPoint,
        application => application.MapHealthChecks("/health"),
        configure,
        builder => builder.Services.AddHealthChecks().AddSynHello());

    private static Task<HealthReport> CheckAsync(WebServer server) =>
        server.Application.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync().WaitAsync(ChildProcess.Patience);

    /// <summary>Its tests change what holds for all: they run alone.</summary>
    [CollectionDefinition(nameof(WithoutFastOpen), DisableParallelization = true)]
    public sealed class WithoutFastOpen;
}
