using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

using SynHello.Interop.Tests;

namespace SynHello.AspNetCore.Tests;

/// <summary>
/// The wire form of gRPC (HTTP/2, messages with a length in front, the status in the trailers), which its packages put on top of Kestrel:
/// a call with one answer, one that fails before there is one, and one that goes back and forth.
/// </summary>
public sealed class GrpcTests
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();

    [Fact]
    public async Task UnaryCall_EndsWithItsStatusInTheTrailers()
    {
        await using WebServer server = await StartAsync();
        using HttpClient client = WebClient.Create(_endPoint);
        using HttpResponseMessage response = await CallAsync(client, "/greet.Greeter/SayHello", new ByteArrayContent(Message("World")));
        Assert.Equal("application/grpc", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("Hello World", await ReadAsync(await response.Content.ReadAsStreamAsync()));
        Assert.Null(await ReadAsync(await response.Content.ReadAsStreamAsync()));
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    [Fact]
    public async Task CallThatFails_SaysSoInTheHeadersAlone()
    {
        await using WebServer server = await StartAsync();
        using HttpClient client = WebClient.Create(_endPoint);
        using HttpResponseMessage response = await CallAsync(client, "/greet.Greeter/Nothing", new ByteArrayContent(Message("")));
        Assert.Equal("12", Assert.Single(response.Headers.GetValues("grpc-status")));
    }

    [Fact]
    public async Task DuplexCall_GoesBackAndForth()
    {
        await using WebServer server = await StartAsync();
        using HttpClient client = WebClient.Create(_endPoint);
        var request = new DuplexContent();
        using HttpResponseMessage response = await CallAsync(client, "/greet.Greeter/Chat", request);
        Stream answers = await response.Content.ReadAsStreamAsync();
        Stream questions = await request.Stream;
        for (int i = 0; i < 50; i++)
        {
            string text = new('x', 700 * i);
            await questions.WriteAsync(Message(text));
            await questions.FlushAsync();
            Assert.Equal($"Hello {text}", await ReadAsync(answers).WaitAsync(ChildProcess.Patience));
        }

        request.End();
        Assert.Null(await ReadAsync(answers).WaitAsync(ChildProcess.Patience));
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    private Task<WebServer> StartAsync() => WebServer.StartAsync(_endPoint, application =>
    {
        application.MapPost("/greet.Greeter/{method}", async (string method, HttpContext context) =>
        {
            context.Response.ContentType = "application/grpc";
            if (method == "Nothing")
            {
                context.Response.Headers["grpc-status"] = "12";
                return;
            }

            context.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;
            await context.Response.Body.FlushAsync(); // the headers
            while (await ReadAsync(context.Request.Body) is { } name)
            {
                await context.Response.Body.WriteAsync(Message($"Hello {name}"));
                await context.Response.Body.FlushAsync();
            }

            context.Response.AppendTrailer("grpc-status", "0");
        });
    });

    private static Task<HttpResponseMessage> CallAsync(HttpClient client, string path, HttpContent content)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
            Headers = { { "te", "trailers" } },
        };
        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(ChildProcess.Patience);
    }

    private static byte[] Message(string text)
    {
        byte[] message = new byte[5 + text.Length];
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), text.Length);
        Encoding.ASCII.GetBytes(text, message.AsSpan(5));
        return message;
    }

    private static async Task<string?> ReadAsync(Stream stream)
    {
        byte[] head = new byte[5];
        int count = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false);
        if (count == 0)
            return null;
        Assert.Equal(head.Length, count);
        byte[] text = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1))];
        await stream.ReadExactlyAsync(text);
        return Encoding.ASCII.GetString(text);
    }

    /// <summary>A body that is written while the response is read.</summary>
    private sealed class DuplexContent : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Stream> Stream => _stream.Task;

        public void End() => _end.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            _stream.SetResult(stream);
            await _end.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
