using System.Net.Security;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Early data between two engines that want it (RFC 8446 sections 2.3, 4.2.10, 4.5, 8).</summary>
public sealed class AcceptedEarlyDataTests
{
    private static readonly byte[] _request = Engines.Pattern(300, 7);
    private readonly ResumptionSetup _setup = new();

    public static TheoryData<CipherSuite> Suites => [.. Engines.Suites];

    [Theory]
    [MemberData(nameof(Suites))]
    public void EarlyData_IsTakenAndAnswered_BeforeTheHandshakeIsComplete(CipherSuite suite)
    {
        TlsSession session = _setup.Visit(server: _setup.Server(suites: [suite]))[0];
        using EnginePair pair = _setup.Pair();
        pair.ClientEngine.Start(Early(session), pair.Client.Output);
        Assert.Equal(EarlyDataStatus.Offered, pair.ClientEngine.Negotiated.EarlyData);
        Assert.False(pair.ClientEngine.MaySend);

        pair.Server.Deliver(pair.Client.TakeOutput());
        Assert.Equal([TlsEvent.NeedEarlyDataVerdict, TlsEvent.EarlyDataAccepted], pair.Server.Events);
        Assert.Equal(_request, pair.Server.Plaintext.ToArray());
        Assert.Equal(_request.Length, pair.ServerEngine.EarlyDataLength);
        Assert.Equal(EarlyDataStatus.Accepted, pair.ServerEngine.Negotiated.EarlyData);
        Assert.False(pair.ServerEngine.IsHandshakeComplete);
        Assert.True(pair.ServerEngine.MaySend);
        pair.Server.Send([1, 2, 3]);

        pair.Client.Deliver(pair.Server.TakeOutput());
        Assert.Equal([TlsEvent.EarlyDataAccepted, TlsEvent.HandshakeCompleted, TlsEvent.SessionReceived], pair.Client.Events);
        Assert.Equal([1, 2, 3], pair.Client.Plaintext.ToArray());
        Assert.Equal(EarlyDataStatus.Accepted, pair.ClientEngine.Negotiated.EarlyData);
        Assert.Equal(2, pair.ReadSessions().Count);

        pair.Pump();
        ResumptionTests.AssertResumed(pair);
        Assert.Equal(_request.Length, pair.ServerEngine.EarlyDataLength);
        Engines.AssertTalks(pair);
        Assert.Equal(_request.Length, pair.ServerEngine.EarlyDataLength);
    }

