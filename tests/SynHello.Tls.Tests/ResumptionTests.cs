using System.Net.Security;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Tickets and what they are taken for (RFC 8446 sections 2.2, 4.2.11, 4.6.1).</summary>
public sealed class ResumptionTests
{
    private readonly ResumptionSetup _setup = new();

    public static TheoryData<CipherSuite> Suites => [.. DefaultCryptoProvider.Instance.CipherSuites];

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
    [InlineData(null, 2, 2)]
    [InlineData(1, 1, 1)]
    [InlineData(7, 7, 7)]
    [InlineData(255, TlsServerResumption.MostTickets, TlsServerResumption.MostTickets)]
    public void TicketRequest_IsHeeded(int? request, int expected, int expectedResumed)
    {
        TlsClientConfiguration client = _setup.Client(ticketRequest: request);
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

    [Fact]
    public void Ticket_IsTakenUntilItsLifetimeIsOver()
    {
        IReadOnlyList<TlsSession> sessions = _setup.Visit();
        Assert.Equal(TimeSpan.FromHours(12), sessions[0].Lifetime);
        _setup.Clock.Advance(TimeSpan.FromHours(12) - TimeSpan.FromMilliseconds(1));
        AssertOutcome(sessions[0], resumed: true, offered: true);
        _setup.Clock.Advance(TimeSpan.FromMilliseconds(1));
        AssertOutcome(sessions[1], resumed: false, offered: false);

        // A client whose clock is behind offers it; the server goes by its own.
        var behind = new FakeTimeProvider();
        var client = new TlsClientConfiguration(DefaultCryptoProvider.Instance) { TimeProvider = behind };
        using EnginePair pair = _setup.Pair(client);
        pair.Handshake(new TlsClientStart { Session = sessions[1] });
        Assert.True(pair.ClientEngine.IsSessionOffered);
        AssertFull(pair);
    }

    [Fact]
    public void Ticket_FromTheFuture_IsNotTaken()
    {
        TlsSession session = _setup.Visit()[0];
        var later = new ResumptionSetup { Protector = _setup.Protector, Scope = _setup.Scope };
        later.Clock.Advance(TimeSpan.FromHours(1));
        TlsSession fromTheFuture = later.Visit()[0];
        TlsSession now = Change(fromTheFuture, receivedAt: session.ReceivedAt);
        AssertOutcome(now, resumed: false, offered: true);
    }

    [Fact]
    public void Ticket_IsTiedToTheHost()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair other = _setup.Pair(host: "other.example.com");
        other.Handshake(new TlsClientStart { Session = session });
        Assert.False(other.ClientEngine.IsSessionOffered); // by the client itself
        AssertFull(other);

        using EnginePair forged = _setup.Pair(host: "other.example.com");
        forged.Handshake(new TlsClientStart { Session = Change(session, serverName: "other.example.com") });
        Assert.True(forged.ClientEngine.IsSessionOffered);
        AssertFull(forged);

        using EnginePair unnamed = _setup.Pair(host: null);
        unnamed.Handshake(new TlsClientStart { Session = Change(session, serverName: "") });
        Assert.True(unnamed.ClientEngine.IsSessionOffered);
        AssertFull(unnamed);

        using EnginePair capitals = _setup.Pair(host: "EXAMPLE.com");
        capitals.Handshake(new TlsClientStart { Session = session });
        AssertResumed(capitals);
    }

    [Fact]
    public void Ticket_IsTiedToTheApplicationProtocol()
    {
        SslApplicationProtocol[] both = [SslApplicationProtocol.Http11, SslApplicationProtocol.Http2];
        TlsServerConfiguration server = _setup.Server(both);
        TlsSession session = _setup.Visit(_setup.Client([SslApplicationProtocol.Http11]), server)[0];
        Assert.Equal(SslApplicationProtocol.Http11, session.ApplicationProtocol);

        using EnginePair same = _setup.Pair(_setup.Client(both), server);
        same.Handshake(new TlsClientStart { Session = session });
        AssertResumed(same);
        using EnginePair other = _setup.Pair(_setup.Client([SslApplicationProtocol.Http2]), server);
        other.Handshake(new TlsClientStart { Session = session });
        AssertFull(other);
        using EnginePair none = _setup.Pair(_setup.Client(), server);
        none.Handshake(new TlsClientStart { Session = session });
        AssertFull(none);
    }

    [Fact]
    public void Ticket_IsTiedToTheServersTrust()
    {
        ResumptionSetup Trusting(byte context) => new()
        {
            Protector = _setup.Protector,
            Scope = _setup.Scope,
            Resumption = (protector, clock, _) => new TlsServerResumption(protector, clock) { TrustContext = new[] { context } },
        };
        TlsSession session = Trusting(1).Visit()[0];
        AssertOutcome(session, resumed: true, offered: true, server: Trusting(1).Server());
        AssertOutcome(session, resumed: false, offered: true, server: Trusting(2).Server());
        AssertOutcome(session, resumed: false, offered: true, server: _setup.Server());
    }

