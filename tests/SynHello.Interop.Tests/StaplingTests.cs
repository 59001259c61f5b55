using System.Net;
using System.Security.Authentication;
using System.Text;

using SynHello.Testing;
using SynHello.Tests;
using SynHello.Wire;

namespace SynHello.Interop.Tests;

/// <summary>OCSP responses that come with certificates: ours to others' clients, and others' to ours.</summary>
public sealed class StaplingTests : IDisposable
{
    private const string Host = "localhost";
    private const string Responder = "http://responder.example/";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-stapling-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(CertificateKind.EcdsaP256, OcspResponseBuilder.Good)]
    [InlineData(CertificateKind.EcdsaP256, OcspResponseBuilder.Revoked)]
    [InlineData(CertificateKind.Rsa2048, OcspResponseBuilder.Good)]
    public async Task OpenSslClient_IsShownTheResponse(CertificateKind kind, string status)
    {
        await using StapledServer server = Serve(kind, status);
        await using ChildProcess client = StartOpenSslClient(server);
        await client.WaitForAsync($"Cert Status: {status}");
        await client.WriteLineAsync("over the wire");
        await client.WaitForAsync("over the wire");
        await client.WaitForAsync("OCSP Response Status: successful");
    }

    [Fact]
    public async Task OpenSslClient_IsToldWhenThereIsNoResponse()
    {
        await using StapledServer server = Serve(CertificateKind.EcdsaP256, status: null);
        await using ChildProcess client = StartOpenSslClient(server);
        await client.WaitForAsync("OCSP response: no response sent");
    }

    [Theory]
    [InlineData(OcspResponseBuilder.Good, true)]
    [InlineData(OcspResponseBuilder.Revoked, false)]
    public async Task GnuTlsClient_JudgesByTheResponse(string status, bool isTaken)
    {
        await using StapledServer server = Serve(CertificateKind.EcdsaP256, status);
        await using var client = ChildProcess.Start(
            "gnutls-cli",
            "--port", $"{server.EndPoint.Port}", "--x509cafile", server.RootFile, "--verify-hostname", Host,
            "--sni-hostname", Host, server.EndPoint.Address.ToString());
        if (!isTaken)
        {
            await client.WaitForAsync("revoked");
            Assert.NotEqual(0, await client.ExitAsync());
            return;
        }

        await client.WaitForAsync("Handshake was completed");
        await client.WaitForAsync("OCSP status request");
        await client.WriteLineAsync("over the wire");
        await client.WaitForLineAsync(line => line == "over the wire");
    }

    /// <summary>"synhello serve --ocsp" asks the responder that its certificate names, and shows what is good; curl insists on that.</summary>
    [Theory]
    [InlineData(OcspResponseBuilder.Good, 0)]
    [InlineData(OcspResponseBuilder.Revoked, 91)]
    public async Task Serve_FetchesTheResponse_ThatCurlInsistsOn(string status, int exitCode)
    {
        byte[] response = [];
        await using var responder = new WebResponder(context => WebResponder.SendAsync(context, response));
        using TestChain chain = TestCertificates.Issue(
            CertificateKind.EcdsaP256, [Host], extensions: TestCertificates.OcspResponders(responder.Address.AbsoluteUri));
        response = ResponseOf(chain, status);
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using (ChildProcess serve = await ServeAsync(endPoint, chain))
        {
            await serve.WaitForAsync(exitCode == 0 ? "is good until" : "is of no use any more");
            await using ChildProcess curl = StartCurl(endPoint);
            await WaitAsync(curl, exitCode);
            await using ChildProcess careless = StartCurl(endPoint, statusMatters: false);
            await WaitAsync(careless, 0);
        }

        // What was good is kept, and is shown at once after a restart, though nobody answers any more.
        await responder.DisposeAsync();
        await using ChildProcess again = await ServeAsync(endPoint, chain);
        await using ChildProcess later = StartCurl(endPoint);
        await WaitAsync(later, exitCode);
    }

    /// <summary>A certificate that names nobody to ask is served without a response.</summary>
    [Fact]
    public async Task Serve_WithoutAResponder_SaysSo()
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, [Host]);
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await ServeAsync(endPoint, chain);
        await serve.WaitForAsync("is shown without an OCSP response");
        await using ChildProcess careless = StartCurl(endPoint, statusMatters: false);
        await WaitAsync(careless, 0);
    }

    [Theory]
    [InlineData("openssl", OcspResponseBuilder.Good, null)]
    [InlineData("openssl", OcspResponseBuilder.Revoked, TlsErrorCause.CertificateRevoked)]
    [InlineData("openssl", OcspResponseBuilder.Unknown, TlsErrorCause.BadCertificateStatus)]
    [InlineData("openssl", "expired", TlsErrorCause.BadCertificateStatus)]
    [InlineData("openssl", "foreign", TlsErrorCause.BadCertificateStatus)]
    [InlineData("openssl", null, TlsErrorCause.BadCertificateStatus)]
    [InlineData("gnutls", OcspResponseBuilder.Good, null)]
    [InlineData("gnutls", OcspResponseBuilder.Revoked, TlsErrorCause.CertificateRevoked)]
    [InlineData("gnutls", null, TlsErrorCause.BadCertificateStatus)]
    public async Task OurClient_JudgesAServerWhoseCertificateDemandsAResponse(string program, string? status, TlsErrorCause? cause)
    {
        using TestChain chain = Issue(CertificateKind.EcdsaP256, TestCertificates.MustStaple());
        string? response = null;
        if (status is not null)
        {
            response = PathOf("response.der");
            await File.WriteAllBytesAsync(response, ResponseOf(chain, status));
        }

        // GnuTLS listens on every address.
        var endPoint = new IPEndPoint(
            program == "openssl" ? PrivateNetwork.NextEndPoint().Address : IPAddress.Loopback, PrivateNetwork.NextPort());
        await using ChildProcess server = program == "openssl"
            ? await StartOpenSslAsync(endPoint, chain, response)
            : await StartGnuTlsAsync(endPoint, chain, response);
        Task<SecureStream> connecting = new SecureClient(new SecureClientOptions { TrustedRoots = [chain.Root] })
            .ConnectAsync(endPoint, Host).AsTask();
        if (cause is null)
        {
            await using SecureStream stream = await connecting;
            await stream.WriteAsync(Encoding.ASCII.GetBytes("abcdef\n"));
            Assert.NotEqual(0, await stream.ReadAsync(new byte[7]).AsTask().WaitAsync(ChildProcess.Patience));
            return;
        }

        AuthenticationException failure = await Assert.ThrowsAsync<AuthenticationException>(() => connecting);
        Assert.Equal(cause, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
    }

    private async Task<ChildProcess> ServeAsync(IPEndPoint endPoint, TestChain chain)
    {
        (string certificate, string key) = Write(chain);
        File.WriteAllText(PathOf("root.pem"), chain.Root.ExportCertificatePem());
        ChildProcess serve = Synhello.Start(
            "serve", "--listen", $"{endPoint}", "--cert", certificate, "--key", key, "--ocsp", _directory.FullName);
        await serve.WaitForAsync("listening on ");
        return serve;
    }

    private ChildProcess StartCurl(IPEndPoint endPoint, bool statusMatters = true)
    {
        string[] matters = statusMatters ? ["--cert-status"] : [];
        return ChildProcess.Start(
            "curl",
            [
                "--silent", "--show-error", "--cacert", PathOf("root.pem"), "--max-time", "60", .. matters,
                "--resolve", $"{Host}:{endPoint.Port}:{endPoint.Address}", $"https://{Host}:{endPoint.Port}/",
            ]);
    }

    private static TestChain Issue(CertificateKind kind, params System.Security.Cryptography.X509Certificates.X509Extension[] more) =>
        TestCertificates.Issue(kind, [Host], extensions: [TestCertificates.OcspResponders(Responder), .. more]);

    private static byte[] ResponseOf(TestChain chain, string status)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using TestChain? other = status == "foreign" ? Issue(CertificateKind.EcdsaP256) : null;
        var response = new OcspResponseBuilder((other ?? chain).Leaf, (other ?? chain).Issuer, now);
        if (status == "expired")
        {
            response.ThisUpdate = now.AddDays(-3);
            response.NextUpdate = now.AddDays(-1);
        }
        else if (other is null)
        {
            response.Statuses = [status];
        }

        return response.Build();
    }

    private StapledServer Serve(CertificateKind kind, string? status)
    {
        TestChain chain = Issue(kind);
        File.WriteAllText(PathOf("root.pem"), chain.Root.ExportCertificatePem());
        var credential = new StapledTestCredential(chain.ToCredential(), status is null ? null : ResponseOf(chain, status));
        return new StapledServer(chain, PathOf("root.pem"), new EchoServer(configure: options => options.Credentials = [credential]));
    }

    private static ChildProcess StartOpenSslClient(StapledServer server) => ChildProcess.Start(
        "openssl",
        "s_client", "-connect", $"{server.EndPoint}", "-status", "-CAfile", server.RootFile, "-verify_return_error",
        "-servername", Host, "-tls1_3");

    private async Task<ChildProcess> StartOpenSslAsync(IPEndPoint endPoint, TestChain chain, string? response)
    {
        (string certificate, string key) = Write(chain);
        string[] status = response is null ? [] : ["-status", "-status_file", response];
        var server = ChildProcess.Start(
            "openssl",
            [
                "s_server", "-accept", $"{endPoint}", "-tls1_3", "-rev", "-cert", certificate, "-key", key,
                "-cert_chain", certificate, .. status,
            ]);
        await server.WaitForAsync("ACCEPT");
        return server;
    }

    private async Task<ChildProcess> StartGnuTlsAsync(IPEndPoint endPoint, TestChain chain, string? response)
    {
        (string certificate, string key) = Write(chain);
        string[] status = response is null ? [] : ["--ocsp-response", response, "--ignore-ocsp-response-errors"];
        var server = ChildProcess.Start(
            "gnutls-serv",
            [
                "--port", $"{endPoint.Port}", "--echo", "--x509certfile", certificate, "--x509keyfile", key, .. status,
            ]);
        await WebServer.WaitAsync(endPoint, server);
        return server;
    }

    private (string Certificate, string Key) Write(TestChain chain)
    {
        File.WriteAllText(PathOf("server.pem"), chain.ToCertificatePem());
        File.WriteAllText(PathOf("server.key"), chain.ToKeyPem());
        return (PathOf("server.pem"), PathOf("server.key"));
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);

    private static async Task WaitAsync(ChildProcess process, int exitCode)
    {
        int ended = await process.ExitAsync();
        Assert.True(ended == exitCode, $"It ended with {ended}: {process.Transcript}");
    }

    private sealed class StapledServer(TestChain chain, string rootFile, EchoServer server) : IAsyncDisposable
    {
        public IPEndPoint EndPoint => server.EndPoint;

        public string RootFile => rootFile;

        public async ValueTask DisposeAsync()
        {
            await server.DisposeAsync();
            chain.Dispose();
        }
    }
}
