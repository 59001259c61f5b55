using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tests;

public sealed class SecureClientTests : IDisposable
{
    private const int Connected = 1, ConnectFailed = 2, HandshakeFailed = 4, ConnectBroke = 10;

    private readonly CollectingLogger _clientLog = new();
    private readonly CollectingLogger _serverLog = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _clientLog.Dispose();
        _serverLog.Dispose();
    }

    [Fact]
    public async Task HostName_IsResolvedAskedForAndChecked()
    {
        await using SecureListener listener = Listen(TestCertificates.Shared(CertificateKind.EcdsaP256), IPAddress.Loopback);
        SecureClient client = SecurePair.MakeClient(options => options.LoggerFactory = _clientLog);

        await using SecureStream byName = await client.ConnectAsync("localhost", listener.LocalEndPoint.Port, Cancelled).Guarded();
        await byName.FlushAsync(Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal("localhost", server.TargetHostName);
        CollectingLogger.Entry entry = await _clientLog.NextAsync(Connected);
        Assert.Contains($"localhost:{listener.LocalEndPoint.Port}", entry.Message, StringComparison.Ordinal);

        await using SecureStream byAddress = await client.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Cancelled).Guarded();
        await byAddress.FlushAsync(Cancelled);
        await using SecureStream second = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Null(second.TargetHostName);
    }

    [Theory]
    [InlineData("bücher.example")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("XN--BCHER-KVA.example.")]
    public async Task InternationalName_GoesOutAndIsCheckedAsPunycode(string host)
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, ["xn--bcher-kva.example"]);
        await using SecureListener listener = Listen(chain);

        await using SecureStream client = await SecurePair.MakeClient(options => options.TrustedRoots = [chain.Root])
            .ConnectAsync(listener.LocalEndPoint, host, Cancelled).Guarded();
        await client.FlushAsync(Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();

        Assert.Equal("xn--bcher-kva.example", server.TargetHostName, ignoreCase: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("ü..example")]
    [InlineData(" example.com")]
    [InlineData("example.com\r\n")]
    [InlineData("example.com\0")]
    [InlineData("example.com\0.evil.example")]
    public async Task NoHostName_IsAnArgumentException(string host) => await Assert.ThrowsAnyAsync<ArgumentException>(
        () => SecurePair.MakeClient().ConnectAsync(new IPEndPoint(IPAddress.Loopback, 1), host, Cancelled).Guarded());

    [Fact]
    public Task NameAboveTheLimitOfTheProtocol_IsAnArgumentException() => NoHostName_IsAnArgumentException(new string('a', 256));

    [Fact]
    public async Task WrongHost_FailsOnBothEndsWithTheCause()
    {
        await using SecureListener listener = Listen(TestCertificates.Shared(CertificateKind.EcdsaP256));

        AuthenticationException failure = await FailAsync(listener, "example.org", TestCertificates.Shared(CertificateKind.EcdsaP256).Root);

        const string Message = "The certificate is not for example.org; it is for example.com, localhost, 127.0.0.1, ::1.";
        Assert.Equal(Message, failure.Message);
        Assert.Equal(TlsErrorCause.CertificateNameMismatch, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        CollectingLogger.Entry client = await _clientLog.NextAsync(ConnectFailed);
        Assert.Equal($"The handshake with {listener.LocalEndPoint} failed: CertificateNameMismatch: {Message}", client.Message);
        CollectingLogger.Entry server = await _serverLog.NextAsync(HandshakeFailed);
        Assert.EndsWith("failed: PeerAlert: The peer sent the fatal alert bad_certificate.", server.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExpiredCertificate_FailsWithTheCause()
    {
        using TestChain chain = TestCertificates.Expired(CertificateKind.EcdsaP256, SecurePair.Host);
        await using SecureListener listener = Listen(chain);

        AuthenticationException failure = await FailAsync(listener, SecurePair.Host, chain.Root);

        Assert.StartsWith("The certificate has expired on ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(TlsErrorCause.CertificateExpired, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        Assert.Contains("certificate_expired", (await _serverLog.NextAsync(HandshakeFailed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SelfSignedCertificate_FailsWithTheCause()
    {
        using TestChain chain = TestCertificates.SelfSigned(CertificateKind.EcdsaP256, SecurePair.Host);
        await using SecureListener listener = Listen(chain);

        AuthenticationException failure = await FailAsync(listener, SecurePair.Host, root: null);

        Assert.Equal("The certificate is self-signed and not trusted.", failure.Message);
        Assert.Equal(TlsErrorCause.UnknownCertificateAuthority, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        Assert.Contains("unknown_ca", (await _serverLog.NextAsync(HandshakeFailed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownRoot_FailsWithTheCause()
    {
        await using SecureListener listener = Listen(TestCertificates.Shared(CertificateKind.EcdsaP256));

        AuthenticationException failure = await FailAsync(listener, SecurePair.Host, root: null);

        Assert.Equal("The certificate was issued by CN=SynHello test intermediate, which leads to no trusted root.", failure.Message);
    }

    [Fact]
    public async Task Callback_DecidesAndKnowsWhoAsks()
    {
        await using SecureListener listener = Listen(TestCertificates.Shared(CertificateKind.EcdsaP256));
        object? sender = null;
        bool verdict = true;
        SecureClient client = SecurePair.MakeClient(options =>
        {
            options.TrustedRoots = null;
            options.RemoteCertificateValidationCallback = (source, _, _, errors) =>
            {
                sender = source;
                return verdict && errors == SslPolicyErrors.RemoteCertificateChainErrors;
            };
        });

        await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
        Assert.Same(client, sender);
        verdict = false;
        await Assert.ThrowsAsync<AuthenticationException>(
            () => client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded());
    }

    [Fact]
    public async Task CallbackThatThrows_EndsTheConnectionAndIsHeard()
    {
        await using SecureListener listener = Listen(TestCertificates.Shared(CertificateKind.EcdsaP256));
        SecureClient client = SecurePair.MakeClient(
            options => options.RemoteCertificateValidationCallback = (_, _, _, _) => throw new TimeZoneNotFoundException());

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(
            () => client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded());
        await _serverLog.NextAsync(HandshakeFailed);
    }

    [Fact]
    public async Task ChainPolicy_IsUsed()
    {
        TestChain chain = TestCertificates.Shared(CertificateKind.EcdsaP256);
        await using SecureListener listener = Listen(chain);
        SecureClient client = SecurePair.MakeClient(options =>
        {
            options.TrustedRoots = null;
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { chain.Root },
            };
        });

        await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
        Assert.Equal(chain.Leaf, stream.RemoteCertificate);
    }

    [Theory]
    [InlineData(CertificateKind.EcdsaP384)]
    [InlineData(CertificateKind.Rsa2048)]
    public async Task OtherKeys_ServeToo(CertificateKind kind)
    {
        await using SecureListener listener = Listen(TestCertificates.Shared(kind));

        await using SecureStream stream = await SecurePair
            .MakeClient(options => options.TrustedRoots = [TestCertificates.Shared(kind).Root])
            .ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();

        Assert.Equal(TestCertificates.Shared(kind).Leaf, stream.RemoteCertificate);
    }

    [Theory]
    [InlineData(Sockets.FastOpenMode.Off)]
    [InlineData(Sockets.FastOpenMode.Cookie)]
    [InlineData(Sockets.FastOpenMode.Cookieless)]
    public async Task RefusedConnection_IsASocketException(Sockets.FastOpenMode mode)
    {
        IPEndPoint nobody;
        using (Socket listener = SslPeer.Listen())
            nobody = (IPEndPoint)listener.LocalEndPoint!;
        SecureClient client = SecurePair.MakeClient(options => (options.FastOpen, options.LoggerFactory) = (mode, _clientLog));

        var failure = await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(nobody, SecurePair.Host, Cancelled).Guarded());

        Assert.Equal(SocketError.ConnectionRefused, failure.SocketErrorCode);
        CollectingLogger.Entry entry = await _clientLog.NextAsync(ConnectBroke);
        Assert.Contains(nobody.ToString(), entry.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ResetDuringTheHandshake_IsASocketException()
    {
        using Socket listener = SslPeer.Listen();
        Task connect = SecurePair.MakeClient().ConnectAsync(listener.LocalEndPoint!, SecurePair.Host, Cancelled).AsTask();

        // A path could do that to a connection that asks for a cookie, so there is a second one that does not.
        for (int i = 0; i < 2; i++)
        {
            Assert.False(connect.IsCompleted);
            Socket accepted = await listener.AcceptAsync().Guarded();
            accepted.LingerState = new LingerOption(enable: true, seconds: 0);
            accepted.Dispose();
        }

        var failure = await Assert.ThrowsAsync<SocketException>(() => connect.Guarded());
        Assert.Equal(SocketError.ConnectionReset, failure.SocketErrorCode);
    }

    [Fact]
    public async Task EndDuringTheHandshake_IsAnAuthenticationException()
    {
        using Socket listener = SslPeer.Listen();
        Task connect = SecurePair.MakeClient().ConnectAsync(listener.LocalEndPoint!, SecurePair.Host, Cancelled).AsTask();
        using Socket accepted = await listener.AcceptAsync().Guarded();
        accepted.Shutdown(SocketShutdown.Send);

        var failure = await Assert.ThrowsAsync<AuthenticationException>(() => connect.Guarded());
        Assert.Equal(TlsErrorCause.TruncatedByPeer, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
    }

    [Fact]
    public async Task ServerThatSpeaksNoTls_IsAnAuthenticationException()
    {
        using Socket listener = SslPeer.Listen();
        Task connect = SecurePair.MakeClient().ConnectAsync(listener.LocalEndPoint!, SecurePair.Host, Cancelled).AsTask();
        using Socket accepted = await listener.AcceptAsync().Guarded();
        await accepted.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), SocketFlags.None, Cancelled);

        var failure = await Assert.ThrowsAsync<AuthenticationException>(() => connect.Guarded());
        Assert.Equal(TlsErrorCause.NotTls, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
    }

    [Fact]
    public async Task ServerThatNeverAnswers_IsATimeoutException()
    {
        using Socket listener = SslPeer.Listen();
        var clock = new ObservedClock(new FakeTimeProvider());
        Task connect = SecurePair.MakeClient(options => (options.TimeProvider, options.LoggerFactory) = (clock, _clientLog))
            .ConnectAsync(listener.LocalEndPoint!, SecurePair.Host, Cancelled).AsTask();
        Assert.Equal(TimeSpan.FromSeconds(10), await clock.NextTimerAsync());
        using Socket accepted = await listener.AcceptAsync().Guarded();
        clock.Advance(TimeSpan.FromSeconds(9.999));
        Assert.False(connect.IsCompleted);

        clock.Advance(TimeSpan.FromSeconds(0.001));

        var failure = await Assert.ThrowsAsync<TimeoutException>(() => connect.Guarded());
        Assert.Equal("The handshake with example.com took longer than 10 s.", failure.Message);
        Assert.Equal(TlsErrorCause.HandshakeTimeout, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        Assert.Contains("HandshakeTimeout", (await _clientLog.NextAsync(ConnectFailed)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CanceledAttempt_SaysSoWithTheCallersToken(bool before)
    {
        using Socket listener = SslPeer.Listen();
        using var cancellation = new CancellationTokenSource();
        if (before)
            await cancellation.CancelAsync();
        Task connect = SecurePair.MakeClient().ConnectAsync(listener.LocalEndPoint!, SecurePair.Host, cancellation.Token).AsTask();
        if (!before)
        {
            using Socket accepted = await listener.AcceptAsync().Guarded();
            await cancellation.CancelAsync();
        }

        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connect.Guarded());
        Assert.Equal(cancellation.Token, failure.CancellationToken);
    }

    [Fact]
    public async Task ApplicationProtocol_IsTheServersFirstThatIsOffered()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync(
            options => options.ApplicationProtocols = [SslApplicationProtocol.Http11, SslApplicationProtocol.Http2],
            options => options.ApplicationProtocols = [new("other"), SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]).Guarded();

        Assert.Equal(SslApplicationProtocol.Http2, pair.Client.NegotiatedApplicationProtocol);
        Assert.Equal(SslApplicationProtocol.Http2, pair.Server.Report.ApplicationProtocol);
    }

    [Fact]
    public async Task NoCommonApplicationProtocol_FailsOnBothEnds()
    {
        await using SecureListener listener = SecurePair.Listen(options =>
            (options.ApplicationProtocols, options.LoggerFactory) = ([SslApplicationProtocol.Http2], _serverLog));

        var failure = await Assert.ThrowsAsync<AuthenticationException>(
            () => SecurePair.MakeClient(options => options.ApplicationProtocols = [SslApplicationProtocol.Http11])
                .ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded());

        Assert.Equal("The peer sent the fatal alert no_application_protocol.", failure.Message);
        Assert.Contains("NoCommonApplicationProtocol", (await _serverLog.NextAsync(HandshakeFailed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CipherSuites_AreOfferedInOrder()
    {
        CipherSuite[] suites = [CipherSuite.TlsChaCha20Poly1305Sha256, CipherSuite.TlsAes256GcmSha384, CipherSuite.TlsAes128GcmSha256];
        foreach (CipherSuite suite in suites)
        {
            await using SecurePair pair = await SecurePair.ConnectAsync(options => options.CipherSuites = [suite]).Guarded();
            Assert.Equal(suite, pair.Client.Report.CipherSuite);
            await Exchange.RoundTripAsync(pair.Client, pair.Server);
        }
    }

    [Fact]
    public async Task ListsChangedAfterwards_HaveNoEffect()
    {
        List<CipherSuite> suites = [CipherSuite.TlsAes256GcmSha384];
        await using SecureListener listener = SecurePair.Listen();
        SecureClient client = SecurePair.MakeClient(options => options.CipherSuites = suites);
        suites[0] = CipherSuite.TlsAes128GcmSha256;

        await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();

        Assert.Equal(CipherSuite.TlsAes256GcmSha384, stream.Report.CipherSuite);
    }

    private async Task<AuthenticationException> FailAsync(SecureListener listener, string host, X509Certificate2? root)
    {
        SecureClient client = SecurePair.MakeClient(options =>
        {
            options.TrustedRoots = root is null ? null : [root];
            options.LoggerFactory = _clientLog;
        });
        return await Assert.ThrowsAsync<AuthenticationException>(
            () => client.ConnectAsync(listener.LocalEndPoint, host, Cancelled).Guarded());
    }

    private SecureListener Listen(TestChain chain, IPAddress? address = null) => SecurePair.Listen(options =>
    {
        options.Credentials = [chain.ToCredential()];
        options.LoggerFactory = _serverLog;
        if (address is not null)
            options.ListenEndPoint = new IPEndPoint(address, 0);
    });
}
