using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

using SynHello.Interop.Tests;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.AspNetCore.Tests;

/// <summary>What middleware asks a connection about.</summary>
public sealed class FeatureTests
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();

    /// <summary>As stock Kestrel answers it over SslStream, for the same client.</summary>
    [Theory]
    [InlineData("1.1", TlsCipherSuite.TLS_AES_128_GCM_SHA256)]
    [InlineData("2.0", TlsCipherSuite.TLS_AES_256_GCM_SHA384)]
    [InlineData("2.0", TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256)]
    [InlineData("2.0", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [InlineData("1.1", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)]
    [InlineData("2.0", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)]
    public async Task Features_SayWhatKestrelsOwnTlsSays(string version, TlsCipherSuite suite)
    {
        IPEndPoint stockEndPoint = PrivateNetwork.NextEndPoint();
        Identity identity = Identity.For(stockEndPoint.Address);
        using X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(
            X509Certificate2.CreateFromPemFile(identity.CertificateFile, identity.KeyFile).Export(X509ContentType.Pfx), null);
        await using WebServer stock = await WebServer.StartAsync(
            builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(stockEndPoint, listen => listen.UseHttps(
                certificate, options => options.OnAuthenticate = (_, ssl) => ssl.CipherSuitesPolicy = new CipherSuitesPolicy([suite])))),
            application => application.MapGet("/", Describe));
        await using WebServer server = await WebServer.StartAsync(
            _endPoint, application => application.MapGet("/", Describe), options => options.CipherSuites = [new CipherSuite((ushort)suite)]);
        using HttpClient client = WebClient.Create(_endPoint, new Version(version), suite: suite);
        using HttpClient stockClient = WebClient.Create(stockEndPoint, new Version(version), suite: suite);
        string expected = await stockClient.GetStringAsync("/");
        Assert.Equal(expected, await client.GetStringAsync("/"));
        Assert.Contains($"suite={suite}", expected);
        Assert.Contains(version == "1.1" ? "alpn=\n" : "alpn=h2\n", expected); // HttpClient offers nothing to those who speak HTTP/1.1
    }

    [Theory]
    [InlineData("1.1", TlsClientCertificateMode.Requested)]
    [InlineData("2.0", TlsClientCertificateMode.Required)]
    public async Task ClientCertificate_IsTheConnections(string version, TlsClientCertificateMode mode)
    {
        await using WebServer server = await WebServer.StartAsync(
            _endPoint,
            application => application.MapGet("/", async context =>
            {
                X509Certificate2? asked = await context.Connection.GetClientCertificateAsync();
                Assert.Same(context.Connection.ClientCertificate, asked);
                await context.Response.WriteAsync(asked?.Subject ?? "nobody");
            }),
            options => (options.ClientCertificateMode, options.TrustedClientRoots) = (mode, [Identity.Root]));
        Identity alice = Identity.ForClient("alice");
        using var certificate = X509Certificate2.CreateFromPemFile(alice.CertificateFile, alice.KeyFile);
        using HttpClient known = WebClient.Create(_endPoint, new Version(version), certificate: certificate);
        Assert.Equal("CN=alice", await known.GetStringAsync("/"));
        using HttpClient stranger = WebClient.Create(_endPoint, new Version(version));
        if (mode == TlsClientCertificateMode.Requested)
            Assert.Equal("nobody", await stranger.GetStringAsync("/"));
        else
            await Assert.ThrowsAsync<HttpRequestException>(() => stranger.GetStringAsync("/"));
    }

    [Fact]
    public async Task ClientCertificate_CanBeReplaced()
    {
        await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapGet("/", context =>
        {
            Assert.Null(context.Connection.ClientCertificate);
            context.Connection.ClientCertificate = Identity.Root; // of a proxy that is trusted, say
            return context.Response.WriteAsync(context.Connection.ClientCertificate!.Subject);
        }));
        using HttpClient client = WebClient.Create(_endPoint);
        Assert.Equal("CN=SynHello interop root", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Report_TellsOfTheHandshake()
    {
        await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapGet("/", context =>
        {
            HandshakeReport report = context.GetHandshakeReport()!;
            Assert.Same(report, context.Features.GetRequiredFeature<ISecureConnectionFeature>().Report);
            Assert.False(context.IsEarlyData());
            Assert.Null(context.Features.Get<ISslStreamFeature>()); // there is none
            Assert.True(context.WaitForHandshakeAsync().IsCompletedSuccessfully);
            Assert.Equal(Identity.Host, context.Features.GetRequiredFeature<ITlsHandshakeFeature>().HostName);
            return context.Response.WriteAsync($"{report.Version} {report.ApplicationProtocol}");
        }));
        using HttpClient client = WebClient.Create(_endPoint);
        Assert.Equal("1.3 h2", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task EndPoints_AreTheConnections()
    {
        await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapGet("/", context =>
        {
            IConnectionEndPointFeature endPoints = context.Features.GetRequiredFeature<IConnectionEndPointFeature>();
            Assert.Equal(_endPoint, endPoints.LocalEndPoint);
            return context.Response.WriteAsync($"{endPoints.RemoteEndPoint}");
        }));
        using HttpClient client = WebClient.Create(_endPoint);
        Assert.StartsWith("127.", await client.GetStringAsync("/"));
    }

    private static Task Describe(HttpContext context)
    {
        ITlsHandshakeFeature handshake = context.Features.GetRequiredFeature<ITlsHandshakeFeature>();
#pragma warning disable SYSLIB0058
        string text = string.Join('\n',
            $"protocol={handshake.Protocol}",
            $"suite={handshake.NegotiatedCipherSuite}",
            $"cipher={handshake.CipherAlgorithm}/{handshake.CipherStrength}",
            $"hash={handshake.HashAlgorithm}/{handshake.HashStrength}",
            $"exchange={handshake.KeyExchangeAlgorithm}/{handshake.KeyExchangeStrength}",
            $"alpn={System.Text.Encoding.ASCII.GetString(context.Features.GetRequiredFeature<ITlsApplicationProtocolFeature>().ApplicationProtocol.Span)}",
            $"certificate={context.Features.GetRequiredFeature<ITlsConnectionFeature>().ClientCertificate}",
            $"local={context.Connection.LocalPort}",
            $"remote={context.Connection.RemoteIpAddress}",
            $"https={context.Request.IsHttps}");
#pragma warning restore SYSLIB0058
        return context.Response.WriteAsync(text);
    }
}
