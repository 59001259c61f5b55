using System.Net.Security;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Sessions that are resumed (RFC 8446 sections 2.2, 4.2.11, 4.6.1).</summary>
public sealed class ResumptionTests
{
    private readonly ResumptionSetup _setup = new();

    public static TheoryData<CipherSuite> Suites => [.. Engines.Suites];

    [Theory]
    [MemberData(nameof(Suites))]
    public void Session_IsResumedWithoutACertificate(CipherSuite suite)
    {
        TlsSession session = _setup.Visit(server: _setup.Server(suites: [suite]))[0];
        Assert.Equal(suite, session.CipherSuite);
        Assert.Equal(ResumptionSetup.Host, session.ServerName);

        using EnginePair pair = _setup.Pair();
        pair.Handshake(new TlsClientStart { Session = session });
        AssertResumed(pair);
        Assert.Equal(suite, pair.ClientEngine.Negotiated.CipherSuite);
        Assert.DoesNotContain(TlsEvent.NeedCertificateVerdict, pair.Client.Events);
        Assert.Equal(session.PeerCertificates, pair.ClientEngine.Negotiated.PeerCertificates);
        Assert.NotEmpty(session.PeerCertificates);
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void Tickets_ComeWithTheServersFlight()
    {
        using EnginePair pair = _setup.Pair();
        pair.ClientEngine.Start(pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        pair.Client.Deliver(pair.Server.TakeOutput());
        Assert.Equal(
            [TlsEvent.NeedCertificateVerdict, TlsEvent.HandshakeCompleted, TlsEvent.SessionReceived], pair.Client.Events);
        Assert.Equal(2, pair.ReadSessions().Count);
        pair.Server.Deliver(pair.Client.TakeOutput());
        Assert.True(pair.Server.Engine.IsHandshakeComplete);
        Assert.Empty(pair.Server.TakeOutput());
    }

    [Fact]
    public void EveryTicket_IsOfItsOwn()
    {
        IReadOnlyList<TlsSession> sessions = [.. _setup.Visit(), .. _setup.Visit()];
        Assert.Equal(4, sessions.Count);
        Assert.Equal(4, sessions.Select(session => Convert.ToHexString(session.Ticket)).Distinct().Count());
        Assert.Equal(4, sessions.Select(session => Convert.ToHexString(session.Secret)).Distinct().Count());
        Assert.Equal(4, sessions.Select(session => session.AgeAdd).Distinct().Count());
    }

    /// <summary>A resumption brings tickets of its own, with which the next one works.</summary>
    [Fact]
    public void Resumption_GoesOn()
    {
        TlsSession session = _setup.Visit()[0];
        for (int i = 0; i < 3; i++)
        {
            using EnginePair pair = _setup.Pair();
            pair.Handshake(new TlsClientStart { Session = session });
            AssertResumed(pair);
            IReadOnlyList<TlsSession> next = pair.ReadSessions();
            Assert.Equal(2, next.Count);
            Assert.False(next[0].Secret.SequenceEqual(session.Secret));
            Assert.Equal(session.PeerCertificates, next[0].PeerCertificates);
            session = next[0];
        }
    }

    [Theory]
    [InlineData(null, null, 2, 2)]
    [InlineData(null, 5, 2, 2)] // nobody asks
    [InlineData(1, null, 1, 1)]
    [InlineData(7, null, 7, 7)]
    [InlineData(7, 2, 7, 2)]
    [InlineData(7, 0, 7, 0)]
    [InlineData(255, null, TlsServerResumption.MostTickets, TlsServerResumption.MostTickets)]
    public void TicketRequest_IsHeeded(int? request, int? resumptionRequest, int expected, int expectedResumed)
    {
        TlsClientConfiguration client = _setup.Client(ticketRequest: request, resumptionTicketRequest: resumptionRequest);
        IReadOnlyList<TlsSession> sessions = _setup.Visit(client);
        Assert.Equal(expected, sessions.Count);
        using EnginePair pair = _setup.Pair(client);
        pair.Handshake(new TlsClientStart { Session = sessions[0] });
        AssertResumed(pair);
        Assert.Equal(expectedResumed, pair.ReadSessions().Count);
    }

    [Fact]
    public void Client_WithoutAClock_IsGivenNoTickets()
    {
        using var pair = new EnginePair(new TlsClientConfiguration(DefaultCryptoProvider.Instance), _setup.Server());
        pair.Handshake();
        Assert.True(pair.Client.Engine.IsHandshakeComplete);
        Assert.DoesNotContain(TlsEvent.SessionReceived, pair.Client.Events);
        using var stranger = new TlsClientEngine(new TlsClientConfiguration(DefaultCryptoProvider.Instance), "example.com");
        TlsSession session = _setup.Visit()[0];
        Assert.Throws<InvalidOperationException>(
            () => stranger.Start(new TlsClientStart { Session = session }, new System.Buffers.ArrayBufferWriter<byte>()));
    }

    [Fact]
    public void Server_WithoutTickets_GivesNone()
    {
        var setup = new ResumptionSetup
        {
            Resumption = (protector, clock, _) => new TlsServerResumption(protector, clock) { TicketCount = 0 },
        };
        Assert.Empty(setup.Visit(setup.Client(ticketRequest: 4)));
    }

    /// <summary>
    /// RFC 8446 section 4.2.11.2: a wrong binder of the chosen key ends the handshake. CVE-2026-1584: a wrong one
    /// brought a server down.
    /// </summary>
    [Fact]
    [Refuses(TlsErrorCause.BadBinder)]
    public void Binder_HasToMatch()
    {
        TlsSession session = _setup.Visit()[0];
        for (int i = 0; i < session.Secret.Length; i++)
        {
            byte[] secret = session.Secret.ToArray();
            secret[i] ^= 1;
            using EnginePair pair = _setup.Pair();
            pair.Handshake(new TlsClientStart { Session = Change(session, secret: secret) });
            Assert.Equal(TlsErrorCause.BadBinder, pair.Server.Failure?.Cause);
            Assert.Equal(AlertDescription.DecryptError, pair.Client.Failure?.PeerAlert);
        }
    }

    /// <summary>The binder covers the whole hello: whoever changes one has not the key to make another.</summary>
    [Fact]
    public void Binder_CoversTheClientHello()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair probe = _setup.Pair();
        probe.ClientEngine.Start(new TlsClientStart { Session = session }, probe.Client.Output);
        int length = probe.Client.TakeOutput().Length;
        for (int at = 5 + 4 + 2; at < length; at += 3)
        {
            using EnginePair pair = _setup.Pair();
            int position = at;
            pair.TamperClient = bytes =>
            {
                pair.TamperClient = null; // the first flight alone
                bytes[position] ^= 1;
                return bytes;
            };
            pair.Handshake(new TlsClientStart { Session = session });
            Assert.False(pair.ServerEngine.IsHandshakeComplete && pair.ClientEngine.Negotiated.IsResumed);
            Assert.False(pair.ServerEngine.IsHandshakeComplete);
        }
    }

    [Fact]
    public void HelloRetryRequest_KeepsTheSession()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair(server: _setup.Server(groups: [NamedGroup.Secp256r1]));
        pair.Handshake(new TlsClientStart { Session = session });
        Assert.True(pair.ClientEngine.Negotiated.HelloRetryRequested);
        AssertResumed(pair);
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void HelloRetryRequest_WithAnotherHash_DropsTheSession()
    {
        TlsSession session = _setup.Visit(server: _setup.Server(suites: [CipherSuite.TlsAes256GcmSha384]))[0];
        using EnginePair pair = _setup.Pair(
            server: _setup.Server(suites: [CipherSuite.TlsAes128GcmSha256], groups: [NamedGroup.Secp256r1]));
        pair.Handshake(new TlsClientStart { Session = session });
        Assert.True(pair.ClientEngine.Negotiated.HelloRetryRequested);
        AssertFull(pair);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void PskAlone_IsForThoseWhoBothWantIt(bool client, bool server)
    {
        var setup = new ResumptionSetup
        {
            Resumption = (protector, clock, _) => new TlsServerResumption(protector, clock) { AllowPskKeyExchange = server },
        };
        TlsSession session = setup.Visit()[0];
        using EnginePair pair = setup.Pair(setup.Client(allowPskOnly: client), setup.Server(groups: [NamedGroup.Secp256r1]));
        pair.Handshake(new TlsClientStart { Session = session });
        AssertResumed(pair);
        Engines.AssertTalks(pair);

        // Without a share that both know, the key alone saves the HelloRetryRequest.
        Assert.Equal(!(client && server), pair.ClientEngine.Negotiated.HelloRetryRequested);
        Assert.Equal(client && server, pair.ClientEngine.Negotiated.Group == default);
    }

    [Fact]
    public void PskAlone_IsNotUsedWhereSharesAgree()
    {
        var setup = new ResumptionSetup
        {
            Resumption = (protector, clock, _) => new TlsServerResumption(protector, clock) { AllowPskKeyExchange = true },
        };
        TlsSession session = setup.Visit()[0];
        using EnginePair pair = setup.Pair(setup.Client(allowPskOnly: true));
        pair.Handshake(new TlsClientStart { Session = session });
        AssertResumed(pair);
        Assert.NotEqual(default, pair.ClientEngine.Negotiated.Group);
    }

    [Fact]
    public void Session_SurvivesItsExport()
    {
        SslApplicationProtocol[] protocols = [SslApplicationProtocol.Http2];
        TlsSession session = _setup.Visit(_setup.Client(protocols), _setup.Server(protocols))[0];
        byte[] bytes = session.Export();
        Assert.True(TlsSession.TryImport(bytes, out TlsSession? copy));
        Assert.Equal(bytes, copy.Export());
        using EnginePair pair = _setup.Pair(_setup.Client(protocols), _setup.Server(protocols));
        pair.Handshake(new TlsClientStart { Session = copy });
        AssertResumed(pair);

        for (int length = 0; length < bytes.Length; length++)
            Assert.False(TlsSession.TryImport(bytes.AsSpan(0, length), out _));
        Assert.False(TlsSession.TryImport([.. bytes, 0], out _));
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] changed = [.. bytes];
            changed[i] ^= 0x80;
            if (TlsSession.TryImport(changed, out TlsSession? other))
                Assert.NotEqual(bytes, other.Export());
        }
    }

