using System.Net;
using System.Net.Http.Headers;

namespace SynHello.Tests;

/// <summary>Answers OCSP requests as a test says, without a network. Thread-safe.</summary>
internal sealed class ScriptedResponder : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private readonly List<(Uri? Address, byte[] Body)> _requests = [];

    /// <summary>What is answered; never, by default.</summary>
    public Func<byte[], CancellationToken, Task<HttpResponseMessage>> Answer { get; set; } = NeverAsync;

    /// <summary>What was asked so far.</summary>
    public IReadOnlyList<(Uri? Address, byte[] Body)> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    public HttpMessageInvoker ToInvoker() => new(this, disposeHandler: false);

    /// <summary>Answers each request with what is made for it.</summary>
    public void AnswerWith(Func<byte[]> response) => Answer = (_, _) => Task.FromResult(Ok(response()));

    public static HttpResponseMessage Ok(byte[] response, string type = "application/ocsp-response") =>
        new(HttpStatusCode.OK) { Content = new ByteArrayContent(response) { Headers = { ContentType = new MediaTypeHeaderValue(type) } } };

    public static async Task<HttpResponseMessage> NeverAsync(byte[] request, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        throw new InvalidOperationException("It was never to answer.");
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        lock (_lock)
            _requests.Add((request.RequestUri, body));
        return await Answer(body, cancellationToken);
    }
}
