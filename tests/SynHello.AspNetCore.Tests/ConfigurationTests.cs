using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

using SynHello.Interop.Tests;
using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.AspNetCore.Tests;

/// <summary>Endpoints, certificates and options from Kestrel's configuration.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-kestrel-");
    private readonly Identity _identity;

    public ConfigurationTests() => _identity = Identity.For(_endPoint.Address);

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Endpoint_IsServedWithItsCertificate()
    {
        await using WebServer server = await StartAsync();
        Assert.Equal([$"https://{_endPoint}"], server.Addresses);
        Assert.Equal("HTTP/2 over TLS 1.3", await GetAsync());
        Assert.DoesNotContain(server.Logs, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task EndpointWithoutHttps_IsKestrelsOwn()
    {
        IPEndPoint plain = PrivateNetwork.NextEndPoint();
        await using WebServer server = await StartAsync(("Kestrel:Endpoints:Plain:Url", $"http://{plain}"));
        Assert.Equal([$"http://{plain}", $"https://{_endPoint}"], server.Addresses.Order());
        using var client = new HttpClient();
        Assert.Equal("HTTP/1.1 over nothing", await client.GetStringAsync($"http://{plain}/"));
        Assert.Equal("HTTP/2 over TLS 1.3", await GetAsync());
    }

    [Fact]
    public async Task EndpointWithoutACertificate_HasTheDefaultOne()
    {
        await using WebServer server = await StartAsync(
            ("Kestrel:Endpoints:Https:Certificate:Path", null),
            ("Kestrel:Endpoints:Https:Certificate:KeyPath", null),
            ("Kestrel:Certificates:Default:Path", _identity.CertificateFile),
            ("Kestrel:Certificates:Default:KeyPath", _identity.KeyFile));
        Assert.Equal("HTTP/2 over TLS 1.3", await GetAsync());
    }

    [Theory]
    [InlineData("secret")]
    [InlineData(null)]
    public async Task Pfx_IsReadWithItsPassword(string? password)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(_identity.CertificateFile, _identity.KeyFile);
        string path = Path.Combine(_directory.FullName, "server.pfx");
        await File.WriteAllBytesAsync(path, certificate.Export(X509ContentType.Pfx, password));
        await using WebServer server = await StartAsync(
            ("Kestrel:Endpoints:Https:Certificate:Path", path),
            ("Kestrel:Endpoints:Https:Certificate:KeyPath", null),
            ("Kestrel:Endpoints:Https:Certificate:Password", password));
        Assert.Equal("HTTP/2 over TLS 1.3", await GetAsync());
    }

    [Fact]
    public async Task Hosts_HaveTheirOwnCertificates()
    {
        (string Host, string Name)[] hosts = [("a.example", "a.example"), ("*.b.example", "x.b.example"), ("*", "localhost")];
        var settings = new List<(string, string?)>();
        foreach ((string host, string name) in hosts)
        {
            Identity identity = name == "localhost" ? _identity : Identity.ForClient(name); // which names it, and that is what is looked at
            settings.Add(($"Kestrel:Endpoints:Https:Sni:{host}:Certificate:Path", identity.CertificateFile));
            settings.Add(($"Kestrel:Endpoints:Https:Sni:{host}:Certificate:KeyPath", identity.KeyFile));
        }

        await using WebServer server = await StartAsync([.. settings]);
        Assert.Equal("CN=a.example", await ShownAsync("a.example"));
        Assert.Equal("CN=x.b.example", await ShownAsync("y.b.example"));
        Assert.Equal("CN=server", await ShownAsync("elsewhere.example"));
    }

    [Fact]
    public async Task HostsWithoutADefault_AreRefused()
    {
        await using WebServer server = await StartAsync(("Kestrel:Endpoints:Https:Sni:a.example:Url", "")); // its certificate is the endpoint's
        Assert.Equal("CN=server", await ShownAsync("a.example"));
        await Assert.ThrowsAnyAsync<Exception>(() => ShownAsync("b.example"));
    }

    /// <summary>The connection from before goes on, and new ones see the new certificate.</summary>
    [Fact]
    public async Task Certificate_IsTakenUpAnewWhenItsFilesChange()
    {
        string certificate = Path.Combine(_directory.FullName, "server.crt");
        string key = Path.Combine(_directory.FullName, "server.key");
        File.Copy(_identity.CertificateFile, certificate);
        File.Copy(_identity.KeyFile, key);
        await using WebServer server = await WebServer.StartAsync(
            Settings(("Kestrel:Endpoints:Https:Certificate:Path", certificate), ("Kestrel:Endpoints:Https:Certificate:KeyPath", key)),
            Map,
            builder => builder.Services.Configure<CertificateFilesOptions>("Https", options => options.Interval = TimeSpan.FromSeconds(1)));
        using HttpClient before = WebClient.Create(_endPoint);
        Assert.Equal("HTTP/2 over TLS 1.3", await before.GetStringAsync("/"));
        Identity renewed = Identity.ForClient("renewed");
        File.Copy(renewed.CertificateFile, certificate, overwrite: true);
        File.Copy(renewed.KeyFile, key, overwrite: true);
        using var patience = new CancellationTokenSource(ChildProcess.Patience);
        while (await ShownAsync("localhost") != "CN=renewed")
            await Task.Delay(100, patience.Token);
        Assert.Equal("HTTP/2 over TLS 1.3", await before.GetStringAsync("/"));
    }

    [Fact]
    public async Task Options_AreBound()
    {
        await using WebServer server = await StartAsync(
            ("SynHello:FastOpen", "Off"),
            ("SynHello:MaximumEarlyData", "1000"),
            ("Kestrel:EndpointDefaults:SslProtocols:0", "Tls12"),
            ("Kestrel:Endpoints:Https:MaximumEarlyData", "2000"),
            ("Kestrel:Endpoints:Https:Protocols", "Http1"),
            ("Kestrel:Endpoints:Https:ClientCertificateMode", "AllowCertificate"),
            ("Kestrel:Endpoints:Https:TrustedClientRoots", Identity.RootFile));
        SecureListenerOptions options = OptionsOf(server);
        Assert.Equal(FastOpenMode.Off, options.FastOpen);
        Assert.Equal(2000, options.MaximumEarlyData);
        Assert.Equal(SslProtocols.Tls12, options.EnabledSslProtocols);
        Assert.Equal(TlsClientCertificateMode.Requested, options.ClientCertificateMode);
        Assert.Equal(Identity.Root, Assert.Single(options.TrustedClientRoots!));
        Assert.Equal("http/1.1", Assert.Single(options.ApplicationProtocols).ToString());
        Assert.Equal("HTTP/1.1 over TLS 1.2", await GetAsync(HttpVersion.Version11));
    }

    [Fact]
    public async Task Code_HasTheLastWord()
    {
        await using WebServer server = await WebServer.StartAsync(
            Settings(("SynHello:MaximumEarlyData", "1000")),
            Map,
            builder => builder.Services.Configure<SecureListenerOptions>("Https", options => options.MaximumEarlyData *= 3));
        Assert.Equal(3000, OptionsOf(server).MaximumEarlyData);
    }

    [Fact]
    public async Task Localhost_IsTwoAddresses()
    {
        int port = PrivateNetwork.NextPort();
        await using WebServer server = await StartAsync(("Kestrel:Endpoints:Https:Url", $"https://localhost:{port}"));
        Assert.Equal([$"https://127.0.0.1:{port}", $"https://[::1]:{port}"], server.Addresses);
        foreach (IPAddress address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            using HttpClient client = WebClient.Create(new IPEndPoint(address, port));
            Assert.Equal("HTTP/2 over TLS 1.3", await client.GetStringAsync("/"));
        }
    }

    [Fact]
    public async Task AnyAddress_IsAllOfThem()
    {
        int port = PrivateNetwork.NextPort();
        await using WebServer server = await StartAsync(("Kestrel:Endpoints:Https:Url", $"https://*:{port}"));
        foreach (IPAddress address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            using HttpClient client = WebClient.Create(new IPEndPoint(address, port));
            Assert.Equal("HTTP/2 over TLS 1.3", await client.GetStringAsync("/"));
        }
    }

    [Theory]
    [InlineData("Kestrel:Endpoints:Https:Url", "https://", "Kestrel:Endpoints:Https:Url: ")]
    [InlineData("Kestrel:Endpoints:Https:Url", "https://localhost:0", "Kestrel:Endpoints:Https:Url: localhost is two addresses")]
    [InlineData("Kestrel:Endpoints:Https:Url", "https://127.0.0.1:1/path", "Kestrel:Endpoints:Https:Url: ")]
    [InlineData("Kestrel:Endpoints:Https:Url", "http://127.0.0.1:1", "Kestrel:Endpoints: there is no endpoint with an https Url")]
    [InlineData("Kestrel:Endpoints:Https:Protocols", "Http4", "Kestrel:Endpoints:Https:Protocols: \"Http4\" is none of ")]
    [InlineData("Kestrel:Endpoints:Https:Protocols", "Http1AndHttp2AndHttp3", "HTTP/3 is not served over SynHello")]
    [InlineData("Kestrel:Endpoints:Https:SslProtocols:0", "Tls11", "Kestrel:Endpoints:Https:SslProtocols: ")]
    [InlineData("Kestrel:EndpointDefaults:ClientCertificateMode", "DelayCertificate", "Kestrel:EndpointDefaults:ClientCertificateMode: ")]
    [InlineData("Kestrel:Endpoints:Https:FastOpen", "cookies", "Kestrel:Endpoints:Https:FastOpen: \"cookies\" is none of Off, Cookie, Cookieless.")]
    [InlineData("SynHello:FastOpen", "1", "SynHello:FastOpen: \"1\" is none of Off, Cookie, Cookieless.")]
    [InlineData("SynHello:FastOpn", "Off", "SynHello:FastOpn: there is no such word; there are FastOpen, MaximumEarlyData, TrustedClientRoots.")]
    [InlineData("SynHello:MaximumEarlyData", "-1", "SynHello:MaximumEarlyData: \"-1\" is no number from 0 to 1048576.")]
    [InlineData("SynHello:TrustedClientRoots", "/nowhere.pem", "SynHello:TrustedClientRoots: ")]
    [InlineData("Kestrel:Endpoints:Https:Certificate:Path", "", "Kestrel:Endpoints:Https:Certificate:Path: there is none.")]
    [InlineData("Kestrel:Endpoints:Https:Certificate:Path", "/nowhere.pem", "Kestrel:Endpoints:Https:Certificate: Could not find file '/nowhere.pem'.")]
    [InlineData("Kestrel:Endpoints:Https:Certificate:KeyPath", "/nowhere.key", "Kestrel:Endpoints:Https:Certificate: Could not find file '/nowhere.key'.")]
    [InlineData("Kestrel:Endpoints:Https:Sni:a.example:SslProtocols:0", "Tls13", "Kestrel:Endpoints:Https:Sni:a.example:SslProtocols: ")]
    public async Task WhatCannotBeUsed_IsSaidInOneLine(string key, string value, string expected)
    {
        string message = await FailAsync((key, value));
        Assert.StartsWith(expected, message);
    }

    [Fact]
    public async Task EndpointWithoutAnyCertificate_IsSaidInOneLine() => Assert.Equal(
        "Kestrel:Endpoints:Https:Certificate: there is none, and no Kestrel:Certificates:Default; give a Path, and a KeyPath or Password.",
        await FailAsync(("Kestrel:Endpoints:Https:Certificate:Path", null), ("Kestrel:Endpoints:Https:Certificate:KeyPath", null)));

    [Theory]
    [InlineData("wrong", "cannot be opened with this password.")]
    [InlineData(null, "is encrypted, and no password was given.")]
    public async Task WrongPassword_IsSaidInOneLine(string? password, string expected)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(_identity.CertificateFile, _identity.KeyFile);
        string path = Path.Combine(_directory.FullName, "server.pfx");
        await File.WriteAllBytesAsync(path, certificate.Export(X509ContentType.Pfx, "secret"));
        Assert.Equal(
            $"Kestrel:Endpoints:Https:Certificate: {path} {expected}",
            await FailAsync(
                ("Kestrel:Endpoints:Https:Certificate:Path", path),
                ("Kestrel:Endpoints:Https:Certificate:KeyPath", null),
                ("Kestrel:Endpoints:Https:Certificate:Password", password)));
    }

    [Fact]
    public async Task PortInUse_IsSaidInOneLine()
    {
        await using WebServer first = await StartAsync();
        IOException exception = await Assert.ThrowsAsync<IOException>(() => StartAsync());
        Assert.Equal($"Failed to bind to address https://{_endPoint}: address already in use.", exception.Message);
    }

    [Fact]
    public async Task AddressOfAnotherMachine_IsSaidInOneLine()
    {
        IOException exception = await Assert.ThrowsAsync<IOException>(
            () => StartAsync(("Kestrel:Endpoints:Https:Url", "https://192.0.2.1:4433")));
        Assert.StartsWith("Failed to bind to address https://192.0.2.1:4433: ", exception.Message);
        Assert.DoesNotContain('\n', exception.Message);
    }

    private async Task<string> FailAsync(params (string Key, string? Value)[] changes)
    {
        Exception? exception = await Record.ExceptionAsync(() => StartAsync(changes));
        Assert.IsType<InvalidOperationException>(exception);
        Assert.DoesNotContain('\n', exception.Message);
        return exception.Message;
    }

    private Dictionary<string, string?> Settings(params (string Key, string? Value)[] changes)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:Https:Url"] = $"https://{_endPoint}",
            ["Kestrel:Endpoints:Https:Certificate:Path"] = _identity.CertificateFile,
            ["Kestrel:Endpoints:Https:Certificate:KeyPath"] = _identity.KeyFile,
        };
        foreach ((string key, string? value) in changes)
        {
            settings.Remove(key);
            if (value is not null)
                settings.Add(key, value);
        }

        return settings;
    }

    private Task<WebServer> StartAsync(params (string Key, string? Value)[] changes) => WebServer.StartAsync(Settings(changes), Map);

    private static void Map(WebApplication application) => application.MapGet("/", (HttpContext context) =>
        $"{context.Request.Protocol} over {context.GetHandshakeReport()?.Version.ToString().Insert(0, "TLS ") ?? "nothing"}");

    private static SecureListenerOptions OptionsOf(WebServer server) =>
        Assert.Single(server.Application.Services.GetRequiredService<SecureListeners>().All).EndPoint.Options;

    private async Task<string> GetAsync(Version? version = null)
    {
        using HttpClient client = WebClient.Create(_endPoint, version);
        return await client.GetStringAsync("/");
    }

    /// <summary>Whom the certificate names that is shown to who asks for a host.</summary>
    private async Task<string> ShownAsync(string host)
    {
        var client = new SecureClient(new SecureClientOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            ApplicationProtocols = [System.Net.Security.SslApplicationProtocol.Http2],
        });
        await using SecureStream stream = await client.ConnectAsync(_endPoint, host);
        return stream.RemoteCertificate!.Subject;
    }
}
