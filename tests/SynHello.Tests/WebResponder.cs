using System.Net;
using System.Net.Sockets;

namespace SynHello.Tests;

/// <summary>An HTTP server on loopback that does with each request what a test says.</summary>
internal sealed class WebResponder : IAsyncDisposable
{
    private readonly HttpListener _listener;
    private readonly Func<HttpListenerContext, Task> _answer;
    private readonly Task _running;
    private int _requests;

    public WebResponder(Func<HttpListenerContext, Task> answer)
    {
        _answer = answer;
        (_listener, Address) = Start();
        _running = RunAsync();
    }

    public Uri Address { get; }

    /// <summary>How many requests came.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public static async Task SendAsync(HttpListenerContext context, byte[] body, string? type = "application/ocsp-response")
    {
        if (type is not null)
            context.Response.ContentType = type;
        context.Response.ContentLength64 = body.Length;
        await context.Response.OutputStream.WriteAsync(body);
        context.Response.Close();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _running.Guarded();
    }

    private static (HttpListener Listener, Uri Address) Start()
    {
        for (int attempt = 0; ; attempt++)
        {
            var listener = new HttpListener();
            try
            {
                var address = new Uri($"http://127.0.0.1:{FreePort()}/");
                listener.Prefixes.Add(address.AbsoluteUri);
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                listener.Close(); // somebody else took the port in between
            }
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            Interlocked.Increment(ref _requests);
            _ = AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            await _answer(context);
        }
        catch (Exception exception) when (exception is IOException or HttpListenerException or ObjectDisposedException)
        {
            // The client has gone away, or the test has ended.
        }
    }
}