    /// <summary>Nobody is asked for a certificate here: a ticket that says otherwise is another server's.</summary>
    [Fact]
    public void Ticket_OfAClientWithACertificate_IsNotTaken()
    {
        TlsSession session = _setup.Visit()[0];
        AssertOutcome(Reseal(session, clientIdentity: []), resumed: true, offered: true);
        AssertOutcome(Reseal(session, clientIdentity: [1, 2, 3]), resumed: false, offered: true);
    }

    [Fact]
    public void Ticket_IsTiedToTheCipherSuite()
    {
        TlsSession session = _setup.Visit(server: _setup.Server(suites: [CipherSuite.TlsAes256GcmSha384]))[0];

        // The client drops it where it does not offer the suite, and the server where it does not have it.
        using EnginePair withoutSuite = _setup.Pair(_setup.Client(suites: [CipherSuite.TlsAes128GcmSha256]));
        withoutSuite.Handshake(new TlsClientStart { Session = session });
        Assert.False(withoutSuite.ClientEngine.IsSessionOffered);
        AssertFull(withoutSuite);
        AssertOutcome(session, resumed: false, offered: true, server: _setup.Server(suites: [CipherSuite.TlsAes128GcmSha256]));
    }

    [Fact]
    public void Ticket_OfAnotherKey_IsNotTaken()
    {
        TlsSession session = new ResumptionSetup().Visit()[0];
        AssertOutcome(session, resumed: false, offered: true);
    }

    [Fact]
    public void Ticket_WithAnyBitFlipped_IsNotTaken()
    {
        TlsSession session = _setup.Visit()[0];
        for (int bit = 0; bit < 8 * session.Ticket.Length; bit++)
        {
            byte[] ticket = session.Ticket.ToArray();
            ticket[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertOutcome(Change(session, ticket: ticket), resumed: false, offered: true);
        }
    }

    [Fact]
    public void Ticket_CutAnywhere_IsNotTaken()
    {
        TlsSession session = _setup.Visit()[0];
        for (int length = 1; length < session.Ticket.Length; length++)
            AssertOutcome(Change(session, ticket: session.Ticket[..length].ToArray()), resumed: false, offered: true);
        AssertOutcome(Change(session, ticket: [.. session.Ticket, 0]), resumed: false, offered: true);
    }

    /// <summary>Content that authenticates and is another release's.</summary>
    [Fact]
    public void Ticket_WithContentOfAnotherForm_IsNotTaken()
    {
        TlsSession session = _setup.Visit()[0];
        byte[] content = Content(session);
        AssertOutcome(Change(session, ticket: Seal(content)), resumed: true, offered: true);
        for (int length = 0; length < content.Length; length++)
            AssertOutcome(Change(session, ticket: Seal(content[..length])), resumed: false, offered: true);
        AssertOutcome(Change(session, ticket: Seal([.. content, 0])), resumed: false, offered: true);
        content[0]++;
        AssertOutcome(Change(session, ticket: Seal(content)), resumed: false, offered: true);
    }

    /// <summary>RFC 8446 section 4.2.11.2: a wrong binder of the chosen key ends the handshake.</summary>
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

    private void AssertOutcome(TlsSession session, bool resumed, bool offered, TlsServerConfiguration? server = null)
    {
        using EnginePair pair = _setup.Pair(server: server);
        pair.Handshake(new TlsClientStart { Session = session });
        Assert.Equal(offered, pair.ClientEngine.IsSessionOffered);
        if (resumed)
            AssertResumed(pair);
        else
            AssertFull(pair);
    }

    private byte[] Content(TlsSession session)
    {
        byte[] content = new byte[session.Ticket.Length];
        Assert.True(_setup.Protector.TryOpen(session.Ticket, content, out int length));
        return content[..length];
    }

    private byte[] Seal(byte[] content)
    {
        byte[] ticket = new byte[content.Length + _setup.Protector.MaximumOverhead];
        return ticket[.._setup.Protector.Seal(content, ticket)];
    }

    private TlsSession Reseal(TlsSession session, byte[] clientIdentity)
    {
        Assert.True(SessionTicketContent.TryRead(Content(session), out SessionTicketContent ticket));
        using var writer = new TlsWriter();
        new SessionTicketContent
        {
            CipherSuite = ticket.CipherSuite,
            Secret = ticket.Secret,
            IssuedAt = ticket.IssuedAt,
            AgeAdd = ticket.AgeAdd,
            MaximumEarlyData = ticket.MaximumEarlyData,
            ReplayScope = ticket.ReplayScope,
            EarlyDataWindow = ticket.EarlyDataWindow,
            ServerName = ticket.ServerName,
            ApplicationProtocol = ticket.ApplicationProtocol,
            TrustContext = ticket.TrustContext,
            ClientIdentity = clientIdentity,
        }.Write(writer);
        return Change(session, ticket: Seal(writer.Written.ToArray()));
    }
}
