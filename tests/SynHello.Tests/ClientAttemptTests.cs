using System.Net.Security;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Tls;

using static SynHello.Tests.SampleSessions;

namespace SynHello.Tests;

/// <summary>The first flight for a second address.</summary>
public sealed class ClientAttemptTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly MemorySessionStore _store;

    public ClientAttemptTests() => _store = new MemorySessionStore(timeProvider: _clock);

    [Fact]
    public async Task SecondAddress_GetsAnotherSessionAndNoEarlyData()
    {
        using ClientAttempt attempt = await PrepareAsync(sessions: 2);
        int first = attempt.MakeFirstFlight(1420).Length;
        TlsClientEngine firstEngine = attempt.Engine;
        Assert.Equal("s1", Name(attempt.OfferedSession));
        Assert.Equal(EarlyDataStatus.Offered, attempt.Engine.Negotiated.EarlyData);
        Assert.True(first > attempt.Engine.ClientHelloLength + attempt.Request.Length);

        int second = attempt.MakeFirstFlight(1420).Length;

        Assert.NotSame(firstEngine, attempt.Engine);
        Assert.Equal("s0", Name(attempt.OfferedSession));
        Assert.Equal(EarlyDataReason.AnotherAddressDialed, attempt.Reason);
        Assert.Equal(EarlyDataStatus.None, attempt.Engine.Negotiated.EarlyData);
        Assert.Equal(attempt.Engine.ClientHelloLength, second);
        Assert.Throws<ObjectDisposedException>(() => firstEngine.ReceiveEnd());
        Assert.Null(_store.Take(Key()));
    }

    [Fact]
    public async Task SecondAddressAfterAFlightWithoutEarlyData_MaySendItEarly()
    {
        using ClientAttempt attempt = await PrepareAsync(sessions: 0);
        attempt.MakeFirstFlight(1420);
        Assert.Equal(EarlyDataReason.NoSession, attempt.Reason);
        _store.Add(Key(), Session("late", _clock.GetUtcNow()));

        attempt.MakeFirstFlight(null);

        Assert.Equal(EarlyDataReason.None, attempt.Reason);
        Assert.Equal("late", Name(attempt.OfferedSession));
        Assert.Equal(EarlyDataStatus.Offered, attempt.Engine.Negotiated.EarlyData);
    }

    [Fact]
    public async Task SessionOfAnotherSuite_IsDropped()
    {
        using ClientAttempt attempt = await PrepareAsync(sessions: 1, onlySuite: 0x1303);

        attempt.MakeFirstFlight(null);

        Assert.True(attempt.IsSessionDropped);
        Assert.Null(attempt.OfferedSession);
        Assert.Equal(EarlyDataReason.SessionNotOffered, attempt.Reason);
    }

    private async Task<ClientAttempt> PrepareAsync(int sessions, ushort? onlySuite = null)
    {
        for (int i = 0; i < sessions; i++)
            _store.Add(Key(), Session($"s{i}", _clock.GetUtcNow()));
        var configuration = new TlsClientConfiguration(DefaultCryptoProvider.Instance)
        {
            TimeProvider = _clock,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            CipherSuites = onlySuite is { } suite ? [new Wire.CipherSuite(suite)] : DefaultCryptoProvider.Instance.CipherSuites,
        };
        var attempt = new ClientAttempt(
            configuration, "example.com", new SessionKeeper(_store, Key(), TimeSpan.FromDays(1), _clock, isTrusted: null, new CollectingLogger()), Exchange.Bytes(100), isReplaySafe: true);
        await attempt.PrepareAsync();
        return attempt;
    }
}
