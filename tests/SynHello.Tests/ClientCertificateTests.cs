using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>Clients that show who they are, to listeners that want to know.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private readonly CollectingLogger _log = new();
    private readonly TestClientAuthority _authority = new("SynHello clients");
    private readonly TestClientAuthority _other = new("others");
    private readonly TestChain _alice;
    private readonly TestChain _bob;

    public ClientCertificateTests()
    {
        _alice = _authority.Issue("alice");
        _bob = _other.Issue("bob");
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _alice.Dispose();
        _bob.Dispose();
        _authority.Dispose();
        _other.Dispose();
        _log.Dispose();
    }

    [Theory]
    [InlineData(TlsClientCertificateMode.Requested)]
    [InlineData(TlsClientCertificateMode.Required)]
    public async Task Client_IsKnownByItsCertificate(TlsClientCertificateMode mode)
    {
        await using SecureListener listener = Listen(mode);
        Assert.Equal("CN=alice", await VisitAsync(Client(_alice), listener));
    }

    [Fact]
    public async Task Client_WithoutOne_IsTakenWhereOneIsOnlyRequested()
    {
        await using SecureListener listener = Listen(TlsClientCertificateMode.Requested);
        Assert.Null(await VisitAsync(SecurePair.MakeClient(), listener));
    }

    [Fact]
    public async Task Client_WithoutOne_IsRefusedWhereOneIsRequired()
    {
        await using SecureListener listener = Listen(TlsClientCertificateMode.Required);
        await AssertRefusedAsync(SecurePair.MakeClient(), listener, AlertDescription.CertificateRequired, "ClientCertificateRequired");
    }

    /// <summary>Another authority's, an expired one, a server's, and one for nobody's use.</summary>
    [Fact]
    public async Task Client_WithACertificateThatIsNotGood_IsRefused()
    {
        await using SecureListener listener = Listen(TlsClientCertificateMode.Requested);
        AssertCause("UnknownCertificateAuthority", await RefuseAsync(_bob, AlertDescription.UnknownCa));
        using TestChain expired = _authority.Issue("alice", DateTimeOffset.UtcNow.AddDays(-2));
        AssertCause("CertificateExpired", await RefuseAsync(expired, AlertDescription.CertificateExpired));
        using TestChain server = _authority.Issue("alice", usage: "1.3.6.1.5.5.7.3.1");
        AssertCause("CertificateRefused", await RefuseAsync(server, AlertDescription.CertificateUnknown));

        async Task<string> RefuseAsync(TestChain chain, AlertDescription alert)
        {
            // Authorities are a hint; who insists shows what it has.
            SecureClient client = SecurePair.MakeClient(options =>
                options.CredentialCallback = (_, _) => ValueTask.FromResult<IReadOnlyList<TlsCredential>>([Insisting(chain)]));
            return await AssertRefusedAsync(client, listener, alert);
        }

        static void AssertCause(string cause, string message) => Assert.Contains(cause, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Callback_HasTheLastWord()
    {
        SslPolicyErrors seen = SslPolicyErrors.None;
        X509Certificate? shown = null;
        bool verdict = true;
        await using SecureListener listener = Listen(TlsClientCertificateMode.Requested, options =>
            options.ClientCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                (seen, shown) = (errors, X509CertificateLoader.LoadCertificate(certificate!.GetRawCertData()));
                return verdict;
            });
        SecureClient bob = SecurePair.MakeClient(options =>
            options.CredentialCallback = (_, _) => ValueTask.FromResult<IReadOnlyList<TlsCredential>>([Insisting(_bob)]));
        Assert.Equal("CN=bob", await VisitAsync(bob, listener));
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors, seen);
        Assert.Equal("CN=bob", shown?.Subject);
        shown?.Dispose();

        verdict = false;
        await AssertRefusedAsync(Client(_alice), listener, AlertDescription.CertificateUnknown);
    }

    /// <summary>A returning client is who it was, and nobody else is that.</summary>
    [Fact]
    public async Task Resumption_CarriesTheIdentityOfItsClientAlone()
    {
        await using SecureListener listener = Listen(TlsClientCertificateMode.Requested);
        var store = new MemorySessionStore();
        SecureClient alice = Client(_alice, store);
        Assert.Equal("CN=alice", await VisitAsync(alice, listener));
        Assert.Equal(("CN=alice", true), await VisitAgainAsync(alice, listener));

        // Another client with the same sessions, roots and policy, and no certificate, or another one.
        Assert.Equal((null, false), await VisitAgainAsync(SecurePair.MakeClient(options => options.SessionStore = store), listener));
        Assert.Equal(("CN=alice", true), await VisitAgainAsync(Client(_alice, store), listener));
    }

    [Fact]
    public async Task Resumption_EndsWhenTheTrustedAuthoritiesChange()
    {
        var keys = new SessionTicketKeyRing();
        SecureClient alice = Client(_alice);
        SecureListener before = Listen(TlsClientCertificateMode.Requested, options => options.TicketKeys = keys);
        await using (before)
        {
            await VisitAsync(alice, before);
            Assert.True((await VisitAgainAsync(alice, before)).IsResumed);
        }

        await using SecureListener now = Listen(TlsClientCertificateMode.Requested, options =>
        {
            options.TicketKeys = keys;
            options.ListenEndPoint = before.LocalEndPoint;
            options.TrustedClientRoots = [_other.Root];
        });
        Assert.Equal((null, false), await VisitAgainAsync(alice, now));
    }

    /// <summary>A ticket from a host that asks nobody is of no use at one that does, with the same keys.</summary>
    [Fact]
    public async Task Ticket_OfAHostThatAsksNobody_OpensNoDoorOfOneThatDoes()
    {
        var keys = new SessionTicketKeyRing();
        SecureClient client = SecurePair.MakeClient();
        SecureListener open = Listen(TlsClientCertificateMode.None, options => options.TicketKeys = keys);
        await using (open)
            await VisitAsync(client, open);
        await using SecureListener closed = Listen(TlsClientCertificateMode.Required, options =>
        {
            options.TicketKeys = keys;
            options.ListenEndPoint = open.LocalEndPoint;
        });
        await AssertRefusedAsync(client, closed, AlertDescription.CertificateRequired);
    }

    [Fact]
    public async Task Client_ThatCannotChoose_TellsTheServer()
    {
        await using SecureListener listener = Listen(TlsClientCertificateMode.Requested);
        SecureClient client = SecurePair.MakeClient(options =>
            options.CredentialCallback = (_, _) => throw new InvalidOperationException("No card in the reader."));
        var failure = await Assert.ThrowsAsync<AuthenticationException>(() =>
            client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded());
        Assert.Equal(TlsErrorCause.InternalError, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        Assert.Contains("No card", failure.InnerException.InnerException?.Message, StringComparison.Ordinal);
        Assert.Contains("internal_error", (await _log.NextAsync(4)).Message, StringComparison.Ordinal);
    }

    /// <summary>Whoever was asked who it is, is asked each time: nobody comes back as who was chosen for another connection.</summary>
    [Fact]
    public async Task Resumption_NeverStandsForACallbacksChoice()
    {
        await using SecureListener listener = Listen(TlsClientCertificateMode.Requested);
        var store = new MemorySessionStore();
        TlsCredential?[] identities = [null, Insisting(_alice), _authority.Issue("carol").ToCredential(), null];
        int next = 0;
        SecureClient one = Asking(() => identities[next++]);
        Assert.Equal((null, false), await VisitAgainAsync(one, listener));
        Assert.Equal((null, true), await VisitAgainAsync(one, listener)); // as the nobody that it was, and was not asked
        next = 1;
        SecureClient another = Asking(() => identities[next++]); // who says who it is may differ, whatever the name
        Assert.Equal(("CN=alice", false), await VisitAgainAsync(another, listener));
        Assert.Equal(("CN=carol", false), await VisitAgainAsync(another, listener));
        Assert.Equal((null, false), await VisitAgainAsync(another, listener));

        SecureClient Asking(Func<TlsCredential?> ask) => SecurePair.MakeClient(options =>
        {
            options.SessionStore = store;
            options.SessionTrustName = "the same";
            options.CredentialCallback = (_, _) =>
                ValueTask.FromResult<IReadOnlyList<TlsCredential>>(ask() is { } credential ? [credential] : []);
        });
    }

    /// <summary>One that does not look at its token holds the handshake no longer than its time, on either side.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CredentialCallback_ThatNeverEnds_EndsWithTheHandshakesTime(bool isServers)
    {
        var never = new TaskCompletionSource<IReadOnlyList<TlsCredential>>();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var clock = new StoppedTimers();
        await using SecureListener listener = Listen(TlsClientCertificateMode.Requested, options =>
        {
            options.TimeProvider = clock;
            options.CredentialCallback = isServers ? Never : null;
        });
        SecureClient client = SecurePair.MakeClient(options =>
        {
            options.TimeProvider = clock;
            options.CredentialCallback = isServers ? null : Never;
        });
        Task<SecureStream> connecting = client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).AsTask();
        await asked.Task.Guarded();
        clock.FireWithin(TimeSpan.FromSeconds(11));
        await Assert.ThrowsAnyAsync<Exception>(() => connecting.Guarded());
        if (isServers)
            Assert.Contains("took longer", (await _log.NextAsync(4)).Message, StringComparison.Ordinal);
        await listener.DisposeAsync().Guarded();

        ValueTask<IReadOnlyList<TlsCredential>> Never(TlsCredentialRequest request, CancellationToken cancellationToken)
        {
            asked.TrySetResult();
            return new ValueTask<IReadOnlyList<TlsCredential>>(never.Task);
        }
    }

    /// <summary>Anybody could make the server ask for anything, and wait for it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Server_FetchesNothingThatAClientsCertificateNames(bool hasPolicy)
    {
        await using var web = new WebResponder(context => WebResponder.SendAsync(context, [1, 2, 3]));
        using TestChain stranger = TestCertificates.Issue(
            CertificateKind.EcdsaP256,
            ["alice"],
            extensions: new X509AuthorityInformationAccessExtension([], [web.Address.AbsoluteUri]));
        await using SecureListener listener = Listen(TlsClientCertificateMode.Required, options =>
        {
            options.ClientCertificateChainPolicy = hasPolicy
                ? new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = false }
                : null;
        });
        SecureClient client = SecurePair.MakeClient(options => options.CredentialCallback =
            (_, _) => ValueTask.FromResult<IReadOnlyList<TlsCredential>>(
                [Insisting(new TestChain(stranger.Leaf, [], stranger.Root))]));
        await AssertRefusedAsync(client, listener, AlertDescription.UnknownCa, "UnknownCertificateAuthority");
        Assert.Equal(0, web.Requests);
    }

    /// <summary>The ticket holds the certificate: one that the server would not take back is not given out.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(3000, false)]
    public async Task Certificate_ThatIsTooLargeForATicket_GetsNone(int ballast, bool isResumed)
    {
        await using SecureListener listener = Listen(TlsClientCertificateMode.Required);
        var store = new ObservedStore(new MemorySessionStore());
        using TestChain alice = _authority.Issue(
            "alice",
            extensions: new X509Extension("1.3.6.1.4.1.55555.1", new byte[ballast], critical: false));
        SecureClient client = Client(alice, store);
        await VisitAsync(client, listener);
        Assert.Equal(isResumed, !store.Added.IsEmpty);
        Assert.Equal(("CN=alice", isResumed), await VisitAgainAsync(client, listener));
    }

    [Fact]
    public async Task Authorities_AreNamedOnceEach()
    {
        using var renewed = new TestClientAuthority("SynHello clients"); // the same name, and another key
        await using SecureListener listener = Listen(
            TlsClientCertificateMode.Requested,
            options => options.TrustedClientRoots = [_authority.Root, _other.Root, renewed.Root, _authority.Root]);
        IReadOnlyList<ReadOnlyMemory<byte>> named = [];
        SecureClient client = SecurePair.MakeClient(options => options.CredentialCallback = (request, _) =>
        {
            named = request.Authorities;
            return ValueTask.FromResult<IReadOnlyList<TlsCredential>>([]);
        });
        await VisitAsync(client, listener);
        Assert.Equal(
            [_authority.Root.SubjectName.RawData, _other.Root.SubjectName.RawData], named.Select(name => name.ToArray()));
    }

    [Fact]
    public async Task Authorities_ThatFitNoMessage_AreRefusedAtTheStart()
    {
        X509Certificate2Collection most = [.. Enumerable.Range(0, 5).Select(i => RootWithName(12_998, i))];
        Assert.Equal(65_000, most.Sum(root => root.SubjectName.RawData.Length + 2));
        await using SecureListener listener = Listen(
            TlsClientCertificateMode.Requested, options => options.TrustedClientRoots = [.. most, most[0]]);
        Assert.Null(await VisitAsync(SecurePair.MakeClient(), listener));
        Assert.Single(_log.Entries, entry => entry.Id == 90); // they are in each flight

        int length = 65_002 + _authority.Root.SubjectName.RawData.Length;
        var failure = Assert.Throws<ArgumentException>(() => Listen(
            TlsClientCertificateMode.Requested, options => options.TrustedClientRoots = [.. most, _authority.Root]));
        Assert.Contains($"TrustedClientRoots take {length} bytes", failure.Message, StringComparison.Ordinal);
        await using SecureListener silent = Listen(
            TlsClientCertificateMode.None, options => options.TrustedClientRoots = [.. most, _authority.Root]); // and names none

        foreach (X509Certificate2 root in most)
            root.Dispose();
    }

    /// <summary>To .NET no chain ends with an intermediate, whoever says that it is trusted.</summary>
    [Fact]
    public async Task Root_ThatIsNone_IsWarnedOf()
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, ["a.example"]);
        await using (Listen(
            TlsClientCertificateMode.Requested,
            options => options.TrustedClientRoots = [chain.Root, chain.Intermediates[0], _authority.Root]))
        {
            CollectingLogger.Entry warning = Assert.Single(_log.Entries, entry => entry.Id == 96);
            Assert.Equal(Microsoft.Extensions.Logging.LogLevel.Warning, warning.Level);
            Assert.StartsWith("CN=SynHello test intermediate is among the roots", warning.Message, StringComparison.Ordinal);
        }

        using var log = new CollectingLogger();
        await using SecureListener silent = Listen(TlsClientCertificateMode.None, options =>
        {
            options.TrustedClientRoots = [chain.Intermediates[0]];
            options.LoggerFactory = log;
        });
        Assert.DoesNotContain(log.Entries, entry => entry.Id == 96);
    }

    /// <summary>A root whose name takes so many bytes of DER.</summary>
    private static X509Certificate2 RootWithName(int length, int number)
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        const int Headers = 21; // of the name, its one element, and that one's type and value
        var name = new X500DistinguishedName($"CN={(char)('a' + number)}{new string('x', length - Headers - 1)}");
        Assert.Equal(length, name.RawData.Length);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            name, key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private SecureListener Listen(TlsClientCertificateMode mode, Action<SecureListenerOptions>? configure = null) =>
        SecurePair.Listen(options =>
        {
            options.ClientCertificateMode = mode;
            options.TrustedClientRoots = [_authority.Root];
            options.LoggerFactory = _log;
            configure?.Invoke(options);
        });

    private static SecureClient Client(TestChain chain, SessionStore? store = null) => SecurePair.MakeClient(options =>
    {
        options.Credentials = [chain.ToCredential()];
        options.SessionStore = store;
    });

    private static CredentialOfNobody Insisting(TestChain chain) => new CredentialOfNobody(chain.ToCredential());

    private static async Task<string?> VisitAsync(SecureClient client, SecureListener listener) =>
        (await VisitAgainAsync(client, listener)).Name;

    private static async Task<(string? Name, bool IsResumed)> VisitAgainAsync(SecureClient client, SecureListener listener)
    {
        await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
        await stream.FlushAsync(Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await server.WriteAsync(EarlyVisits.Response, Cancelled).Guarded();
        await Exchange.ReadAsync(stream, EarlyVisits.Response.Length);
        Assert.Equal(stream.Report.IsResumed, server.Report.IsResumed);
        return (server.RemoteCertificate?.Subject, server.Report.IsResumed);
    }

    private async Task<string> AssertRefusedAsync(
        SecureClient client, SecureListener listener, AlertDescription alert, string? cause = null)
    {
        // A TLS 1.3 client is done before the server has judged it: it is told with its first read.
        await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
        await stream.FlushAsync(Cancelled);
        var failure = await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1], Cancelled).Guarded());
        Assert.Equal(alert, Assert.IsType<TlsProtocolException>(failure.InnerException).PeerAlert);
        string message = (await _log.NextAsync(4)).Message;
        if (cause is not null)
            Assert.Contains(cause, message, StringComparison.Ordinal);
        return message;
    }

    /// <summary>Names no issuer, so that no authority is missed.</summary>
    private sealed class CredentialOfNobody(TlsCredential inner) : TlsCredential
    {
        public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => inner.CertificateChain;

        public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

        public override int MaximumSignatureLength => inner.MaximumSignatureLength;

        public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
            inner.Sign(scheme, message, signature);
    }
}
