using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>Which tickets a listener gives out and takes, by its options.</summary>
public sealed class ListenerResumptionTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Options_HaveTheDefaultsThatAreDocumented()
    {
        var options = new SecureListenerOptions();

        Assert.Null(options.TicketKeys);
        Assert.Null(options.ReplayRegister);
        Assert.Equal(TimeSpan.FromHours(12), options.TicketLifetime);
        Assert.Equal(2, options.TicketCount);
        Assert.Equal(0, options.MaximumEarlyData);
        Assert.Equal(TimeSpan.FromSeconds(10), options.EarlyDataWindow);
        Assert.False(options.AllowPskKeyExchange);
    }

    [Fact]
    public void Options_ThatCannotBe_AreRefused()
    {
        AssertRefused<ArgumentOutOfRangeException>(options => options.TicketCount = -1);
        AssertRefused<ArgumentOutOfRangeException>(options => options.TicketCount = 17);
        AssertRefused<ArgumentOutOfRangeException>(options => options.TicketLifetime = TimeSpan.Zero);
        AssertRefused<ArgumentOutOfRangeException>(options => options.TicketLifetime = TimeSpan.FromDays(8));
        AssertRefused<ArgumentOutOfRangeException>(options => options.MaximumEarlyData = -1);
        AssertRefused<ArgumentOutOfRangeException>(options => options.EarlyDataWindow = TimeSpan.Zero);
        AssertRefused<ArgumentException>(options => (options.TicketCount, options.MaximumEarlyData) = (0, 1));

        static void AssertRefused<T>(Action<SecureListenerOptions> configure)
            where T : Exception => Assert.Throws<T>(() => SecurePair.Listen(configure));
    }

    [Fact]
    public async Task Default_ResumesASession()
    {
        await using SecureListener listener = SecurePair.Listen();
        TlsSession session = await EngineClient.VisitAsync(listener);
        Assert.Equal(TimeSpan.FromHours(12), session.Lifetime);

        Assert.True((await ReturnAsync(listener, session)).IsResumed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    public async Task TicketCount_IsHowManyThereAre(int count)
    {
        await using SecureListener listener = SecurePair.Listen(options => options.TicketCount = count);
        Assert.Equal(count, (await EngineClient.VisitForAllAsync(listener)).Count);
    }

    [Fact]
    public async Task NoTickets_ResumesNothing()
    {
        var ring = new SessionTicketKeyRing();
        await using SecureListener listener = SecurePair.Listen(options => (options.TicketKeys, options.TicketCount) = (ring, 0));
        Assert.Empty(await EngineClient.VisitForAllAsync(listener));
        await using SecureListener other = SecurePair.Listen(options => options.TicketKeys = ring);
        TlsSession session = await EngineClient.VisitAsync(other);

        Assert.False((await ReturnAsync(listener, session)).IsResumed);
        Assert.True((await ReturnAsync(other, session)).IsResumed);
    }

    [Fact]
    public async Task ListenersWithTheSameKeys_TakeEachOthersTickets()
    {
        var ring = new SessionTicketKeyRing();
        await using SecureListener one = SecurePair.Listen(options => options.TicketKeys = ring);
        await using SecureListener other = SecurePair.Listen(options => options.TicketKeys = ring);
        await using SecureListener stranger = SecurePair.Listen();
        TlsSession session = await EngineClient.VisitAsync(one);

        Assert.True((await ReturnAsync(other, session)).IsResumed);
        Assert.False((await ReturnAsync(stranger, session)).IsResumed);
    }

    [Fact]
    public async Task OtherCertificate_EndsTheSessions()
    {
        var ring = new SessionTicketKeyRing();
        TlsCredential p256 = TestCertificates.Shared(CertificateKind.EcdsaP256).ToCredential();
        TlsCredential p384 = TestCertificates.Shared(CertificateKind.EcdsaP384).ToCredential();
        TlsCredential[][] chains = [[p256], [p384], [p256, p384], [p384, p256]];
        List<SecureListener> listeners = [.. chains.Select(credentials =>
            SecurePair.Listen(options => (options.TicketKeys, options.Credentials) = (ring, credentials)))];
        for (int from = 0; from < listeners.Count; from++)
        {
            TlsSession session = await EngineClient.VisitAsync(listeners[from]);
            for (int to = 0; to < listeners.Count; to++)
                Assert.Equal(from == to, (await ReturnAsync(listeners[to], session)).IsResumed);
        }

        foreach (SecureListener listener in listeners)
            await listener.DisposeAsync();
    }

    [Fact]
    public async Task ExpiredTicket_LeadsToAFullHandshake()
    {
        var clock = new SettableClock();
        await using SecureListener listener = SecurePair.Listen(
            options => (options.TimeProvider, options.TicketLifetime) = (clock, TimeSpan.FromMinutes(1)));
        TlsSession session = await EngineClient.VisitAsync(listener, clock);
        Assert.Equal(TimeSpan.FromMinutes(1), session.Lifetime);
        var clientClock = new SettableClock(); // stands still: to the client it is fresh
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.True((await ReturnAsync(listener, session, clientClock)).IsResumed);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False((await ReturnAsync(listener, session, clientClock)).IsResumed);
    }

    [Fact]
    public async Task KeyThatWasRemoved_LeadsToAFullHandshake()
    {
        var ring = new SessionTicketKeyRing();
        await using SecureListener listener = SecurePair.Listen(options => options.TicketKeys = ring);
        TlsSession session = await EngineClient.VisitAsync(listener);
        ring.Rotate();
        Assert.True((await ReturnAsync(listener, session)).IsResumed);
        foreach (SessionTicketKey key in ring.Export())
            ring.Remove(key.Name.Span);
        Assert.False((await ReturnAsync(listener, session)).IsResumed);
    }

    private static async Task<HandshakeReport> ReturnAsync(SecureListener listener, TlsSession session, TimeProvider? clock = null)
    {
        using var client = new EngineClient(session, clock: clock);
        await client.ConnectAsync(listener.LocalEndPoint);
        await client.HandshakeAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(client.Negotiated.IsResumed, server.Report.IsResumed);
        return server.Report;
    }
}
