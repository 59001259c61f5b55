using System.Net.Security;
using System.Text;

using Microsoft.AspNetCore.Server.Kestrel.Core;

using SynHello.Tls;

namespace SynHello.Http.Tests;

/// <summary>What the bytes of a first flight say, whoever wrote them.</summary>
public sealed class FirstFlightTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("HEAD / HTTP/1.1\r\nHost: a\r\nX: Content-Length: 1\r\n\r\n", true)]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    [InlineData("GETS / HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    [InlineData("get / HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n", false)] // there is more to come
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\ncontent-length: 4\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", false)]
    [InlineData("", false)]
    public void Http11Head_IsReplaySafeWhenItIsAWholeSafeRequest(string written, bool isSafe) =>
        Assert.Equal(isSafe, Http11RequestHead.IsReplaySafe(Encoding.ASCII.GetBytes(written)));

    // SETTINGS, then HEADERS: length, type, flags, stream, block.
    [Theory]
    [InlineData("000001" + "01" + "05" + "00000001" + "82", true)] // :method GET
    [InlineData("000006" + "01" + "05" + "00000001" + "020448454144", true)] // :method HEAD
    [InlineData("000009" + "01" + "05" + "00000001" + "02074f5054494f4e53", true)] // :method OPTIONS
    [InlineData("000001" + "01" + "05" + "00000001" + "82" + "000001" + "01" + "05" + "00000003" + "82", true)] // two
    [InlineData("000001" + "01" + "05" + "00000001" + "83", false)] // :method POST
    [InlineData("000005" + "01" + "05" + "00000001" + "0203505554", false)] // :method PUT
    [InlineData("000001" + "01" + "05" + "00000001" + "84", false)] // not the method
    [InlineData("000003" + "01" + "05" + "00000001" + "3fe101", false)] // a table's size
    [InlineData("000001" + "01" + "04" + "00000001" + "82", false)] // a body follows
    [InlineData("000001" + "01" + "01" + "00000001" + "82", false)] // CONTINUATION follows
    [InlineData("000002" + "01" + "0d" + "00000001" + "0082", false)] // padded
    [InlineData("000001" + "01" + "05" + "00000001" + "82" + "000001" + "01" + "05" + "00000003" + "83", false)] // a GET and a POST
    [InlineData("000001" + "01" + "05" + "00000001" + "82" + "000001" + "00" + "01" + "00000001" + "00", false)] // DATA
    [InlineData("000001" + "01" + "05" + "00000001" + "82" + "000004" + "03" + "00" + "00000001" + "00000008", false)] // RST_STREAM
    [InlineData("000002" + "01" + "05" + "00000001" + "82", false)] // cut short
    [InlineData("000004" + "01" + "05" + "00000001" + "02ff4745", false)] // a length that is none
    [InlineData("000000" + "01" + "05" + "00000001", false)]
    public void Http2Flight_IsReplaySafeWhenItIsWholeSafeRequests(string frames, bool isSafe)
    {
        byte[] written = [.. Encoding.ASCII.GetBytes(Preface), .. Convert.FromHexString("000000040000000000" + frames)];

        Assert.Equal(isSafe, Http2FirstFlight.IsReplaySafe(written));
        Assert.True(Http2FirstFlight.HasMoreThanSettings(written));
        Assert.False(Http2FirstFlight.IsReplaySafe(written.AsSpan(Preface.Length)));
    }

    [Fact]
    public void Http2Beginning_Waits()
    {
        byte[] beginning = [.. Encoding.ASCII.GetBytes(Preface), .. Convert.FromHexString("000000040000000000" + "000004080000000000" + "00ffffff")];

        for (int length = 0; length <= beginning.Length; length++)
        {
            bool isWhole = length == Preface.Length || length == Preface.Length + 9 || length == beginning.Length;
            Assert.Equal(length > Preface.Length && !isWhole, Http2FirstFlight.HasMoreThanSettings(beginning.AsSpan(0, length)));
        }
    }

    /// <summary>A pool gives a connection to whom it likes: the request that it was made for says nothing of who writes.</summary>
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", true, true)]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", false, false)]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", true, false)]
    public async Task ConnectionOfHttp11_IsAsEarlyAsWhoWritesFirst(string written, bool writerMayBeEarly, bool isEarly)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "https://localhost/");
        message.Options.Set(SecureHttpRequestOptions.AllowEarlyData, writerMayBeEarly);

        Assert.Equal(isEarly, await IsEarlyAsync(isHttp2: false, Encoding.ASCII.GetBytes(written), message));
    }

    /// <summary>A pool makes a request again whose connection has ended: it has been early once.</summary>
    [Fact]
    public async Task RequestThatWasEarly_IsNotEarlyAgain()
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "https://localhost/");

        Assert.False(await IsEarlyAsync(isHttp2: false, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), message, wasEarly: true));
    }

    /// <summary>Some requests wait for the server's SETTINGS before they are written (RFC 8441 section 3).</summary>
    [Fact]
    public async Task ConnectionOfHttp2_ThatNobodyWritesTo_ConnectsAfterAWhile()
    {
        await using WebServer server = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2);
        SecureClient client = await ReturningClientAsync(server, isHttp2: true);
        var clock = new Testing.FakeTimeProvider();
        await using DeferredSecureStream inner = client.OpenStream(WebServer.Host, server.Port);
        await using FirstRequestStream stream = Defer(inner, server, isHttp2: true, new EarlyRequests(), clock);
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(Preface), .. Convert.FromHexString("000000040000000000")]);
        ValueTask<int> reading = stream.ReadAsync(new byte[1000]);
        Assert.Equal(1, clock.ActiveTimers);
        clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Null(inner.Connection);

        clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.NotEqual(0, await reading.AsTask().WaitAsync(Cancelled));
        Assert.Equal(EarlyDataStatus.None, inner.Connection!.Report.EarlyData);
        Assert.Equal(0, clock.ActiveTimers);
        await stream.WriteAsync(Http2Get("82"));
        while (server.Requests.Count == 0)
            Assert.NotEqual(0, await stream.ReadAsync(new byte[1000], Cancelled));
        Assert.Equal(["HTTP/2 GET /"], server.Requests);
    }

    [Theory]
    [InlineData("82", false, true)]
    [InlineData("82", true, false)]
    [InlineData("83", false, false)]
    public async Task ConnectionOfHttp2_IsEarlyUnlessSomebodyIsBarredOrNotSafe(string method, bool isBarred, bool isEarly)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "https://localhost/");
        message.Options.Set(SecureHttpRequestOptions.AllowEarlyData, !isBarred);

        Assert.Equal(isEarly, await IsEarlyAsync(isHttp2: true, Http2Get(method), message));
    }

    /// <summary>Writes to a connection of a returning client, while a request is under way.</summary>
    private static async Task<bool> IsEarlyAsync(bool isHttp2, byte[] written, HttpRequestMessage underWay, bool wasEarly = false)
    {
        await using WebServer server = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2);
        SecureClient client = await ReturningClientAsync(server, isHttp2);
        var earlyRequests = new EarlyRequests();
        SecureRequest request = earlyRequests.Describe(underWay, isRetry: false);
        if (wasEarly)
            request.EarlyAt = new Origin(WebServer.Host, server.Port, WebServer.Host);
        request.BeginIn(underWay);
        earlyRequests.Bar(underWay, request);
        await using DeferredSecureStream inner = client.OpenStream(WebServer.Host, server.Port);
        await using FirstRequestStream stream = Defer(inner, server, isHttp2, earlyRequests, TimeProvider.System);
        ValueTask<int> reading = stream.ReadAsync(Memory<byte>.Empty); // as pools do; it connects nothing
        if (isHttp2)
        {
            await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(Preface), .. Convert.FromHexString("000000040000000000")]);
            Assert.Null(inner.Connection);
        }

        Assert.False(reading.IsCompleted);
        await stream.WriteAsync(written);
        await reading;
        Assert.NotEqual(0, await stream.ReadAsync(new byte[1000]));
        HandshakeReport report = inner.Connection!.Report;
        Assert.True(report.IsResumed);
        Assert.Equal(isHttp2 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11, report.ApplicationProtocol);
        return report.EarlyData == EarlyDataStatus.Accepted;
    }

    /// <summary>:method, :scheme https, :path /, :authority localhost.</summary>
    private static byte[] Http2Get(string method)
    {
        string block = method + "8784" + "0109" + Convert.ToHexString("localhost"u8);
        return Convert.FromHexString($"{block.Length / 2:x6}" + "01" + "05" + "00000001" + block);
    }

    private static FirstRequestStream Defer(
        DeferredSecureStream inner, WebServer server, bool isHttp2, EarlyRequests earlyRequests, TimeProvider clock) => new(
        inner,
        isHttp2,
        new Origin(WebServer.Host, server.Port, WebServer.Host),
        earlyRequests,
        new OriginProtocols(TimeProvider.System),
        Timeout.InfiniteTimeSpan,
        clock);

    /// <summary>A client that was there once.</summary>
    private static async Task<SecureClient> ReturningClientAsync(WebServer server, bool isHttp2)
    {
        var client = new SecureClient(new SecureClientOptions
        {
            FastOpen = Sockets.FastOpenMode.Off,
            TrustedRoots = [WebServer.Root],
            ApplicationProtocols = isHttp2 ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] : [SslApplicationProtocol.Http11],
        });
        await using (SecureStream first = await client.ConnectAsync(WebServer.Host, server.Port))
        {
            await first.WriteAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
            Assert.NotEqual(0, await first.ReadAsync(new byte[1000]));
        }

        return client;
    }
}
