using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>What clients make of servers whose certificates were revoked, or who cannot prove the contrary.</summary>
public sealed class RevocationHandshakeTests : IAsyncLifetime
{
    private const int HandshakeFailed = 4;
    private const string Responder = "http://responder.example/";

    private static readonly TestChain _chain = TestCertificates.Issue(
        CertificateKind.EcdsaP256, [SecurePair.Host], extensions: TestCertificates.OcspResponders(Responder));

    private static readonly TestChain _mustStaple = TestCertificates.Issue(
        CertificateKind.EcdsaP256,
        [SecurePair.Host],
        extensions: [TestCertificates.OcspResponders(Responder), TestCertificates.MustStaple()]);

    private readonly ScriptedResponder _responder = new();
    private readonly CollectingLogger _log = new();
    private readonly StapledTestCredential _credential = new(_chain.ToCredential());
    private readonly StapledTestCredential _demanding = new(_mustStaple.ToCredential());
    private readonly SecureListener _listener;
    private readonly SecureListener _demandingListener;

    public RevocationHandshakeTests()
    {
        _listener = SecurePair.Listen(options =>
        {
            options.Credentials = [_credential];
            options.LoggerFactory = _log;
        });
        _demandingListener = SecurePair.Listen(options => options.Credentials = [_demanding]);
    }