    /// <summary>What comes in one call is told apart by the count.</summary>
    [Fact]
    public void EarlyData_IsToldFromLaterData()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair();
        pair.Server.AnswersVerdicts = false;
        pair.ClientEngine.Start(Early(session), pair.Client.Output);
        byte[] first = pair.Client.TakeOutput();
        pair.Server.Deliver(first);
        Assert.NotNull(pair.ServerEngine.EarlyDataAttempt);
        pair.ServerEngine.AcceptEarlyData(pair.Server.Output);
        pair.Client.Deliver(pair.Server.TakeOutput());
        pair.Client.Send([9, 8, 7]);
        pair.Server.Deliver(pair.Client.TakeOutput());
        Assert.True(pair.ServerEngine.IsHandshakeComplete);
        Assert.Equal(_request.Length, pair.ServerEngine.EarlyDataLength);
        Assert.Equal([.. _request, 9, 8, 7], pair.Server.Plaintext.ToArray());
    }

    [Fact]
    public void NothingIsHandled_WhileAVerdictIsWaitedFor()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair();
        pair.Server.AnswersVerdicts = false;
        pair.ClientEngine.Start(Early(session), pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        pair.Server.Drive();
        Assert.Empty(pair.Server.TakeOutput());
        Assert.Equal(0, pair.Server.Plaintext.Length);
        Assert.True(pair.Server.Unconsumed > _request.Length);

        pair.ServerEngine.RejectEarlyData(pair.Server.Output);
        Assert.Throws<InvalidOperationException>(() => pair.ServerEngine.AcceptEarlyData(pair.Server.Output));
        Assert.Null(pair.ServerEngine.EarlyDataAttempt);
        pair.Server.Drive();
        pair.Pump();
        ResumptionTests.AssertResumed(pair);
        AssertRejected(pair);
    }

    [Fact]
    public void Refused_EarlyDataIsSkipped()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair();
        pair.Server.TakesEarlyData = _ => false;
        pair.Handshake(Early(session));
        ResumptionTests.AssertResumed(pair);
        AssertRejected(pair);
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void Split_MakesNoDifference()
    {
        foreach (bool takes in new[] { true, false })
        {
            TlsSession session = _setup.Visit()[0];
            using EnginePair pair = _setup.Pair();
            pair.Server.TakesEarlyData = _ => takes;
            pair.Split = bytes => bytes.Select(octet => new[] { octet });
            pair.Handshake(Early(session));
            ResumptionTests.AssertResumed(pair);
            Assert.Equal(takes ? _request : [], pair.Server.Plaintext.ToArray());
        }
    }

    /// <summary>The same flight, delivered to two servers, gives both the same thing to remember.</summary>
    [Fact]
    public void Attempt_IsTheSameForACopy_AndAnotherForAnotherHello()
    {
        IReadOnlyList<TlsSession> sessions = _setup.Visit();
        using EnginePair pair = _setup.Pair();
        pair.ClientEngine.Start(Early(sessions[0]), pair.Client.Output);
        byte[] flight = pair.Client.TakeOutput();
        _setup.Clock.Advance(TimeSpan.FromSeconds(3));
        EarlyDataAttempt[] attempts = [Attempt(flight)!, Attempt(flight)!];
        Assert.Equal(attempts[0].Identifier.ToArray(), attempts[1].Identifier.ToArray());
        Assert.Equal(32, attempts[0].Identifier.Length);
        Assert.Equal(_setup.Clock.GetUtcNow() + TimeSpan.FromSeconds(7), attempts[0].FreshUntil);

        // The same ticket once more, in a hello of its own.
        using EnginePair again = _setup.Pair();
        again.ClientEngine.Start(Early(sessions[0]), again.Client.Output);
        Assert.NotEqual(attempts[0].Identifier.ToArray(), Attempt(again.Client.TakeOutput())!.Identifier.ToArray());
    }

    /// <summary>RFC 8446 section 8.3: until FreshUntil a copy is asked about, and from then on not even that.</summary>
    [Theory]
    [InlineData(-10_000, true)]
    [InlineData(-10_001, false)]
    [InlineData(0, true)]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    public void EarlyData_HasToBeFresh(int offByMilliseconds, bool isFresh)
    {
        TlsSession session = _setup.Visit()[0];
        _setup.Clock.Advance(TimeSpan.FromMinutes(1));
        TlsSession aged = ResumptionTests.Change(
            session, receivedAt: session.ReceivedAt + TimeSpan.FromMilliseconds(offByMilliseconds));
        using EnginePair pair = _setup.Pair();
        pair.Handshake(Early(aged));
        ResumptionTests.AssertResumed(pair);
        if (isFresh)
            Assert.Equal(_request, pair.Server.Plaintext.ToArray());
        else
            AssertRejected(pair);
    }

    [Fact]
    public void ACopy_IsStaleFromFreshUntilOn()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair();
        pair.ClientEngine.Start(Early(session), pair.Client.Output);
        byte[] flight = pair.Client.TakeOutput();
        EarlyDataAttempt attempt = Attempt(flight)!;
        _setup.Clock.Advance(attempt.FreshUntil - _setup.Clock.GetUtcNow());
        Assert.NotNull(Attempt(flight));
        _setup.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(Attempt(flight));
    }

    [Fact]
    public void EarlyData_UnderAnotherRegister_IsNotTaken()
    {
        var other = new ResumptionSetup { Protector = _setup.Protector };
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair(server: other.Server());
        pair.Handshake(Early(session));
        ResumptionTests.AssertResumed(pair);
        Assert.DoesNotContain(TlsEvent.NeedEarlyDataVerdict, pair.Server.Events);
        AssertRejected(pair);
    }

    /// <summary>Off by default, and off for tickets that were given out while it was.</summary>
    [Fact]
    public void EarlyData_IsNotTakenWhereItIsOff()
    {
        var off = new ResumptionSetup
        {
            Protector = _setup.Protector,
            Scope = _setup.Scope,
            Resumption = (protector, clock, scope) => new TlsServerResumption(protector, clock) { ReplayScope = scope },
        };
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair(server: off.Server());
        pair.Handshake(Early(session));
        ResumptionTests.AssertResumed(pair);
        AssertRejected(pair);

        TlsSession without = off.Visit()[0];
        Assert.Equal(0u, without.MaximumEarlyData);
        using EnginePair careful = _setup.Pair();
        careful.Handshake(Early(without));
        Assert.Equal(EarlyDataStatus.None, careful.ClientEngine.Negotiated.EarlyData);
        using EnginePair bold = _setup.Pair();
        bold.Handshake(Early(ResumptionTests.Change(without, maximumEarlyData: 1000)));
        ResumptionTests.AssertResumed(bold);
        Assert.DoesNotContain(TlsEvent.NeedEarlyDataVerdict, bold.Server.Events);
        AssertRejected(bold);
    }

    [Fact]
    public void EarlyData_GoesWithTheServersProtocolOnly()
    {
        SslApplicationProtocol[] both = [SslApplicationProtocol.Http11, SslApplicationProtocol.Http2];
        TlsServerConfiguration server = _setup.Server(both);
        TlsSession session = _setup.Visit(_setup.Client([SslApplicationProtocol.Http2]), server)[0];

        // The server would choose http/1.1 now: its own preference, or the client's whole list has changed.
        using EnginePair pair = _setup.Pair(_setup.Client(both), server);
        pair.Handshake(Early(session));
        ResumptionTests.AssertFull(pair);
        AssertRejected(pair);
        using EnginePair none = _setup.Pair(_setup.Client([SslApplicationProtocol.Http11]), server);
        none.Handshake(Early(session));
        Assert.Equal(EarlyDataStatus.None, none.ClientEngine.Negotiated.EarlyData);
        using EnginePair same = _setup.Pair(_setup.Client([SslApplicationProtocol.Http2]), server);
        same.Handshake(Early(session));
        Assert.Equal(_request, same.Server.Plaintext.ToArray());
    }

    [Fact]
    public void HelloRetryRequest_EndsEarlyData()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair(server: _setup.Server(groups: [NamedGroup.Secp256r1]));
        pair.Handshake(Early(session));
        ResumptionTests.AssertResumed(pair);
        AssertRejected(pair);
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void FullHandshake_EndsEarlyData()
    {
        TlsSession session = new ResumptionSetup().Visit()[0];
        using EnginePair pair = _setup.Pair();
        pair.Handshake(Early(session));
        ResumptionTests.AssertFull(pair);
        AssertRejected(pair);
        Engines.AssertTalks(pair);
    }

    /// <summary>Rejected early data is skipped for as long as it might be accepted at other times.</summary>
    [Fact]
    public void EarlyData_OfAnyAllowedLength_IsTakenOrSkipped()
    {
        var setup = new ResumptionSetup
        {
            Resumption = (protector, clock, scope) =>
                new TlsServerResumption(protector, clock) { MaximumEarlyData = 1 << 20, ReplayScope = scope },
        };
        foreach (bool takes in new[] { true, false })
        {
            TlsSession session = setup.Visit()[0];
            byte[] data = Engines.Pattern(1 << 20, 11);
            using EnginePair pair = setup.Pair();
            pair.Server.TakesEarlyData = _ => takes;
            pair.Handshake(new TlsClientStart { Session = session, EarlyData = data });
            ResumptionTests.AssertResumed(pair);
            Assert.Equal(takes ? data : [], pair.Server.Plaintext.ToArray());

            using EnginePair above = setup.Pair();
            above.Handshake(new TlsClientStart { Session = setup.Visit()[0], EarlyData = new byte[(1 << 20) + 1] });
            Assert.Equal(EarlyDataStatus.None, above.ClientEngine.Negotiated.EarlyData);
        }
    }

    [Fact]
    public void EarlyData_BeyondTheAllowance_EndsTheConnection()
    {
        TlsSession session = ResumptionTests.Change(_setup.Visit()[0], maximumEarlyData: 100_000);
        foreach (int length in new[] { 16_384, 16_385 })
        {
            using EnginePair pair = _setup.Pair();
            pair.Handshake(new TlsClientStart { Session = session, EarlyData = new byte[length] });
            Assert.Equal(length > 16_384 ? TlsErrorCause.TooMuchEarlyData : null, pair.Server.Failure?.Cause);
        }
    }

    /// <summary>RFC 8449 section 4: early data keeps to the limit of the connection that its ticket is from.</summary>
    [Fact]
    public void EarlyData_KeepsToTheRecordSizeLimitOfItsSession()
    {
        var limited = new TlsClientConfiguration(DefaultCryptoProvider.Instance)
        {
            TimeProvider = _setup.Clock,
            RecordSizeLimit = 200,
        };
        TlsServerConfiguration server = _setup.Server(recordSizeLimit: 64);
        TlsSession small = _setup.Visit(limited, server)[0];
        TlsSession large = _setup.Visit(_setup.Client(), server)[0];
        Assert.Equal(64, small.RecordSizeLimit);
        foreach (TlsSession session in new[] { small, large })
        {
            using EnginePair pair = _setup.Pair(limited, server);
            pair.Handshake(Early(session));
            ResumptionTests.AssertResumed(pair);
            Assert.Equal(_request, pair.Server.Plaintext.ToArray());
            Engines.AssertTalks(pair);
        }
    }

    /// <summary>One flight: the hello, the change_cipher_spec of middlebox compatibility and the early data.</summary>
    [Fact]
    public void FirstFlight_IsOnePiece()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair();
        pair.ClientEngine.Start(Early(session), pair.Client.Output);
        byte[] flight = pair.Client.TakeOutput();
        int hello = pair.ClientEngine.ClientHelloLength;
        Assert.Equal([22, 3, 1], flight[..3]);
        Assert.Equal([20, 3, 3, 0, 1, 1], flight[hello..(hello + 6)]);
        Assert.Equal([23, 3, 3], flight[(hello + 6)..(hello + 9)]);
        Assert.Equal(hello + 6 + 5 + _request.Length + 17, flight.Length);
        Assert.InRange(flight.Length - _request.Length, 300, 500);
    }

    [Fact]
    public void SynRoom_KeepsOneKeyShare()
    {
        TlsSession session = _setup.Visit()[0];
        NamedGroup[] shares = [NamedGroup.X25519, NamedGroup.Secp256r1, NamedGroup.Secp384r1];
        int with = Start(new TlsClientStart { Session = session, EarlyData = _request }, out int dropped, out bool offered);
        Assert.Equal((0, true), (dropped, offered));
        int fits = Start(new TlsClientStart { Session = session, EarlyData = _request, SynRoom = with }, out dropped, out offered);
        Assert.Equal((0, true, with), (dropped, offered, fits));
        int less = Start(new TlsClientStart { Session = session, EarlyData = _request, SynRoom = with - 40 }, out dropped, out offered);
        Assert.Equal((2, true), (dropped, offered));
        Assert.Equal(with - 69 - 101, less);

        int Start(in TlsClientStart start, out int droppedShares, out bool isOffered)
        {
            using EnginePair pair = _setup.Pair(_setup.Client(keyShares: shares));
            pair.Handshake(start);
            ResumptionTests.AssertResumed(pair);
            Assert.Equal(_request, pair.Server.Plaintext.ToArray());
            droppedShares = pair.ClientEngine.DroppedKeyShares;
            isOffered = pair.ClientEngine.IsSessionOffered;
            using var alone = new EngineEnd(new TlsClientEngine(_setup.Client(keyShares: shares), ResumptionSetup.Host));
            ((TlsClientEngine)alone.Engine).Start(start, alone.Output);
            return alone.TakeOutput().Length;
        }
    }

    /// <summary>Without early data, a full handshake whose hello is whole in the SYN is a round trip faster.</summary>
    [Fact]
    public void SynRoom_LeavesASessionOutThatWouldCutTheHello()
    {
        TlsSession session = ResumptionTests.Change(_setup.Visit()[0], ticket: new byte[1500]);
        AssertOffered(room: 1420, earlyData: false, isOffered: false);
        AssertOffered(room: 1420, earlyData: true, isOffered: true); // nothing is faster than what it carries
        AssertOffered(room: null, earlyData: false, isOffered: true);
        AssertOffered(room: 100, earlyData: false, isOffered: true); // cut in two anyway

        void AssertOffered(int? room, bool earlyData, bool isOffered)
        {
            using EnginePair pair = _setup.Pair();
            pair.ClientEngine.Start(
                new TlsClientStart { Session = session, EarlyData = earlyData ? _request : default, SynRoom = room },
                pair.Client.Output);
            Assert.Equal(isOffered, pair.ClientEngine.IsSessionOffered);
            Assert.Equal(isOffered, pair.Client.TakeOutput().Length > 1500);
        }
    }

    internal static TlsClientStart Early(TlsSession session) => new() { Session = session, EarlyData = _request };

    private static void AssertRejected(EnginePair pair)
    {
        Assert.Equal(EarlyDataStatus.Rejected, pair.ClientEngine.Negotiated.EarlyData);
        Assert.NotEqual(EarlyDataStatus.Accepted, pair.ServerEngine.Negotiated.EarlyData);
        Assert.Equal(0, pair.ServerEngine.EarlyDataLength);
        Assert.Equal(0, pair.Server.Plaintext.Length);
    }

    private EarlyDataAttempt? Attempt(byte[] flight)
    {
        using var server = new EngineEnd(new TlsServerEngine(_setup.Server())) { AnswersVerdicts = false };
        server.Deliver(flight);
        Assert.Null(server.Failure);
        return ((TlsServerEngine)server.Engine).EarlyDataAttempt;
    }
}
