using System.Buffers;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

using SynHello.Interop.Tests;
using SynHello.Tls;

namespace SynHello.AspNetCore.Tests;

/// <summary>What an application tells Kestrel in code holds for secure endpoints too, or it hears that it does not.</summary>
public sealed class KestrelSettingsTests
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly Identity _identity;

    public KestrelSettingsTests() => _identity = Identity.For(_endPoint.Address);

    /// <summary>Whichever is called first, in code and by configuration.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task HttpsDefaults_AreTaken(bool isConfigured, bool areSetFirst)
    {
        await using WebServer server = await StartAsync(
            isConfigured,
            builder => Defaults(builder, https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.SslProtocols = SslProtocols.Tls12;
                https.HandshakeTimeout = TimeSpan.FromSeconds(3);
                https.CheckCertificateRevocation = true;
                https.ClientCertificateValidation = (certificate, _, _) => certificate.Subject == "CN=alice";
            }),
            areSetFirst);
        SecureListenerOptions options = OptionsOf(server);
        Assert.Equal(TlsClientCertificateMode.Required, options.ClientCertificateMode);
        Assert.Equal(SslProtocols.Tls12, options.EnabledSslProtocols);
        Assert.Equal(TimeSpan.FromSeconds(3), options.HandshakeTimeout);
        Assert.Equal(RevocationMode.Crl, options.ClientCertificateRevocation.Mode);
        Assert.Equal(RevocationFailureMode.HardFail, options.ClientCertificateRevocation.FailureMode);
        using var alice = X509Certificate2.CreateFromPem(Alice());
        Assert.True(options.ClientCertificateValidationCallback!(this, alice, null, default));
        Assert.False(options.ClientCertificateValidationCallback!(this, Identity.Root, null, default));
        using HttpClient stranger = WebClient.Create(_endPoint);
        await Assert.ThrowsAsync<HttpRequestException>(() => stranger.GetStringAsync("/"));

        static string Alice() => File.ReadAllText(Identity.ForClient("alice").CertificateFile);
    }

    /// <summary>An endpoint's own configuration, and its own code, know better than what holds for all.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Endpoint_HasTheLastWord(bool isConfigured)
    {
        await using WebServer server = await StartAsync(
            isConfigured,
            builder => Defaults(builder, https => https.ClientCertificateMode = ClientCertificateMode.RequireCertificate),
            configure: options => options.ClientCertificateMode = TlsClientCertificateMode.None,
            settings: ("Kestrel:Endpoints:Https:ClientCertificateMode", "NoCertificate"));
        Assert.Equal(TlsClientCertificateMode.None, OptionsOf(server).ClientCertificateMode);
        Assert.Equal("here", await GetAsync());
    }

    [Theory]
    [InlineData("OnAuthenticate", "Kestrel's HTTPS defaults (ConfigureHttpsDefaults): OnAuthenticate ")]
    [InlineData("SslProtocols", "Kestrel's HTTPS defaults (ConfigureHttpsDefaults): SslProtocols ")]
    [InlineData("ClientCertificateMode", "Kestrel's HTTPS defaults (ConfigureHttpsDefaults): nobody is asked ")]
    public async Task HttpsDefaultsThatCannotBeTaken_AreSaidInOneLine(string setting, string expected)
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(isConfigured: false, builder => Defaults(builder, https =>
        {
            if (setting == "OnAuthenticate")
                https.OnAuthenticate = (_, _) => { };
            else if (setting == "SslProtocols")
                https.SslProtocols = Enum.Parse<SslProtocols>("Tls11");
            else
                https.ClientCertificateMode = ClientCertificateMode.DelayCertificate;
        })));
        Assert.StartsWith(expected, exception.Message);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public async Task CertificateOfHttpsDefaults_IsMissedInOneLine()
    {
        await using WebServer server = await StartAsync(
            isConfigured: false, builder => Defaults(builder, https => https.ServerCertificateSelector = (_, _) => Identity.Root));
        string warning = Assert.Single(server.Logs, line => line.StartsWith("Warning", StringComparison.Ordinal));
        Assert.Contains("ConfigureHttpsDefaults", warning);
        Assert.Equal("here", await GetAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task UseHttps_IsRefusedAtTheStart(bool forAll)
    {
        using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(_identity.CertificateFile, _identity.KeyFile);
        void Secure(ListenOptions listen) => listen.UseHttps(certificate, https => https.ClientCertificateMode = ClientCertificateMode.RequireCertificate);
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => WebServer.StartAsync(
            builder =>
            {
                if (forAll)
                    builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(Secure));
                builder.WebHost.UseSynHello(Configure, forAll ? null : Secure);
            },
            Map));
        Assert.StartsWith($"The TLS of {_endPoint} is SynHello's: leave UseHttps out", exception.Message);
    }

    /// <summary>The loader is the one that Kestrel goes by, wherever the application meets it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EndpointsOfTheLoader_AreNotLost(bool areAddedFirst)
    {
        int port = PrivateNetwork.NextPort();
        IPEndPoint named = PrivateNetwork.NextEndPoint();
        bool called = false;
        await using WebServer server = await StartAsync(
            isConfigured: true,
            builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigurationLoader!
                .Endpoint("Plain", endPoint => called = endPoint.ListenOptions is not null)
                .LocalhostEndpoint(port)),
            areAddedFirst,
            settings: ("Kestrel:Endpoints:Plain:Url", $"http://{named}"));
        Assert.True(called);
        using var client = new HttpClient();
        Assert.Equal("here", await client.GetStringAsync($"http://localhost:{port}/"));
        Assert.Equal("here", await client.GetStringAsync($"http://{named}/"));
        Assert.Equal("here", await GetAsync());
        Assert.DoesNotContain(server.Logs, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoaderThatIsMadeAnew_IsMissedInOneLine()
    {
        await using WebServer server = await StartAsync(
            isConfigured: true,
            builder => builder.WebHost.ConfigureKestrel(
                (context, kestrel) => kestrel.Configure(context.Configuration.GetSection("Kestrel")).LocalhostEndpoint(1)));
        string warning = Assert.Single(server.Logs, line => line.StartsWith("Warning", StringComparison.Ordinal));
        Assert.Contains("KestrelServerOptions.ConfigurationLoader", warning);
        Assert.Equal("here", await GetAsync());
    }

    /// <summary>Certificates of a store are code's business, and the configuration may name one all the same.</summary>
    [Theory]
    [InlineData("Credentials")]
    [InlineData("CredentialSelector")]
    [InlineData("CredentialCallback")]
    public async Task CertificateOfCode_NeedsNoFile(string by)
    {
        await using WebServer server = await StartAsync(
            isConfigured: true,
            builder => builder.Services.Configure<SecureListenerOptions>("Https", options =>
            {
                if (by == "Credentials")
                    options.Credentials.Add(_identity.Credential);
                else if (by == "CredentialSelector")
                    options.CredentialSelector = _ => [_identity.Credential];
                else
                    options.CredentialCallback = (_, _) => new ValueTask<IReadOnlyList<TlsCredential>>([_identity.Credential]);
            }),
            settings:
            [
                ("Kestrel:Endpoints:Https:Certificate:Path", null),
                ("Kestrel:Endpoints:Https:Certificate:KeyPath", null),
                ("Kestrel:Endpoints:Https:Certificate:Subject", "CN=server"),
                ("Kestrel:Endpoints:Https:Certificate:Store", "My"),
            ]);
        Assert.Equal("here", await GetAsync());
        Assert.Equal(by == "Credentials" ? [_identity.Credential] : [], server.Certificates);
    }

    [Fact]
    public async Task CertificateOfCode_OutweighsTheFile()
    {
        Identity other = Identity.For(_endPoint.Address);
        await using WebServer server = await StartAsync(
            isConfigured: true,
            builder => builder.Services.Configure<SecureListenerOptions>("Https", options => options.Credentials = [other.Credential]));
        Assert.Same(other.Credential, Assert.Single(server.Certificates));
        Assert.Same(other.Credential, Assert.Single(OptionsOf(server).Credentials));
    }

    /// <summary>What is secure stays so; the rest is Kestrel's, whatever it has become.</summary>
    [Fact]
    public async Task EndpointThatBecomesHttps_IsKestrelsUntilARestart()
    {
        IPEndPoint plain = PrivateNetwork.NextEndPoint();
        Identity identity = Identity.For(plain.Address);
        await using WebServer server = await StartAsync(
            isConfigured: true, settings: ("Kestrel:Endpoints:Plain:Url", $"http://{plain}"));
        IConfigurationRoot configuration = Assert.IsAssignableFrom<IConfigurationRoot>(server.Application.Configuration);
        configuration["Kestrel:Endpoints:Plain:Url"] = $"https://{plain}";
        configuration["Kestrel:Endpoints:Plain:Certificate:Path"] = identity.CertificateFile;
        configuration["Kestrel:Endpoints:Plain:Certificate:KeyPath"] = identity.KeyFile;
        configuration["Kestrel:Endpoints:Https:Url"] = $"http://{_endPoint}";
        configuration.Reload();
        string warning = Assert.Single(server.Logs, line => line.StartsWith("Warning: The configuration", StringComparison.Ordinal));
        Assert.Contains("(Https, Plain)", warning);
        Assert.Equal("here", await GetAsync());
        using HttpClient client = WebClient.Create(plain, HttpVersion.Version11);
        using var patience = new CancellationTokenSource(ChildProcess.Patience);
        while (await Record.ExceptionAsync(() => client.GetStringAsync("/", patience.Token)) is HttpRequestException)
            await Task.Delay(10, patience.Token); // Kestrel binds it anew when it gets to it
        Assert.Equal("here", await client.GetStringAsync("/"));
    }

    /// <summary>Where Kestrel itself does not read its section.</summary>
    [Fact]
    public async Task EndpointDefaults_NeedNoLoader()
    {
        await using WebServer server = await WebServer.StartAsync(
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(Settings(
                [
                    ("Kestrel:EndpointDefaults:Protocols", "Http1"),
                    ("Kestrel:EndpointDefaults:SslProtocols", "Tls12"),
                    ("Kestrel:EndpointDefaults:ClientCertificateMode", "RequireCertificate"),
                ]));
                builder.WebHost.UseSynHello();
            },
            Map,
            readsConfiguration: false);
        SecureListenerOptions options = OptionsOf(server);
        Assert.Equal("http/1.1", Assert.Single(options.ApplicationProtocols).ToString());
        Assert.Equal(SslProtocols.Tls12, options.EnabledSslProtocols);
        Assert.Equal(TlsClientCertificateMode.Required, options.ClientCertificateMode);
    }

    /// <summary>As with Kestrel's own TLS.</summary>
    [Theory]
    [InlineData(ClientCertificateMode.NoCertificate, TlsClientCertificateMode.None)]
    [InlineData(ClientCertificateMode.AllowCertificate, TlsClientCertificateMode.Requested)]
    [InlineData(null, TlsClientCertificateMode.Required)]
    public async Task HttpsDefaults_OutweighEndpointDefaults(ClientCertificateMode? inCode, TlsClientCertificateMode expected)
    {
        await using WebServer server = await StartAsync(
            isConfigured: true,
            builder => Defaults(builder, https => https.ClientCertificateMode = inCode ?? https.ClientCertificateMode),
            settings: ("Kestrel:EndpointDefaults:ClientCertificateMode", "RequireCertificate"));
        Assert.Equal(expected, OptionsOf(server).ClientCertificateMode);
    }

    /// <summary>Some pools would give as much as there is.</summary>
    [Fact]
    public async Task Buffers_AreSmall()
    {
        var pools = new Pools();
        await using WebServer server = await StartAsync(
            isConfigured: false, builder => builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(pools));
        Assert.Equal("here", await GetAsync());
        Assert.InRange(pools.Largest, 1, 1 << 16);
    }

    [Fact]
    public async Task ConnectionIds_BeginAnywhere()
    {
        await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapGet("/", (HttpContext context) => context.Connection.Id));
        string id = await GetAsync();
        Assert.Matches("^S[0-9a-f]{16}$", id);
        Assert.DoesNotMatch("^S00000000", id);
        Assert.NotEqual(id, await GetAsync());
    }

    private static void Defaults(WebApplicationBuilder builder, Action<HttpsConnectionAdapterOptions> defaults) =>
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(defaults));

    private Task<WebServer> StartAsync(
        bool isConfigured,
        Action<WebApplicationBuilder>? build = null,
        bool buildsFirst = false,
        Action<SecureListenerOptions>? configure = null,
        params (string Key, string? Value)[] settings) => WebServer.StartAsync(
        builder =>
        {
            if (isConfigured)
                builder.Configuration.AddInMemoryCollection(Settings(settings));
            if (buildsFirst)
                build?.Invoke(builder);
            if (isConfigured)
            {
                builder.WebHost.UseSynHello();
            }
            else
            {
                builder.WebHost.UseSynHello(options =>
                {
                    Configure(options);
                    configure?.Invoke(options);
                });
            }

            if (!buildsFirst)
                build?.Invoke(builder);
        },
        Map);

    private void Configure(SecureListenerOptions options)
    {
        options.ListenEndPoint = _endPoint;
        options.Credentials = [_identity.Credential];
    }

    private static void Map(WebApplication application) => application.MapGet("/", () => "here");

    private Dictionary<string, string?> Settings((string Key, string? Value)[] changes)
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

    private static SecureListenerOptions OptionsOf(WebServer server) =>
        Assert.Single(server.Application.Services.GetRequiredService<SecureListeners>().All).EndPoint.Options;

    private async Task<string> GetAsync()
    {
        using HttpClient client = WebClient.Create(_endPoint);
        return await client.GetStringAsync("/");
    }

    private sealed class Pools : IMemoryPoolFactory<byte>
    {
        private int _largest;

        public int Largest => _largest;

        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool(this);

        private sealed class Pool(Pools pools) : MemoryPool<byte>
        {
            public override int MaxBufferSize => Shared.MaxBufferSize;

            public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
            {
                pools._largest = Math.Max(pools._largest, minBufferSize);
                return Shared.Rent(Math.Min(minBufferSize, 1 << 16));
            }

            protected override void Dispose(bool disposing)
            {
                // Nothing is held.
            }
        }
    }
}