    [Fact]
    public void Split_MakesNoDifference()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair();
        pair.Split = bytes => bytes.Select(octet => new[] { octet });
        pair.Handshake(new TlsClientStart { Session = session });
        AssertResumed(pair);
        Assert.Equal(2, pair.ReadSessions().Count);
    }

    internal static void AssertResumed(EnginePair pair)
    {
        Assert.Null(pair.Client.Failure);
        Assert.Null(pair.Server.Failure);
        Assert.True(pair.ClientEngine.IsHandshakeComplete && pair.ServerEngine.IsHandshakeComplete);
        Assert.True(pair.ClientEngine.Negotiated.IsResumed);
        Assert.True(pair.ServerEngine.Negotiated.IsResumed);
    }

    internal static void AssertFull(EnginePair pair)
    {
        Assert.Null(pair.Client.Failure);
        Assert.Null(pair.Server.Failure);
        Assert.True(pair.ClientEngine.IsHandshakeComplete && pair.ServerEngine.IsHandshakeComplete);
        Assert.False(pair.ClientEngine.Negotiated.IsResumed);
        Assert.False(pair.ServerEngine.Negotiated.IsResumed);
        Assert.Contains(TlsEvent.NeedCertificateVerdict, pair.Client.Events);
    }

    internal static TlsSession Change(
        TlsSession session,
        byte[]? ticket = null,
        byte[]? secret = null,
        string? serverName = null,
        DateTimeOffset? receivedAt = null,
        uint? maximumEarlyData = null) =>
        new(secret ?? session.Secret, ticket ?? session.Ticket)
        {
            CipherSuite = session.CipherSuite,
            ServerName = serverName switch { null => session.ServerName, "" => null, _ => serverName },
            ApplicationProtocol = session.ApplicationProtocol,
            ReceivedAt = receivedAt ?? session.ReceivedAt,
            Lifetime = session.Lifetime,
            MaximumEarlyData = maximumEarlyData ?? session.MaximumEarlyData,
            PeerCertificates = session.PeerCertificates,
            AgeAdd = session.AgeAdd,
            RecordSizeLimit = session.RecordSizeLimit,
        };
}
