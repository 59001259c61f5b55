using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

using SynHello.Interop.Tests;
using SynHello.Testing;

namespace SynHello.AspNetCore.Tests;

/// <summary>Clients of HTTP/1.1 that leave while their request is answered, in the ways there are.</summary>
public sealed class AbortTests
{
    private static readonly byte[] _request = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly FakeTimeProvider _clock = new();
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>close_notify, FIN and all, as well-behaved clients leave.</summary>
    [Fact]
    public async Task ClientThatClosesInGoodOrder_IsNoticed()
    {
        await using WebServer server = await StartAsync();
        SecureStream stream = await ConnectAsync();
        await stream.WriteAsync(_request);
        await _running.Task.WaitAsync(ChildProcess.Patience);
        await stream.DisposeAsync();
        await LookAsync(_aborted.Task);
        Assert.DoesNotContain(server.Logs, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    /// <summary>What is behind the request is not read while that runs, and hides nothing.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClientThatHasSentMore_IsNoticed(bool resets)
    {
        await using WebServer server = await StartAsync();
        SecureStream stream = await ConnectAsync();
        await stream.WriteAsync(_request);
        await _running.Task.WaitAsync(ChildProcess.Patience);
        await stream.WriteAsync("G"u8.ToArray());
        for (int i = 0; i < 20; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(60)); // it arrives while somebody looks
            await Task.Yield();
        }

        Assert.False(_aborted.Task.IsCompleted);
        if (resets)
            stream.Abort();
        await stream.DisposeAsync();
        await LookAsync(_aborted.Task);
    }

    /// <summary>close_notify alone says that no more requests come, and that is all.</summary>
    [Fact]
    public async Task ClientThatSendsCloseNotifyAlone_IsAnswered()
    {
        await using WebServer server = await StartAsync();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_endPoint);
        await using var stream = new SslStream(new NetworkStream(socket));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = Identity.Host,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { Identity.Root },
            },
        });
        await stream.WriteAsync(_request);
        await stream.ShutdownAsync();
        await _running.Task.WaitAsync(ChildProcess.Patience);
        for (int i = 0; i < 20; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(60));
            await Task.Yield();
        }

        _letGo.SetResult();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.EndsWith("answered", await reader.ReadToEndAsync().WaitAsync(ChildProcess.Patience));
        Assert.False(_aborted.Task.IsCompleted);
    }

    private Task<WebServer> StartAsync() => WebServer.StartAsync(
        _endPoint,
        application => application.MapGet("/", async context =>
        {
            using CancellationTokenRegistration registration = context.RequestAborted.Register(_aborted.SetResult);
            _running.SetResult();
            await Task.WhenAny(_aborted.Task, _letGo.Task);
            context.Response.ContentLength = 8;
            await context.Response.WriteAsync("answered");
        }),
        options => options.TimeProvider = _clock);

    private async Task<SecureStream> ConnectAsync() =>
        await new SecureClient(new SecureClientOptions { TrustedRoots = [Identity.Root] }).ConnectAsync(_endPoint, Identity.Host);

    /// <summary>Lets the timer look until something is over.</summary>
    private async Task LookAsync(Task over)
    {
        using var patience = new CancellationTokenSource(ChildProcess.Patience);
        while (!over.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(60));
            await Task.Delay(5, patience.Token);
        }
    }
}
