using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

using SynHello.AspNetCore;
using SynHello.Capture;
using SynHello.Http;
using SynHello.Sockets;

namespace SynHello.OnTheWire.Tests;

/// <summary>HttpClient to Kestrel over a wire of 56 ms, the connection set up each time: round trips, counted from packets.</summary>
public sealed class HttpOnTheWireTests
{
    private const int ResponseLength = 4000;
    private const int LongerThanTickets = 1000;
    private const int StockPort = 8443;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(FastOpenMode.Cookie, "1.1", 0, 1)]
    [InlineData(FastOpenMode.Cookieless, "1.1", 0, 1)]
    [InlineData(FastOpenMode.Off, "1.1", 1, 2)]
    [InlineData(FastOpenMode.Cookie, "2.0", 0, 1)]
    public async Task SecondVisit_HasResponseHeadersAfterOneRoundTripWithFastOpen(
        FastOpenMode fastOpen, string version, int untilRequest, int untilFirstByte)
    {
        await using LongWire wire = Start();
        await using WebApplication server = await ServeSecureAsync(wire, fastOpen);
        Func<SecureHttpHandler> handlers = Returning(wire, fastOpen);

        RoundTripLedger first = await VisitAsync(wire, handlers(), LongWire.Port, version);
        RoundTripLedger second = await VisitAsync(wire, handlers(), LongWire.Port, version);

        Assert.Equal(EarlyDataUse.None, first.EarlyData);
        Assert.Equal((true, EarlyDataUse.Accepted), (second.SessionResumed, second.EarlyData));
        Assert.Equal((untilRequest, untilFirstByte), (second.RequestSentRoundTrips, second.FirstByteRoundTrips));
        if (fastOpen != FastOpenMode.Off)
        {
            Assert.True(second.ClientHelloInSynTaken);
            Assert.Equal(second.SynPayloadBytes, second.SynPayloadBytesTaken);
        }
    }

    /// <summary>It rides in no SYN, and behind no ClientHello that waits for its answer: it leaves with the Finished.</summary>
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Post_OfAReturningClient_NeverTravelsEarly(string version)
    {
        await using LongWire wire = Start();
        await using WebApplication server = await ServeSecureAsync(wire, FastOpenMode.Cookieless);
        Func<SecureHttpHandler> handlers = Returning(wire, FastOpenMode.Cookieless);
        await VisitAsync(wire, handlers(), LongWire.Port, version);

        RoundTripLedger post = await VisitAsync(wire, handlers(), LongWire.Port, version, HttpMethod.Post);

        Assert.Equal((true, EarlyDataUse.None), (post.SessionResumed, post.EarlyData));
        Assert.Equal((1, 2), (post.RequestSentRoundTrips, post.FirstByteRoundTrips));
        Assert.Single(post.Entries, entry => entry.Contents.HasFlag(PacketContents.ClientHello));
    }

    /// <summary>It is made again on the connection that is there, which costs the round trip that was saved and no more (RFC 8470 section 5.2).</summary>
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task TooEarly_IsMadeAgainOnTheSameConnection(string version)
    {
        await using LongWire wire = Start();
        await using WebApplication server = await ServeSecureAsync(wire, FastOpenMode.Cookieless, allowEarlyData: false);
        Func<SecureHttpHandler> handlers = Returning(wire, FastOpenMode.Cookieless);
        await VisitAsync(wire, handlers(), LongWire.Port, version);

        RoundTripLedger second = await VisitAsync(wire, handlers(), LongWire.Port, version);

        Assert.Equal((true, EarlyDataUse.Accepted), (second.SessionResumed, second.EarlyData));
        Assert.Equal((0, 2), (second.RequestSentRoundTrips, second.FirstByteRoundTrips));
    }

    [Fact]
    public async Task FirstVisit_Cookieless_TakesOneRoundTripLessThanWithout()
    {
        await using LongWire wire = Start();
        await using WebApplication server = await ServeSecureAsync(wire, FastOpenMode.Cookieless);

        RoundTripLedger visit = await VisitAsync(wire, Returning(wire, FastOpenMode.Cookieless)(), LongWire.Port, "1.1");

        Assert.Equal((1, 2), (visit.RequestSentRoundTrips, visit.FirstByteRoundTrips));
    }

    [Fact]
    public async Task SocketsHttpHandlerToStockKestrel_TakesThree_OnTheSecondVisitToo()
    {
        await using LongWire wire = Start();
        await using WebApplication server = await ServeAsync(
            builder => builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(
                wire.Wire.LocalAddress,
                StockPort,
                endPoint => endPoint.UseHttps(wire.Chain.Leaf, https => https.ServerCertificateChain = wire.Chain.Intermediates))));
        SocketsHttpHandler Handler() => new()
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { wire.Chain.Root },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };

        RoundTripLedger first = await VisitAsync(wire, Handler(), StockPort, "1.1");
        RoundTripLedger second = await VisitAsync(wire, Handler(), StockPort, "1.1");

        Assert.Equal((2, 3), (first.RequestSentRoundTrips, first.FirstByteRoundTrips));
        Assert.Equal((2, 3), (second.RequestSentRoundTrips, second.FirstByteRoundTrips));
    }

    private static LongWire Start() => LongWire.Start(options => options.OneWayDelay = TimeSpan.FromMilliseconds(28));

    /// <summary>Makes handlers that know what the others know, as those of an application that starts again.</summary>
    private static Func<SecureHttpHandler> Returning(LongWire wire, FastOpenMode fastOpen)
    {
        var sessions = new MemorySessionStore();
        var paths = new FastOpenPaths();
        return () => new SecureHttpHandler
        {
            UseProxy = false,
            SecureOptions =
            {
                FastOpen = fastOpen,
                FastOpenPaths = paths,
                SessionStore = sessions,
                TrustedRoots = [wire.Chain.Root],
            },
        };
    }

    private static Task<WebApplication> ServeSecureAsync(LongWire wire, FastOpenMode fastOpen, bool allowEarlyData = true) => ServeAsync(
        builder => builder.WebHost.UseSynHello(
            options =>
            {
                options.ListenEndPoint = new IPEndPoint(wire.Wire.LocalAddress, LongWire.Port);
                options.Credentials = [wire.Credential];
                options.FastOpen = fastOpen;
                options.MaximumEarlyData = 16_384;
                options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
            },
            endPoint => endPoint.Protocols = HttpProtocols.Http1AndHttp2),
        allowEarlyData);

    private static async Task<WebApplication> ServeAsync(Action<WebApplicationBuilder> listen, bool allowEarlyData = true)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        listen(builder);
        WebApplication application = builder.Build();
        application.UseEarlyData(new EarlyDataOptions { AllowByDefault = allowEarlyData, AllowUnprovenAddresses = true });
        application.Run(context => context.Response.WriteAsync(new string('x', ResponseLength)));
        await application.StartAsync(Cancelled);
        return application;
    }

    /// <summary>Makes one request over a connection of its own.</summary>
    private static async Task<RoundTripLedger> VisitAsync(LongWire wire, HttpMessageHandler handler, int port, string version, HttpMethod? method = null)
    {
        HashSet<int> before = [.. wire.Connections.Select(connection => connection.Key)];
        using var client = new HttpClient(handler) { DefaultRequestVersion = Version.Parse(version) };
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, new Uri($"https://{wire.Wire.RemoteAddress}:{port}/"))
        {
            Version = client.DefaultRequestVersion,
            Headers = { Host = LongWire.Host },
        };
        using HttpResponseMessage response = await client.SendAsync(request, Cancelled);
        Assert.Equal(version, response.Version.ToString());
        Assert.Equal(ResponseLength, (await response.Content.ReadAsStringAsync(Cancelled)).Length);
        int clientPort = Assert.Single(wire.Connections, connection => !before.Contains(connection.Key)).Key;
        return wire.LedgerOf(clientPort, new RoundTripLedgerOptions { MinimumResponseRecordLength = LongerThanTickets });
    }
}
