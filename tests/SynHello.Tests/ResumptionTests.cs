using System.Net.Security;
using System.Security.Authentication;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>A client that comes back, and what it keeps in between.</summary>
public sealed class ResumptionTests : IDisposable
{
    private readonly ReturningServer _server = new();
    private readonly ObservedStore _store = new(new MemorySessionStore());
    private int _verdicts;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Callback_IsAskedAboutResumedConnectionsToo()
    {
        bool takes = true;
        SecureClient client = MakeClient(options => options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            _verdicts++;
            return takes && certificate is not null && chain is not null && errors == SslPolicyErrors.None;
        });
        await _server.VisitAsync(client);

        await AssertVisitAsync(client, isResumed: true);
        Assert.Equal(2, _verdicts);

        // Where it has changed its mind, the session is not even offered, and the full handshake fails.
        takes = false;
        Task<ServerVisit> accepting = _server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(_server.EndPoint, SecurePair.Host, Cancelled);
        using ServerVisit visit = await accepting;
        await visit.AnswerAsync();
        await Assert.ThrowsAsync<AuthenticationException>(connecting.AsTask);
        Assert.False(visit.Engine.Negotiated.IsResumed);
        Assert.Equal(4, _verdicts);
    }

    [Fact]
    public async Task EachSession_IsUsedOnce()
    {
        _server.TicketCount = 1;
        SecureClient client = MakeClient();
        await _server.VisitAsync(client);
        await AssertVisitAsync(client, isResumed: true);
        await AssertVisitAsync(client, isResumed: true);

        byte[][] tickets = [.. _store.Taken.Where(taken => taken.Session is not null).Select(taken => taken.Session!.Session.Export())];
        Assert.Equal(2, tickets.Length);
        Assert.NotEqual(tickets[0], tickets[1]);
    }

    [Fact]
    public async Task WithoutATicketLeft_TheHandshakeIsFull()
    {
        SecureClient client = MakeClient();
        await _server.VisitAsync(client);
        _server.TicketCount = 0;

        await AssertVisitAsync(client, isResumed: true);
        await AssertVisitAsync(client, isResumed: true);
        await AssertVisitAsync(client, isResumed: false);
    }

    [Fact]
    public async Task Verification_IsHandedOnUnchanged()
    {
        SecureClient client = MakeClient();
        await _server.VisitAsync(client);
        await AssertVisitAsync(client, isResumed: true);
        await AssertVisitAsync(client, isResumed: true);

        Assert.Equal(6, _store.Added.Count);
        Assert.Single(_store.Added.Select(added => added.Session.Verification).Distinct());
    }

    [Fact]
    public async Task RowOfResumptions_EndsWithTheVerification()
    {
        var clock = new StoppedTimers();
        _server.Clock = clock;
        SecureClient client = SecurePair.MakeClient(options =>
            (options.TimeProvider, options.MaximumSessionAge) = (clock, TimeSpan.FromMinutes(10)));
        await _server.VisitAsync(client);
        clock.Offset = TimeSpan.FromMinutes(9);
        await AssertVisitAsync(client, isResumed: true); // with new tickets, for hours
        clock.Offset = TimeSpan.FromMinutes(10.5);
        await AssertVisitAsync(client, isResumed: false);
        clock.Offset = TimeSpan.FromMinutes(19);
        await AssertVisitAsync(client, isResumed: true);
    }

    /// <summary>How long a verdict stands is for who relies on it to say, not for who made it.</summary>
    [Fact]
    public async Task SessionOfAMoreTrustingClient_IsTooOldForAStricterOne()
    {
        var clock = new StoppedTimers();
        _server.Clock = clock;
        SecureClient Client(TimeSpan maximumAge) => SecurePair.MakeClient(options =>
            (options.TimeProvider, options.SessionStore, options.MaximumSessionAge) = (clock, _store, maximumAge));
        await _server.VisitAsync(Client(TimeSpan.FromDays(1)));

        clock.Offset = TimeSpan.FromMinutes(9);
        await AssertVisitAsync(Client(TimeSpan.FromMinutes(10)), isResumed: true);
        clock.Offset = TimeSpan.FromMinutes(10.5);
        await AssertVisitAsync(Client(TimeSpan.FromMinutes(10)), isResumed: false);
    }

    [Fact]
    public async Task TicketsThatComeLate_AreKept()
    {
        SecureClient client = MakeClient();
        Task<ServerVisit> accepting = _server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(_server.EndPoint, SecurePair.Host, Cancelled);
        using ServerVisit visit = await accepting;
        visit.HoldBack = LastRecord; // the tickets
        await visit.AnswerAsync();
        await using SecureStream stream = await connecting.Guarded();
        await stream.FlushAsync(Cancelled);
        await visit.CompleteHandshakeAsync();
        Assert.Empty(_store.Added);

        await visit.WriteAsync([1]);
        Assert.Equal([1], await Exchange.ReadAsync(stream, 1));

        Assert.Equal(2, _store.Added.Count);
        Assert.All(_store.Added, added => Assert.NotNull(added.Session.Verification));
    }

    [Fact]
    public async Task Key_NamesHostPortNameProtocolsAndTrust()
    {
        SecureClient client = MakeClient(options => options.ApplicationProtocols = [SslApplicationProtocol.Http2]);
        await _server.VisitAsync(client);

        SessionKey key = _store.Added.First().Key;
        Assert.Equal(_server.EndPoint.Address.ToString(), key.Host);
        Assert.Equal(_server.EndPoint.Port, key.Port);
        Assert.Equal(SecurePair.Host, key.ServerName);
        Assert.Equal([SslApplicationProtocol.Http2], key.ApplicationProtocols);
        Assert.Matches("^[0-9a-f]{64}$", key.TrustSettings);
        Assert.Equal(key, _store.Taken.First().Key);
    }

    [Fact]
    public async Task ClientsThatTrustAlike_ShareSessions()
    {
        await _server.VisitAsync(MakeClient());
        await AssertVisitAsync(MakeClient(), isResumed: true);
        await AssertVisitAsync(MakeClient(options => options.TrustedRoots!.Add(TestCertificates.Shared(CertificateKind.EcdsaP384).Root)), isResumed: false);
        await AssertVisitAsync(MakeClient(Accept), isResumed: false);
        await AssertVisitAsync(MakeClient(Accept), isResumed: false); // another client's callback
    }

    [Fact]
    public async Task WithoutResumption_TheStoreIsNotAsked()
    {
        SecureClient client = MakeClient(options => options.AllowResumption = false);
        await _server.VisitAsync(client);
        await AssertVisitAsync(client, isResumed: false);

        Assert.Empty(_store.Added);
        Assert.Empty(_store.Taken);
    }

    [Fact]
    public async Task TicketRequest_IsHeard()
    {
        await _server.VisitAsync(MakeClient(options => options.TicketRequest = 3));

        Assert.Equal(3, _store.Added.Count);
    }

    [Fact]
    public async Task TicketThatTheServerCannotOpen_MeansAFullHandshake()
    {
        SecureClient client = MakeClient(options => options.RemoteCertificateValidationCallback = (_, _, _, errors) =>
            errors == SslPolicyErrors.None && ++_verdicts > 0);
        await _server.VisitAsync(client);
        _server.ForgetTickets();
        await AssertVisitAsync(client, isResumed: false);

        Assert.Equal(3, _verdicts);
        Assert.Equal(2, _store.Added.Select(added => added.Session.Verification.VerifiedAt).Distinct().Count());
    }

    [Fact]
    public async Task FailedHandshake_ForgetsTheHostsSessions()
    {
        SecureClient client = MakeClient();
        await _server.VisitAsync(client);

        Task<ServerVisit> accepting = _server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(_server.EndPoint, SecurePair.Host, Cancelled);
        using ServerVisit visit = await accepting;
        await visit.WaitAsync();
        await visit.SendRawAsync([21, 3, 3, 0, 2, 2, 80]); // internal_error
        await Assert.ThrowsAsync<AuthenticationException>(async () => await connecting.Guarded());

        Assert.Single(_store.Removed);
        await AssertVisitAsync(client, isResumed: false);
    }

    [Fact]
    public async Task FailedFirstVisit_ForgetsNothing()
    {
        SecureClient client = MakeClient();
        Task<ServerVisit> accepting = _server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(_server.EndPoint, SecurePair.Host, Cancelled);
        using ServerVisit visit = await accepting;
        await visit.WaitAsync();
        await visit.SendRawAsync([21, 3, 3, 0, 2, 2, 80]);
        await Assert.ThrowsAsync<AuthenticationException>(async () => await connecting.Guarded());

        Assert.Empty(_store.Removed);
    }

    [Fact]
    public async Task StoreThatFails_FailsNoConnection()
    {
        using var log = new CollectingLogger();
        SecureClient client = MakeClient(options => options.LoggerFactory = log);
        _store.Failure = new InvalidOperationException("broken");

        await AssertVisitAsync(client, isResumed: false);

        CollectingLogger.Entry entry = await log.NextAsync(44);
        Assert.Equal(Microsoft.Extensions.Logging.LogLevel.Warning, entry.Level);
        Assert.Same(_store.Failure, entry.Exception);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FileThatOneClientLeaves_IsWhatTheNextOneFinds(bool disposesAsynchronously)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("synhello-resumption-");
        try
        {
            string path = Path.Combine(folder.FullName, "sessions");
            for (int visit = 0; visit < 3; visit++)
            {
                SecureClient client = SecurePair.MakeClient(options => options.SessionStore = new FileSessionStore(path));
                await AssertVisitAsync(client, isResumed: visit > 0, disposesAsynchronously);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task StoreThatBlocks_HoldsUpNothingButDisposal()
    {
        using var gate = new ManualResetEventSlim();
        var store = new ObservedStore(new MemorySessionStore()) { Gate = gate };
        SecureStream stream = await VisitAsync(store);
        Task dispose = stream.DisposeAsync().AsTask();
        Assert.False(dispose.IsCompleted);
        gate.Set();
        await dispose.Guarded();
        Assert.Equal(2, store.Added.Count);

        gate.Reset();
        _server.ForgetTickets();
        stream = await VisitAsync(store);
        var disposer = new Thread(stream.Dispose);
        disposer.Start();
        while ((disposer.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) == ThreadState.Running)
            Thread.Yield();
        Assert.True(disposer.IsAlive);
        gate.Set();
        disposer.Join();
        Assert.Equal(4, store.Added.Count);

        async Task<SecureStream> VisitAsync(ObservedStore kept)
        {
            SecureClient client = SecurePair.MakeClient(options => options.SessionStore = kept);
            Task<ServerVisit> accepting = _server.AcceptAsync();
            ValueTask<SecureStream> connecting = client.ConnectAsync(_server.EndPoint, SecurePair.Host, Cancelled);
            using ServerVisit visit = await accepting;
            await visit.AnswerAsync();
            SecureStream made = await connecting.Guarded();
            await made.WriteAsync(new byte[] { 1 }, Cancelled);
            Assert.Equal([1], await visit.ReadAsync(1));
            return made;
        }
    }

    [Fact]
    public void BadOptions_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SecureClient(new SecureClientOptions { MaximumSessionAge = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SecureClient(new SecureClientOptions { TicketRequest = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SecureClient(new SecureClientOptions { TicketRequest = 256 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SecureClient(new SecureClientOptions { ResumptionTicketRequest = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SecureClient(new SecureClientOptions { ResumptionTicketRequest = 256 }));
    }

    private static void Accept(SecureClientOptions options) =>
        options.RemoteCertificateValidationCallback = (_, _, _, errors) => errors == SslPolicyErrors.None;

    private SecureClient MakeClient(Action<SecureClientOptions>? configure = null) => SecurePair.MakeClient(options =>
    {
        options.SessionStore = _store;
        configure?.Invoke(options);
    });

    private async Task AssertVisitAsync(SecureClient client, bool isResumed, bool disposesAsynchronously = true)
    {
        Task<ServerVisit> accepting = _server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(_server.EndPoint, SecurePair.Host, Cancelled);
        using ServerVisit visit = await accepting;
        await visit.AnswerAsync();
        SecureStream stream = await connecting.Guarded();
        Assert.Equal(isResumed, stream.Report.IsResumed);
        Assert.Equal("CN=example.com", stream.RemoteCertificate?.Subject);
        Assert.Equal(isResumed ? default : SignatureScheme.EcdsaSecp256r1Sha256, stream.Report.SignatureScheme);
        await stream.WriteAsync(new byte[] { 1 }, Cancelled);
        Assert.Equal([1], await visit.ReadAsync(1));
        await visit.WriteAsync([2]);
        Assert.Equal([2], await Exchange.ReadAsync(stream, 1));
        if (disposesAsynchronously)
            await stream.DisposeAsync();
        else
            stream.Dispose();
    }

    private static int LastRecord(byte[] flight)
    {
        int last = 0;
        for (int at = 0; RecordHeader.TryRead(flight.AsSpan(at), out RecordHeader header); at += RecordHeader.Size + header.Length)
            last = at;
        return flight.Length - last;
    }
}
