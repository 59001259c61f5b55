using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>
/// What other stacks have taken for something else: a ticket of one host for another's (CVE-2025-23419), the word of an authority of
/// yesterday for today's. Servers share their ticket keys and their register of early data, so that nothing but the ticket's own
/// content stands in the way.
/// </summary>
public sealed class ConfusionTests : IDisposable
{
    private const string HostA = "a.example", HostB = "b.example", AnotherAuthority = "trusts another authority";

    private readonly CollectingLogger _log = new();
    private readonly SessionTicketKeyRing _keys = new();
    private readonly StrikeRegister _register = new();
    private readonly TestClientAuthority _authority = new("clients");
    private readonly TestClientAuthority _otherAuthority = new("others");
    private readonly TestChain _alice;
    private readonly TestChain _bob;
    private readonly TestChain _chainA = TestCertificates.Issue(CertificateKind.EcdsaP256, [HostA]);
    private readonly TestChain _chainB = TestCertificates.Issue(CertificateKind.EcdsaP256, [HostB]);

    public ConfusionTests()
    {
        _alice = _authority.Issue("alice");
        _bob = _otherAuthority.Issue("bob");
    }

    /// <summary>How the second server differs from the first, which asks for a certificate of <see cref="_authority"/>.</summary>
    public static TheoryData<string> OtherServers => [.. _otherServers.Keys];

