using System.Net;
using System.Net.Sockets;

using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SynHello.Http.Tests;

/// <summary>Requests that are given up, and what is left of their connections: nothing.</summary>
public sealed class CancellationTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task WhileConnecting_ClosesTheSocket(string method)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using HttpClient client = TestClient.Create();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        Task<HttpResponseMessage> sending = client.SendAsync(
            new HttpRequestMessage(new HttpMethod(method), $"https://{silent.LocalEndpoint}/"), cancel.Token);
        using Socket accepted = await silent.AcceptSocketAsync(Cancelled);
        await ReadHelloAsync(accepted);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        await AssertEndsAsync(accepted); // a pool keeps its own attempts for some seconds, for another request
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task WhileWaitingForTheResponse_IsSeenByTheServer(string version)
    {
        var arrived = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1AndHttp2, async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            arrived.TrySetResult();
            await aborted.Task;
        });
        using HttpClient client = TestClient.Create(version: version);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        Task<HttpResponseMessage> sending = client.GetAsync(server.Uri, cancel.Token);
        await arrived.Task.WaitAsync(Cancelled);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        await aborted.Task.WaitAsync(Cancelled);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task ConnectTimeout_IsATimeoutAsUsersKnowIt(string method)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using HttpClient client = TestClient.Create(handler => handler.ConnectTimeout = TimeSpan.FromMilliseconds(200));

        TaskCanceledException failure = await Assert.ThrowsAsync<TaskCanceledException>(() => client.SendAsync(
            new HttpRequestMessage(new HttpMethod(method), $"https://{silent.LocalEndpoint}/"), Cancelled));

        Assert.IsType<TimeoutException>(failure.InnerException);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task HttpClientTimeout_IsATimeoutAsUsersKnowIt(string method)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using HttpClient client = TestClient.Create();
        client.Timeout = TimeSpan.FromMilliseconds(200);

        TaskCanceledException failure = await Assert.ThrowsAsync<TaskCanceledException>(() => client.SendAsync(
            new HttpRequestMessage(new HttpMethod(method), $"https://{silent.LocalEndpoint}/"), Cancelled));

        Assert.IsType<TimeoutException>(failure.InnerException);
    }

    private static async Task ReadHelloAsync(Socket socket)
    {
        byte[] buffer = new byte[16_384];
        Assert.True(await socket.ReceiveAsync(buffer, Cancelled) > 0);
    }

    private static async Task AssertEndsAsync(Socket socket)
    {
        byte[] buffer = new byte[16_384];
        try
        {
            while (await socket.ReceiveAsync(buffer, Cancelled) > 0)
            {
                // An alert, perhaps.
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // That is an end too.
        }
    }
}
