using System.Buffers;
using System.Diagnostics;
using System.Globalization;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.OnTheWire.Tests;

/// <summary>Clients with early data that come once and are never seen again leave nothing behind.</summary>
public sealed class ManyAttemptsTests(ITestOutputHelper output)
{
    /// <summary>Sets how many attempts there are; a million takes minutes.</summary>
    private const string Variable = "SYNHELLO_EARLY_DATA_ATTEMPTS";

    private const int Usual = 8000;
    private const int WarmUp = 500;
    private const long MostGrowth = 100_000;

    private static readonly byte[] _request = new byte[200];

    private readonly FakeTimeProvider _clock = new();
    private readonly ArrayBufferWriter<byte> _flight = new();
    private readonly ArrayBufferWriter<byte> _plaintext = new();
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>
    /// The clock stands still, so that every attempt is as fresh as the last one: the register fills up, and those that
    /// find no room are served without early data.
    /// </summary>
    [Fact]
    public async Task DistinctAttempts_DoNotGrowTheMemory()
    {
        int attempts = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } asked
            ? int.Parse(asked, CultureInfo.InvariantCulture)
            : Usual;
        var register = new StrikeRegister(new StrikeRegisterOptions
        {
            TimeProvider = _clock,
            Capacity = attempts > Usual ? new StrikeRegisterOptions().Capacity : Usual / 8,
        });
        TlsServerConfiguration server = MakeServer(register);
        var client = new TlsClientConfiguration(DefaultCryptoProvider.Instance) { TimeProvider = _clock };
        TlsSession session = GetSession(client, server);
        for (int i = 0; i < WarmUp; i++)
            await AttemptAsync(client, server, session, register);

        long registered = register.MemorySize;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long workingSet = Environment.WorkingSet;
        long start = Stopwatch.GetTimestamp();
        int taken = 0;
        for (int i = 0; i < attempts; i++)
        {
            if (await AttemptAsync(client, server, session, register))
                taken++;
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        output.WriteLine(
            $"{attempts} attempts, {taken} taken, in {time.TotalSeconds:0.0} s; managed memory {before} before, {after} "
            + $"after; working set {workingSet} before, {Environment.WorkingSet} after; register {registered}.");

        Assert.InRange(after - before, long.MinValue, MostGrowth);
        Assert.Equal(registered, register.MemorySize);
        Assert.Equal(WarmUp + attempts, register.Accepted + register.RefusedAsFull);
        Assert.Equal(0, register.RefusedAsKnown); // they are distinct
        Assert.InRange(register.Accepted, WarmUp / 2, register.Capacity);
        Assert.True(register.RefusedAsFull > 0);
    }

    /// <summary>One client's first flight at a server of its own, which then loses it from sight.</summary>
    /// <returns>Whether its early data was taken.</returns>
    private async Task<bool> AttemptAsync(
        TlsClientConfiguration client, TlsServerConfiguration server, TlsSession session, StrikeRegister register)
    {
        _flight.ResetWrittenCount();
        _plaintext.ResetWrittenCount();
        _output.ResetWrittenCount();
        using var clientEngine = new TlsClientEngine(client, LongWire.Host);
        clientEngine.Start(new TlsClientStart { Session = session, EarlyData = _request }, _flight);
        using var engine = new TlsServerEngine(server);
        int consumed = engine.Receive(_flight.WrittenSpan, _plaintext, _output);
        EarlyDataAttempt attempt = engine.EarlyDataAttempt ?? throw new InvalidOperationException("Nobody was asked.");
        bool isFirst = await register.TryRegisterAsync(attempt.Identifier, attempt.FreshUntil);
        if (isFirst)
            engine.AcceptEarlyData(_output);
        else
            engine.RejectEarlyData(_output);
        engine.Receive(_flight.WrittenSpan[consumed..], _plaintext, _output);
        Assert.Equal(isFirst ? _request.Length : 0, _plaintext.WrittenCount);
        return isFirst;
    }

    private TlsServerConfiguration MakeServer(StrikeRegister register)
    {
        var keys = new SessionTicketKeyRing(new SessionTicketKeyRingOptions { TimeProvider = _clock });
        return new TlsServerConfiguration(
            DefaultCryptoProvider.Instance, [TestCertificates.Shared(CertificateKind.EcdsaP256).ToCredential()])
        {
            Resumption = new TlsServerResumption(keys, _clock)
            {
                MaximumEarlyData = 16_384,
                ReplayScope = register.Scope,
            },
        };
    }

    private static TlsSession GetSession(TlsClientConfiguration client, TlsServerConfiguration server)
    {
        using var pair = new EnginePair(client, server, LongWire.Host);
        return pair.Handshake().ReadSessions()[0];
    }
}