    private static readonly Dictionary<string, Action<ConfusionTests, SecureListenerOptions>> _otherServers = new()
    {
        [AnotherAuthority] = (test, options) => options.TrustedClientRoots = [test._otherAuthority.Root],
        ["trusts one authority more"] = (test, options) =>
            options.TrustedClientRoots = [test._authority.Root, test._otherAuthority.Root],
        ["has another policy"] = (_, options) => options.ClientCertificateChainPolicy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid,
        },
        ["has a callback"] = (_, options) => options.ClientCertificateValidationCallback = (_, _, _, errors) => errors == SslPolicyErrors.None,
        ["asks nobody"] = (_, options) => options.ClientCertificateMode = TlsClientCertificateMode.None,
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _alice.Dispose();
        _bob.Dispose();
        _chainA.Dispose();
        _chainB.Dispose();
        _authority.Dispose();
        _otherAuthority.Dispose();
        _log.Dispose();
    }

    /// <summary>The premise of all others here: nothing else keeps a ticket of one server from opening at another.</summary>
    [Fact]
    public async Task Ticket_OfAServerThatTrustsAlike_IsTakenWithItsIdentity()
    {
        await using SecureListener one = Listen();
        await using SecureListener other = Listen();
        TlsSession session = await VisitAsync(one, HostA);

        await AssertResumedAsync(other, session, HostA);
    }

    [Theory]
    [MemberData(nameof(OtherServers))]
    public async Task Ticket_OfAServerThatTrustsOthers_OpensNoDoor(string how)
    {
        await using SecureListener one = Listen();
        await using SecureListener other = Listen(options => _otherServers[how](this, options));
        TestChain identity = how == AnotherAuthority ? _bob : _alice; // who is let in there with a certificate
        TlsSession toOne = await VisitAsync(one, HostA), toOther = await VisitAsync(other, HostA, identity);

        await AssertFullAsync(other, toOne, HostA, identity);
        await AssertFullAsync(one, toOther, HostA, _alice);
        await AssertResumedAsync(one, toOne, HostA); // of use where it is from
    }

    /// <summary>Two callbacks are two opinions: who was let in by the one has not been seen by the other.</summary>
    [Fact]
    public async Task Ticket_OfAServerWithAnotherCallback_OpensNoDoor()
    {
        await using SecureListener lenient = Listen(options =>
            options.ClientCertificateValidationCallback = (_, _, _, errors) => errors == SslPolicyErrors.None);
        await using SecureListener strict = Listen(options => options.ClientCertificateValidationCallback = (_, _, _, _) => false);
        TlsSession session = await VisitAsync(lenient, HostA);
        await AssertResumedAsync(lenient, session, HostA);

        using EngineClient client = await ConnectAsync(strict, session, HostA, _alice);
        await client.HandshakeAsync();
        Assert.False(client.Negotiated.IsResumed);
        await client.ReceiveEndAsync();
        Assert.Equal(AlertDescription.CertificateUnknown, Assert.IsType<TlsProtocolException>(client.Failure).PeerAlert);
    }

    /// <summary>Hosts of one server, with a certificate each: the ticket is for the name that was asked for, and for no other.</summary>
    [Theory]
    [InlineData(HostA, HostB)]
    [InlineData(HostB, HostA)]
    [InlineData(HostA, null)]
    [InlineData(null, HostA)]
    [InlineData(HostA, "www.a.example")]
    public async Task Ticket_OfAnotherHostOfTheServer_OpensNoDoor(string? from, string? to)
    {
        var hosts = new HostCertificates(
            new HostCertificate(_chainA.ToCredential()) { IsDefault = true }, new HostCertificate(_chainB.ToCredential()));
        await using SecureListener listener = Listen(options =>
        {
            options.Credentials = [];
            options.CredentialSelector = hosts.Select;
        });
        TlsSession session = await VisitAsync(listener, from);

        await AssertFullAsync(listener, TestSessions.Claim(session, to), to, _alice);
        await AssertResumedAsync(listener, session, from);
    }

    /// <summary>And the other way: without the certificate, and with nothing but a ticket of the neighbour's, nobody gets in.</summary>
    [Theory]
    [InlineData(HostA, HostB)]
    [InlineData(HostA, null)]
    public async Task Ticket_OfAnotherHost_IsNoCertificate(string? from, string? to)
    {
        await using SecureListener listener = Listen();
        TlsSession session = TestSessions.Claim(await VisitAsync(listener, from), to);

        using EngineClient client = await ConnectAsync(listener, session, to, identity: null);
        await client.HandshakeAsync();
        Assert.True(client.Negotiated.ClientCertificateRequested);
        await client.ReceiveEndAsync();
        Assert.Equal(AlertDescription.CertificateRequired, Assert.IsType<TlsProtocolException>(client.Failure).PeerAlert);
    }

    [Fact]
    public async Task Ticket_OfAServerThatAsksNobody_IsNoCertificate()
    {
        await using SecureListener open = Listen(options => options.ClientCertificateMode = TlsClientCertificateMode.None);
        await using SecureListener asking = Listen(options => options.ClientCertificateMode = TlsClientCertificateMode.Requested);
        await using SecureListener closed = Listen();
        foreach (SecureListener from in new[] { open, asking })
        {
            TlsSession session = await VisitAsync(from, HostA, identity: null);
            using EngineClient client = await ConnectAsync(closed, session, HostA, identity: null);
            await client.HandshakeAsync();
            Assert.True(client.Negotiated.ClientCertificateRequested);
            await client.ReceiveEndAsync();
            Assert.Equal(AlertDescription.CertificateRequired, Assert.IsType<TlsProtocolException>(client.Failure).PeerAlert);
        }
    }

    /// <summary>
    /// A client that trusts another root today does not live on what it trusted yesterday, though it has the sessions still.
    /// </summary>
    [Fact]
    public async Task Resumption_EndsWhenTheClientsTrustedRootsChange()
    {
        await using SecureListener listener = SecurePair.Listen(options => options.LoggerFactory = _log);
        var store = new MemorySessionStore();
        SecureClient before = SecurePair.MakeClient(options => options.SessionStore = store);
        await VisitAsync(before, isResumed: false);
        await VisitAsync(before, isResumed: true);

        SecureClient now = SecurePair.MakeClient(options =>
        {
            options.SessionStore = store;
            options.TrustedRoots = [_authority.Root];
        });
        var failure = await Assert.ThrowsAsync<AuthenticationException>(
            () => now.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, EarlyVisits.Request, Cancelled).Guarded());
        Assert.Equal(TlsErrorCause.UnknownCertificateAuthority, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        Assert.Contains("unknown_ca", (await _log.NextAsync(4)).Message, StringComparison.Ordinal);

        // Of the one that trusts as before nothing was taken away.
        await VisitAsync(before, isResumed: true);

        async Task VisitAsync(SecureClient client, bool isResumed)
        {
            await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
            await stream.FlushAsync(Cancelled);
            await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
            await server.WriteAsync(EarlyVisits.Response, Cancelled).Guarded();
            await Exchange.ReadAsync(stream, EarlyVisits.Response.Length);
            Assert.Equal((isResumed, isResumed), (stream.Report.IsResumed, server.Report.IsResumed));
        }
    }

    /// <summary>Names that a resolver, a log or a C string reads as another host than the certificate's.</summary>
    [Theory]
    [InlineData("*.com")]
    [InlineData("example.com:443")]
    [InlineData("example.com/")]
    [InlineData("user@example.com")]
    [InlineData("exаmple.com")] // a Cyrillic letter
    public async Task Host_ThatLooksLikeTheCertificates_IsAnother(string host)
    {
        await using SecureListener listener = SecurePair.Listen();
        SecureClient client = SecurePair.MakeClient();

        var failure = await Assert.ThrowsAsync<AuthenticationException>(
            () => client.ConnectAsync(listener.LocalEndPoint, host, Cancelled).Guarded());

        // The one side or the other.
        var cause = Assert.IsType<TlsProtocolException>(failure.InnerException);
        Assert.True(
            cause.Cause == TlsErrorCause.CertificateNameMismatch || cause.PeerAlert == AlertDescription.IllegalParameter,
            failure.Message);
    }

    private SecureListener Listen(Action<SecureListenerOptions>? configure = null) => SecurePair.Listen(options =>
    {
        options.LoggerFactory = _log;
        options.TicketKeys = _keys;
        options.ClientCertificateMode = TlsClientCertificateMode.Required;
        options.TrustedClientRoots = [_authority.Root];
        options.MaximumEarlyData = 16_384;
        options.ReplayRegister = _register;
        configure?.Invoke(options);
    });

    private Task<TlsSession> VisitAsync(SecureListener listener, string? host) => VisitAsync(listener, host, _alice);

    private static async Task<TlsSession> VisitAsync(SecureListener listener, string? host, TestChain? identity)
    {
        using EngineClient client = await ConnectAsync(listener, session: null, host, identity);
        await client.HandshakeAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        return await client.TakeSessionAsync();
    }

    /// <summary>Comes back with a ticket and a request as early data, and is taken for who it was.</summary>
    private async Task AssertResumedAsync(SecureListener listener, TlsSession session, string? host)
    {
        using EngineClient client = await ConnectAsync(listener, session, host, _alice);
        await client.HandshakeAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await server.CompleteHandshakeAsync(Cancelled).Guarded();
        Assert.Equal((true, true), (client.Negotiated.IsResumed, server.Report.IsResumed));
        Assert.False(client.Negotiated.ClientCertificateRequested);
        Assert.Equal(EarlyDataStatus.Accepted, server.Report.EarlyData);
        Assert.Equal("CN=alice", server.RemoteCertificate?.Subject);
    }

    /// <summary>The certificate is asked for and judged anew, and what came early is thrown away.</summary>
    private static async Task AssertFullAsync(SecureListener listener, TlsSession session, string? host, TestChain identity)
    {
        using EngineClient client = await ConnectAsync(listener, session, host, identity);
        await client.HandshakeAsync();
        Assert.False(client.Negotiated.IsResumed);
        Assert.Equal(EarlyDataStatus.Rejected, client.Negotiated.EarlyData);
        client.Write(EarlyVisits.Response);
        await client.FlushAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.False(server.Report.IsResumed);
        Assert.Equal(client.Negotiated.ClientCertificateRequested ? identity.Leaf.Subject : null, server.RemoteCertificate?.Subject);
        Assert.Equal(0, await server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
        Assert.Equal(EarlyVisits.Response, await Exchange.ReadAsync(server, EarlyVisits.Response.Length));
    }

    private static async Task<EngineClient> ConnectAsync(SecureListener listener, TlsSession? session, string? host, TestChain? identity)
    {
        var client = new EngineClient(
            session,
            session is null ? default : EarlyVisits.Request,
            configure: provider => new TlsClientConfiguration(provider)
            {
                TimeProvider = TimeProvider.System,
                Credentials = identity is null ? [] : [identity.ToCredential()],
                CredentialSelector = identity is null ? null : _ => [identity.ToCredential()],
            },
            host: host);
        await client.ConnectAsync(listener.LocalEndPoint);
        return client;
    }
}