    private static DateTimeOffset Now => DateTimeOffset.UtcNow;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _demandingListener.DisposeAsync();
        _responder.Dispose();
        _log.Dispose();
    }

    [Theory]
    [InlineData("good", null)]
    [InlineData("none", null)]
    [InlineData("revoked", TlsErrorCause.CertificateRevoked)]
    [InlineData("unknown", TlsErrorCause.BadCertificateStatus)]
    [InlineData("expired", TlsErrorCause.BadCertificateStatus)]
    [InlineData("of the future", TlsErrorCause.BadCertificateStatus)]
    [InlineData("for another certificate", TlsErrorCause.BadCertificateStatus)]
    [InlineData("by another authority", TlsErrorCause.BadCertificateStatus)]
    [InlineData("by an unauthorized responder", TlsErrorCause.BadCertificateStatus)]
    [InlineData("by nobody", TlsErrorCause.BadCertificateStatus)]
    [InlineData("garbage", TlsErrorCause.BadCertificateStatus)]
    [InlineData("try later", TlsErrorCause.BadCertificateStatus)]
    public async Task Staple_IsVerifiedInFull(string kind, TlsErrorCause? cause)
    {
        _credential.Show(StapleOf(kind, _chain));
        AssertOutcome(cause, await VisitAsync(Client()));
        Assert.Empty(_responder.Requests); // nothing is fetched behind the user's back
        if (cause is not null)
        {
            string alert = cause == TlsErrorCause.CertificateRevoked ? "certificate_revoked" : "bad_certificate_status_response";
            Assert.Contains(alert, (await _log.NextAsync(HandshakeFailed)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("good", null)]
    [InlineData("none", TlsErrorCause.BadCertificateStatus)]
    [InlineData("expired", TlsErrorCause.BadCertificateStatus)]
    [InlineData("revoked", TlsErrorCause.CertificateRevoked)]
    public async Task MustStaple_IsEnforced(string kind, TlsErrorCause? cause)
    {
        _demanding.Show(StapleOf(kind, _mustStaple));
        AssertOutcome(cause, await VisitAsync(Client(chain: _mustStaple), _demandingListener));
    }

    [Fact]
    public async Task Off_AsksForNothingAndLooksAtNothing()
    {
        _credential.Show(StapleOf("revoked", _chain));
        AssertOutcome(null, await VisitAsync(Client(RevocationMode.Off)));
        AssertOutcome(null, await VisitAsync(Client(RevocationMode.Off, chain: _mustStaple), _demandingListener));
        Assert.Empty(_responder.Requests);
    }

    [Theory]
    [InlineData(RevocationFailureMode.SoftFail)]
    [InlineData(RevocationFailureMode.HardFail)]
    public async Task Online_AsksWhereNoStapleCame(RevocationFailureMode failureMode)
    {
        SecureClient client = Client(RevocationMode.Online, failureMode);
        _responder.AnswerWith(() => StapleOf("good", _chain)!);
        AssertOutcome(null, await VisitAsync(client));
        AssertOutcome(null, await VisitAsync(client));
        Assert.Single(_responder.Requests);
        _responder.AnswerWith(() => StapleOf("revoked", _chain)!);
        AssertOutcome(TlsErrorCause.CertificateRevoked, await VisitAsync(Client(RevocationMode.Online, failureMode)));
    }

    /// <summary>Down, lying, or as slow as it likes: the handshake waits as long as it was told to.</summary>
    [Theory]
    [InlineData("down")]
    [InlineData("slow")]
    [InlineData("garbage")]
    [InlineData("expired")]
    public async Task Online_WithoutAnAnswer_IsOverlookedOrNotAsTheCallerSays(string kind)
    {
        if (kind == "down")
            _responder.Answer = (_, _) => throw new HttpRequestException("There is nobody.");
        else if (kind != "slow")
            _responder.AnswerWith(() => StapleOf(kind, _chain)!);
        AssertOutcome(null, await VisitAsync(Client(RevocationMode.Online, timeout: 0.2)));
        AssertOutcome(
            TlsErrorCause.RevocationStatusUnknown,
            await VisitAsync(Client(RevocationMode.Online, RevocationFailureMode.HardFail, timeout: 0.2)));
    }

    /// <summary>The chain was verified before, but with another response, or with this one while it was still good.</summary>
    [Fact]
    public async Task VerdictOnAChain_DoesNotOutliveTheResponse()
    {
        var clock = new StoppedTimers();
        byte[] soonOver = Response(_chain, response => response.NextUpdate = Now.AddMinutes(2)).Build();
        SecureClient client = Client(configure: options => options.TimeProvider = clock);
        _credential.Show(soonOver);
        AssertOutcome(null, await VisitAsync(client));
        _credential.Show(StapleOf("revoked", _chain));
        AssertOutcome(TlsErrorCause.CertificateRevoked, await VisitAsync(client));
        _credential.Show(soonOver);
        AssertOutcome(null, await VisitAsync(client));
        clock.Offset = TimeSpan.FromMinutes(8);
        AssertOutcome(TlsErrorCause.BadCertificateStatus, await VisitAsync(client));
    }

    /// <summary>What was not answered is asked again soon, though the chain itself is not built anew.</summary>
    [Fact]
    public async Task VerdictOnAChain_DoesNotOutliveAFailureThatWasOverlooked()
    {
        var clock = new StoppedTimers();
        _responder.Answer = (_, _) => throw new HttpRequestException("There is nobody.");
        SecureClient client = Client(RevocationMode.Online, configure: options => options.TimeProvider = clock);
        AssertOutcome(null, await VisitAsync(client));
        _responder.AnswerWith(() => StapleOf("revoked", _chain)!);
        AssertOutcome(null, await VisitAsync(client));
        clock.Offset = TimeSpan.FromSeconds(31);
        AssertOutcome(TlsErrorCause.CertificateRevoked, await VisitAsync(client));
    }

    [Theory]
    [InlineData(RevocationMode.Off)]
    [InlineData(RevocationMode.Staple)]
    public async Task Session_EndsWithTheResponseThatVouchedForItsServer(RevocationMode mode)
    {
        var store = new ObservedStore(new MemorySessionStore());
        OcspResponseBuilder response = Response(_chain, made => made.NextUpdate = Now.AddHours(2));
        _credential.Show(response.Build());
        SecureClient client = Client(mode, configure: options =>
        {
            options.AllowResumption = true;
            options.SessionStore = store;
        });
        AssertOutcome(null, await VisitAsync(client));
        DateTimeOffset end = Assert.Single(store.Added.Select(added => added.Session.Verification.EndsAt).Distinct());
        if (mode == RevocationMode.Staple)
            Assert.InRange(end, response.NextUpdate!.Value.AddSeconds(-1), response.NextUpdate.Value);
        else
            Assert.InRange(end, Now.AddHours(23), Now.AddHours(24));
    }

    /// <summary>A callback that looks at the chain's statuses alone would overlook what is not among them.</summary>
    [Theory]
    [InlineData("good", SecurePair.Host, null)]
    [InlineData("good", "other.example", null)]
    [InlineData("revoked", SecurePair.Host, TlsErrorCause.CertificateRevoked)]
    [InlineData("revoked", "other.example", TlsErrorCause.CertificateRevoked)]
    [InlineData("unknown", SecurePair.Host, TlsErrorCause.BadCertificateStatus)]
    public async Task Callback_DoesNotOverlookRevocation(string kind, string host, TlsErrorCause? cause)
    {
        _credential.Show(StapleOf(kind, _chain));
        SecureClient client = Client(configure: options => options.RemoteCertificateValidationCallback = (_, _, chain, _) =>
            chain!.ChainStatus.All(status => status.Status is X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot));
        AssertOutcome(cause, await VisitAsync(client, host: host));
    }

    /// <summary>Somebody who takes a private authority by callback hears its own revocations, and those alone.</summary>
    [Theory]
    [InlineData("good", null)]
    [InlineData("none", null)]
    [InlineData("expired", null)]
    [InlineData("revoked", TlsErrorCause.CertificateRevoked)]
    public async Task Callback_ThatTakesAnUnknownAuthority_HearsOfItsRevocations(string kind, TlsErrorCause? cause)
    {
        _credential.Show(StapleOf(kind, _chain));
        SecureClient client = Client(chain: _mustStaple, configure: options =>
            options.RemoteCertificateValidationCallback = (_, _, _, errors) => errors == SslPolicyErrors.RemoteCertificateChainErrors);
        AssertOutcome(cause, await VisitAsync(client));
        Assert.Empty(_responder.Requests);
    }

    [Fact]
    public async Task Clients_WhoseCertificatesDemandAResponse_AreNotRefusedForIt()
    {
        using var authority = new TestClientAuthority("SynHello clients");
        using TestChain alice = authority.Issue(
            "alice", extensions: [TestCertificates.OcspResponders(Responder), TestCertificates.MustStaple()]);
        _responder.AnswerWith(() => StapleOf("good", alice)!);
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.Credentials = [_credential];
            options.ClientCertificateMode = TlsClientCertificateMode.Required;
            options.TrustedClientRoots = [authority.Root];
            options.ClientCertificateRevocation = Options(RevocationMode.Online, RevocationFailureMode.HardFail, timeout: 60);
        });
        AssertOutcome(null, await VisitAsync(Client(configure: options => options.Credentials = [alice.ToCredential()]), listener));
        Assert.Single(_responder.Requests);
    }

    [Fact]
    public void Settings_DecideWhomAClientTrusts()
    {
        RevocationOptions[] settings =
        [
            new() { Mode = RevocationMode.Off },
            new(),
            new() { Mode = RevocationMode.Online },
            new() { Mode = RevocationMode.Crl },
            new() { Mode = RevocationMode.Online, FailureMode = RevocationFailureMode.HardFail },
            new() { Mode = RevocationMode.Online, RevocationFlag = X509RevocationFlag.ExcludeRoot },
        ];
        string[] digests = [.. settings.Select(revocation =>
            new CertificateVerification(new SecureClientOptions { Revocation = revocation }).TrustSettings)];
        Assert.Equal(settings.Length, digests.Distinct().Count());
        Assert.Equal(digests[1], new CertificateVerification(new SecureClientOptions()).TrustSettings);
    }

    [Fact]
    public async Task Stapler_WhoseResponderIsSilent_DelaysNoHandshake()
    {
        await using var stapler = new OcspStapler(
            _chain.ToCredential(), options: new OcspStaplerOptions { HttpInvoker = _responder.ToInvoker() });
        await using SecureListener listener = SecurePair.Listen(options => options.Credentials = [stapler.Credential]);
        AssertOutcome(null, await VisitAsync(Client(), listener));
        Assert.InRange(_responder.Requests.Count, 0, 1); // it waits for its answer still
    }

    /// <summary>The key is elsewhere, and the response comes with the certificate all the same.</summary>
    [Fact]
    public async Task Stapler_KeepsAKeyThatIsElsewhere()
    {
        using ECDsa key = _mustStaple.Leaf.GetECDsaPrivateKey()!;
        var external = new ExternalKeyCredential(
            [_mustStaple.Leaf, .. _mustStaple.Intermediates],
            (_, content, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(
                key.SignData(content.Span, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
        _responder.AnswerWith(() => StapleOf("good", _mustStaple)!);
        await using var stapler = new OcspStapler(
            external, options: new OcspStaplerOptions { HttpInvoker = _responder.ToInvoker() });
        await stapler.WaitForResponsesAsync(TestContext.Current.CancellationToken).Guarded();
        await using SecureListener listener = SecurePair.Listen(options => options.Credentials = [stapler.Credential]);
        AssertOutcome(null, await VisitAsync(Client(chain: _mustStaple), listener));
    }

    [Theory]
    [InlineData("good", null)]
    [InlineData("revoked", "CertificateRevoked")]
    [InlineData("unknown", "RevocationStatusUnknown")]
    public async Task Clients_AreLookedUpWhereTheServerSaysSo(string kind, string? cause)
    {
        using var authority = new TestClientAuthority("SynHello clients");
        using TestChain alice = authority.Issue("alice", extensions: TestCertificates.OcspResponders(Responder));
        _responder.AnswerWith(() => StapleOf(kind, alice)!);
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.Credentials = [_credential];
            options.LoggerFactory = _log;
            options.ClientCertificateMode = TlsClientCertificateMode.Required;
            options.TrustedClientRoots = [authority.Root];
            options.ClientCertificateRevocation = Options(RevocationMode.Online, RevocationFailureMode.HardFail, timeout: 60);
        });
        SecureClient client = Client(configure: options => options.Credentials = [alice.ToCredential()]);
        if (cause is null)
        {
            AssertOutcome(null, await VisitAsync(client, listener));
            return;
        }

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled);
            await stream.ReadExactlyAsync(new byte[1], Cancelled);
        });
        Assert.Contains(cause, (await _log.NextAsync(HandshakeFailed)).Message, StringComparison.Ordinal);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static OcspResponseBuilder Response(TestChain chain, Action<OcspResponseBuilder> configure)
    {
        var response = new OcspResponseBuilder(chain.Leaf, chain.Issuer, Now);
        configure(response);
        return response;
    }

    private static byte[]? StapleOf(string kind, TestChain chain)
    {
        OcspResponseBuilder response = Response(chain, _ => { });
        switch (kind)
        {
            case "none":
                return null;
            case "garbage":
                return [1, 2, 3];
            case "try later":
                return OcspResponseBuilder.Error(3);
            case "expired":
                response.ThisUpdate = Now.AddDays(-2);
                response.NextUpdate = Now.AddDays(-1);
                break;
            case "of the future":
                response.ThisUpdate = Now.AddDays(1);
                response.NextUpdate = Now.AddDays(2);
                break;
            case "for another certificate":
                return Response(OcspSamples.Chain, _ => { }).Build();
            case "by another authority":
                response.Signer = OcspSamples.Chain.Issuer;
                break;
            case "by an unauthorized responder":
                response = OcspSamples.SignedBy(OcspSamples.Responder(
                    chain.Issuer, purpose: null, notBefore: Now.AddDays(-1), notAfter: Now.AddDays(1)), chain);
                response.ThisUpdate = Now.AddHours(-1);
                response.NextUpdate = Now.AddHours(1);
                break;
            case "by nobody":
                byte[] forged = response.Build();
                forged[^1] ^= 1;
                return forged;
            default:
                response.Statuses = [kind];
                break;
        }

        return response.Build();
    }

    private RevocationOptions Options(RevocationMode mode, RevocationFailureMode failureMode, double timeout) => new()
    {
        Mode = mode,
        FailureMode = failureMode,
        Timeout = TimeSpan.FromSeconds(timeout),
        HttpInvoker = _responder.ToInvoker(),
    };

    private SecureClient Client(
        RevocationMode mode = RevocationMode.Staple,
        RevocationFailureMode failureMode = RevocationFailureMode.SoftFail,
        TestChain? chain = null,
        double timeout = 60,
        Action<SecureClientOptions>? configure = null) => SecurePair.MakeClient(options =>
        {
            options.TrustedRoots = [(chain ?? _chain).Root];
            options.Revocation = Options(mode, failureMode, timeout);
            options.AllowResumption = false;
            configure?.Invoke(options);
        });

    /// <summary>Connects, and exchanges a byte, so that tickets are there.</summary>
    private async Task<TlsProtocolException?> VisitAsync(
        SecureClient client, SecureListener? listener = null, string host = SecurePair.Host)
    {
        listener ??= _listener;
        try
        {
            await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, host, Cancelled);
            await stream.FlushAsync(Cancelled);
            await using SecureStream served = await listener.AcceptAsync(Cancelled);
            await served.WriteAsync(new byte[1], Cancelled);
            await stream.ReadExactlyAsync(new byte[1], Cancelled);
            return null;
        }
        catch (AuthenticationException exception)
        {
            return Assert.IsType<TlsProtocolException>(exception.InnerException);
        }
    }

    private static void AssertOutcome(TlsErrorCause? cause, TlsProtocolException? refusal)
    {
        if (refusal?.Cause != cause)
            Assert.Fail($"{refusal?.Cause.ToString() ?? "taken"}: {refusal?.Message}");
    }
}
