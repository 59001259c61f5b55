using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Http.Tests;

/// <summary>Servers that end a connection without saying so (close_notify), as many do.</summary>
public sealed class EndedConnectionTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RequestOnAConnectionThatEnds_IsMadeAgain()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync(listener, [Answer, ""], [Answer]);
        using HttpClient client = TestClient.Create();

        for (int i = 0; i < 2; i++)
            Assert.Equal("hello", await client.GetStringAsync(UriOf(listener), Cancelled));

        await serving;
    }

    /// <summary>An answer may end where its connection does: who cuts it short must not make it look whole.</summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhel")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")]
    public async Task AnswerThatIsCutShort_Fails(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync(listener, [answer]);
        using HttpClient client = TestClient.Create();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(UriOf(listener), Cancelled));

        await serving;
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", true)]
    [InlineData("POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", true)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", false)]
    [InlineData("abc", false)] // goes on with a body whose answer may have begun
    [InlineData("0\r\n\r\n", false)]
    public async Task EndAfterAnAnswer_IsOneOnceTheNextRequestIsWritten(string written, bool isEnd)
    {
        using var connection = new TruncatedStream("answer"u8.ToArray());
        using var stream = new ExchangeStream(connection);
        Assert.Equal(6, await stream.ReadAsync(new byte[10], Cancelled));
        await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[10], Cancelled).AsTask());
        Assert.Throws<IOException>(() => stream.Read(new byte[10], 0, 10));

        await stream.WriteAsync(Encoding.ASCII.GetBytes(written), Cancelled);

        if (isEnd)
        {
            Assert.Equal(0, await stream.ReadAsync(new byte[10], Cancelled));
            Assert.Equal(0, stream.Read(new byte[10], 0, 10));
        }
        else
        {
            await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[10], Cancelled).AsTask());
        }
    }

    private static Uri UriOf(TcpListener listener) => new($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");

    /// <summary>Answers the requests of each connection in turn. Behind what is no whole answer TCP ends, and TLS does not.</summary>
    private static async Task ServeAsync(TcpListener listener, params string[][] connections)
    {
        TestChain chain = TestCertificates.Shared(CertificateKind.EcdsaP256);
        foreach (string[] answers in connections)
        {
            using Socket socket = await listener.AcceptSocketAsync(Cancelled);
            await using var stream = new SslStream(new NetworkStream(socket));
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = SslStreamCertificateContext.Create(chain.Leaf, chain.Intermediates, offline: true),
                },
                Cancelled);
            foreach (string answer in answers)
            {
                Assert.NotEqual(0, await stream.ReadAsync(new byte[4096], Cancelled));
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), Cancelled);
            }

            if (answers[^1] == Answer)
                continue;
            socket.Shutdown(SocketShutdown.Send);
            await DrainAsync(socket);
        }
    }

    private static async Task DrainAsync(Socket socket)
    {
        byte[] rest = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(rest, Cancelled) > 0)
            {
                // Its close_notify.
            }
        }
        catch (SocketException)
        {
            // That is an end too.
        }
    }

    /// <summary>Gives some bytes out, and ends as a connection without close_notify does.</summary>
    private sealed class TruncatedStream(byte[] content) : MemoryStream
    {
        private bool _isRead;

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_isRead)
                throw new IOException("cut", new TlsProtocolException(TlsErrorCause.TruncatedByPeer, "cut"));
            _isRead = true;
            content.CopyTo(buffer, offset);
            return content.Length;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            byte[] read = new byte[buffer.Length];
            int count = Read(read, 0, read.Length);
            read.AsSpan(0, count).CopyTo(buffer.Span);
            return count;
        }
    }
}
