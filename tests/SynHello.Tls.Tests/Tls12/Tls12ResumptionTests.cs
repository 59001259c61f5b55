using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Sessions of TLS 1.2, by ticket (RFC 5077) and by ID (RFC 5246 section 7.3).</summary>
public sealed class Tls12ResumptionTests
{
    private readonly Tls12ResumptionSetup _setup = new();

    public static TheoryData<bool, int> Kinds
    {
        get
        {
            var data = new TheoryData<bool, int>();
            foreach (CipherSuite suite in Tls12Engines.Suites)
            {
                data.Add(true, suite.Value);
                data.Add(false, suite.Value);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Session_IsResumedInOneRoundTrip(bool byTicket, int suiteValue)
    {
        var suite = new CipherSuite((ushort)suiteValue);
        _setup.GivesTickets = byTicket;
        TlsClientConfiguration client = _setup.Client([suite]);
        TlsSession session = _setup.Visit(client);
        Assert.Equal(ProtocolVersion.Tls12, session.Version);
        Assert.Equal((byTicket, !byTicket), (session.TicketLength > 0, session.SessionId.Length > 0));
        for (int visit = 0; visit < 3; visit++)
        {
            using EnginePair pair = _setup.Return(session, client);
            AssertResumed(pair);
            Assert.Equal(suite, pair.Server.Engine.Negotiated.CipherSuite);
            Assert.Equal(session.PeerCertificates, pair.Client.Engine.Negotiated.PeerCertificates);
            Assert.DoesNotContain(TlsEvent.NeedCertificateVerdict, pair.Client.Events);
            Engines.AssertTalks(pair);
            byte[] exported = Tls12Engines.Export(pair.Client, "EXPORTER-a", [], 32);
            Assert.Equal(exported, Tls12Engines.Export(pair.Server, "EXPORTER-a", [], 32));

            // The request leaves with the client's Finished: one round trip.
            Assert.Equal(
                [ContentType.Handshake, ContentType.ChangeCipherSpec, ContentType.Handshake],
                RecordReader.Types(pair.Client.Sent)[..3]);
            session = TlsSession.TryImport(Assert.Single(pair.ReadSessions()).Export(), out TlsSession? imported)
                ? imported
                : throw new InvalidOperationException("The session was not read back.");
        }

        Assert.Equal(byTicket ? 0 : 1, _setup.Cache.Sessions.Count);
    }

    /// <summary>A look-up may have to ask another machine: nobody is asked for what this side cannot have given out.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    public void SessionId_OfAnotherLength_IsNotLookedUp(int length)
    {
        _setup.GivesTickets = false;
        TlsSession session = _setup.Visit();
        int before = _setup.Cache.Lookups;
        using EnginePair pair = _setup.Return(Tls12ResumptionSetup.Change(session, id: new byte[length]));
        Assert.Equal(length == 32 ? 1 : 0, _setup.Cache.Lookups - before);
        Assert.False(pair.Server.Engine.Negotiated.IsResumed);
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void Client_OffersWhatItHas()
    {
        TlsSession ticket = _setup.Visit();
        _setup.GivesTickets = false;
        TlsSession id = _setup.Visit();
        ClientHello withTicket = Hello(ticket, Tls12Engines.Only);
        Assert.Equal(ticket.Ticket.ToArray(), withTicket.SessionTicket.ToArray());
        Assert.Equal(32, withTicket.LegacySessionId.Length); // whose echo says that the ticket was taken
        ClientHello withId = Hello(id, Tls12Engines.Both);
        Assert.Equal(id.SessionId.ToArray(), withId.LegacySessionId.ToArray());
        Assert.True(withId.SessionTicket.IsEmpty);
        Assert.True(withId.Present.Contains(ExtensionType.SessionTicket)); // a new one is welcome
        Assert.False(withId.Present.Contains(ExtensionType.PreSharedKey));

        ClientHello Hello(TlsSession session, ProtocolVersion[] versions)
        {
            using EnginePair pair = new(_setup.Client(versions: versions), _setup.Server());
            pair.ClientEngine.Start(new TlsClientStart { Session = session }, pair.Client.Output);
            Assert.True(pair.ClientEngine.IsSessionOffered);
            return ClientHello.Parse(pair.Client.Sent[9..].ToArray());
        }
    }

    [Fact]
    public void Session_LivesAsLongAsTheFirstTicketOfItsChain()
    {
        TlsSession session = _setup.Visit();
        Assert.Equal(TimeSpan.FromHours(12), session.Lifetime);
        _setup.Clock.Advance(TimeSpan.FromHours(8));
        using EnginePair pair = _setup.Return(session);
        AssertResumed(pair);
        TlsSession renewed = Assert.Single(pair.ReadSessions());
        Assert.Equal(session.ExpiresAt, renewed.ExpiresAt);
        _setup.Clock.Advance(TimeSpan.FromHours(4) - TimeSpan.FromSeconds(1));
        using (EnginePair late = _setup.Return(renewed))
            AssertResumed(late);
        _setup.Clock.Advance(TimeSpan.FromSeconds(1));
        using EnginePair tooLate = _setup.Return(renewed);
        Assert.False(tooLate.ClientEngine.IsSessionOffered);
        AssertFull(tooLate);
    }

    /// <summary>OpenSSL's clients, nginx in front of a server among them, lose a session that is given a new ticket.</summary>
    [Fact]
    public void Ticket_IsNotRenewed()
    {
        TlsSession session = _setup.Visit();
        using EnginePair pair = _setup.Return(session);
        AssertResumed(pair);
        Assert.Equal(session.Ticket.ToArray(), Assert.Single(pair.ReadSessions()).Ticket.ToArray());
        using EnginePair again = _setup.Return(session);
        AssertResumed(again);
    }

    /// <summary>A session that was kept under its ID goes to the client, and lives no longer for that.</summary>
    [Fact]
    public void CachedSession_ThatIsGivenATicket_EndsWhenItWouldHave()
    {
        _setup.GivesTickets = false;
        TlsSession session = _setup.Visit();
        _setup.GivesTickets = true;
        _setup.Clock.Advance(TimeSpan.FromHours(8));
        using EnginePair pair = _setup.Return(session);
        AssertResumed(pair);
        TlsSession renewed = Assert.Single(pair.ReadSessions());
        Assert.True(renewed.TicketLength > 0);
        Assert.Equal(TimeSpan.FromHours(4), renewed.Lifetime);
        using EnginePair again = _setup.Return(renewed);
        AssertResumed(again);
        _setup.Clock.Advance(TimeSpan.FromHours(4));
        using EnginePair tooLate = _setup.Return(renewed);
        AssertFull(tooLate);
    }

    [Fact]
    public void CachedSession_EndsWithItsLifetimeOnTheServerToo()
    {
        _setup.GivesTickets = false;
        TlsSession session = _setup.Visit();
        Assert.Equal(_setup.Clock.GetUtcNow() + TimeSpan.FromHours(12), Assert.Single(_setup.Cache.Expirations));
        Assert.Equal(TimeSpan.FromHours(24), session.Lifetime); // nobody tells the client
        _setup.Clock.Advance(TimeSpan.FromHours(12) - TimeSpan.FromMilliseconds(1));
        using (EnginePair pair = _setup.Return(session))
            AssertResumed(pair);
        _setup.Clock.Advance(TimeSpan.FromMilliseconds(1));
        using EnginePair late = _setup.Return(session);
        Assert.True(late.ClientEngine.IsSessionOffered);
        AssertFull(late);
    }

    /// <summary>CVE-2025-23419, CVE-2026-11703: a session of one host was resumed at another.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Session_IsTiedToItsHost(bool byTicket)
    {
        _setup.GivesTickets = byTicket;
        TlsSession session = _setup.Visit();
        using EnginePair other = _setup.Return(session, host: "other.example.com");
        Assert.False(other.ClientEngine.IsSessionOffered);
        AssertFull(other);
        using EnginePair forged = _setup.Return(
            Tls12ResumptionSetup.Change(session, serverName: "other.example.com"), host: "other.example.com");
        Assert.True(forged.ClientEngine.IsSessionOffered);
        AssertFull(forged);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Session_IsTiedToItsSuite(bool byTicket)
    {
        _setup.GivesTickets = byTicket;
        TlsSession session = _setup.Visit();
        CipherSuite[] others = [.. Tls12Engines.Suites.Where(suite => suite != session.CipherSuite)];
        using EnginePair withoutServers = _setup.Return(session, server: _setup.Server(suites: others));
        AssertFull(withoutServers);
        using EnginePair withoutClients = _setup.Return(session, _setup.Client(others));
        Assert.False(withoutClients.ClientEngine.IsSessionOffered);
        AssertFull(withoutClients);
        using EnginePair forged = _setup.Return(
            Tls12ResumptionSetup.Change(session, suite: others[0]), _setup.Client(others));
        AssertFull(forged);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Session_IsTiedToWhomTheServerTrusts(bool byTicket)
    {
        _setup.GivesTickets = byTicket;
        TlsSession session = _setup.Visit();
        _setup.TrustContext = [1];
        using EnginePair pair = _setup.Return(session);
        AssertFull(pair);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Session_KeepsWhoTheClientIs(bool byTicket)
    {
        _setup.GivesTickets = byTicket;
        var client = new TlsClientConfiguration(Crypto.DefaultCryptoProvider.Instance)
        {
            Versions = Tls12Engines.Both,
            TimeProvider = _setup.Clock,
            Credentials = [Engines.Credential(CertificateKind.EcdsaP384)],
        };
        TlsServerConfiguration asking = _setup.Server(TlsClientCertificateMode.Required);
        DateTimeOffset until = _setup.Clock.GetUtcNow() + TimeSpan.FromHours(1);
        using (var first = new EnginePair(client, asking))
        {
            first.Server.VerifiedUntil = until;
            first.Handshake();
            Engines.AssertConnected(first);
            TlsSession session = Assert.Single(first.ReadSessions());
            using EnginePair second = _setup.Return(session, client, asking);
            AssertResumed(second);
            Assert.Equal(
                Engines.Credential(CertificateKind.EcdsaP384).CertificateChain[0].ToArray(),
                Assert.Single(second.Server.Engine.Negotiated.PeerCertificates).ToArray());
            Assert.DoesNotContain(TlsEvent.NeedCertificateVerdict, second.Server.Events);
            TlsSession renewed = Assert.Single(second.ReadSessions());

            // Where nobody is asked, nobody comes back as somebody.
            using EnginePair unasked = _setup.Return(renewed, client);
            AssertFull(unasked);
            _setup.Clock.Advance(TimeSpan.FromHours(1));
            using EnginePair late = _setup.Return(renewed, client, asking);
            AssertFull(late);
            Assert.Contains(TlsEvent.NeedCertificateVerdict, late.Server.Events);
        }

        // ... and nobody comes back as nobody where somebody has to be somebody.
        TlsSession nobody = _setup.Visit(client);
        using EnginePair required = _setup.Return(nobody, client, asking);
        AssertFull(required);
    }

    [Fact]
    public void ApplicationProtocol_IsNegotiatedAnew()
    {
        TlsSession session = _setup.Visit(
            _setup.Client(protocols: Engines.Protocols("h2")), _setup.Server(protocols: Engines.Protocols("h2")));
        using EnginePair pair = _setup.Return(
            session,
            _setup.Client(protocols: Engines.Protocols("h2", "http/1.1")),
            _setup.Server(protocols: Engines.Protocols("http/1.1")));
        AssertResumed(pair);
        Assert.Equal("http/1.1", pair.Client.Engine.Negotiated.ApplicationProtocol.ToString());
    }

    [Fact]
    public void Session_IsOfNoUseInAnotherVersion()
    {
        TlsSession older = _setup.Visit();
        TlsServerConfiguration server = _setup.Server(versions: Tls12Engines.Both);
        using EnginePair newer = _setup.Return(older, server: server);
        Engines.AssertConnected(newer);
        Assert.Equal(ProtocolVersion.Tls13, newer.Client.Engine.Negotiated.Version);
        Assert.False(newer.Client.Engine.Negotiated.IsResumed);
        TlsSession session = newer.ReadSessions()[0];
        Assert.Equal(ProtocolVersion.Tls13, session.Version);

        using EnginePair back = _setup.Return(session);
        Assert.True(back.ClientEngine.IsSessionOffered);
        AssertFull(back);

        // A client that mixes them up is not taken in: each ticket says what it is.
        using EnginePair forged = _setup.Return(Tls12ResumptionSetup.Change(older, ticket: session.Ticket.ToArray()));
        AssertFull(forged);
        using var hostile = new HostileClient(server);
        byte[] identity = [.. Octets.Vector16(older.Ticket.ToArray()), 0, 0, 0, 0];
        hostile.SendHello(hostile.Hello()
            .With(45, 1, 1)
            .With(41, [.. Octets.Vector16(identity), .. Octets.Vector16(Octets.Vector8(new byte[32]))]));
        hostile.AssertNotRefused();
        Assert.False(hostile.Victim.Engine.Negotiated.IsResumed);
        Assert.Contains(hostile.Messages, message => message[0] == 11);
        using EnginePair tls12Only = _setup.Return(session, _setup.Client(versions: Tls12Engines.Only));
        Assert.False(tls12Only.ClientEngine.IsSessionOffered);
        AssertFull(tls12Only);
    }

    [Fact]
    public void Ticket_ThatIsNobodysOrDamaged_LeadsToAFullHandshake()
    {
        TlsSession session = _setup.Visit();
        foreach (byte[] ticket in new[] { Octets.Flip(session.Ticket.ToArray()), new byte[1], new byte[3000] })
        {
            using EnginePair pair = _setup.Return(Tls12ResumptionSetup.Change(session, ticket: ticket));
            AssertFull(pair);
            Assert.Single(pair.ReadSessions());
        }
    }

    [Fact]
    public void CachedSession_IsNotPassedOffAsATicketOrAsAnother()
    {
        _setup.GivesTickets = false;
        TlsSession first = _setup.Visit(), second = _setup.Visit();
        string firstId = Convert.ToHexString(first.SessionId), secondId = Convert.ToHexString(second.SessionId);
        byte[] firstContent = _setup.Cache.Sessions[firstId];
        using (EnginePair asTicket = _setup.Return(Tls12ResumptionSetup.Change(first, ticket: firstContent)))
            AssertFull(asTicket);

        // Whoever holds the cache cannot make one client's session another's.
        _setup.Cache.Sessions[secondId] = firstContent;
        using (EnginePair swapped = _setup.Return(second))
            AssertFull(swapped);
        _setup.GivesTickets = true;
        _setup.Cache.Sessions[firstId] = _setup.Visit().Ticket.ToArray();
        using EnginePair ticketAsSession = _setup.Return(first);
        AssertFull(ticketAsSession);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CacheThatIsElsewhere_IsWaitedFor(bool hasSession)
    {
        _setup.GivesTickets = false;
        TlsSession session = _setup.Visit();
        _setup.Cache.IsElsewhere = true;
        var pair = new EnginePair(_setup.Client(), _setup.Server());
        pair.Server.AnswersVerdicts = false;
        pair.ClientEngine.Start(new TlsClientStart { Session = session }, pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        Assert.Equal([TlsEvent.NeedSession], pair.Server.Events);
        Assert.Equal(session.SessionId.ToArray(), pair.ServerEngine.SessionLookup.ToArray());
        Assert.Equal(0, pair.Server.Sent.Length);
        Assert.Throws<InvalidOperationException>(() => pair.ServerEngine.AcceptCertificate());

        pair.ServerEngine.UseSession(hasSession ? _setup.Cache.Find(session.SessionId).Span : [], pair.Server.Output);
        Assert.True(pair.ServerEngine.SessionLookup.IsEmpty);
        Assert.Throws<InvalidOperationException>(() => pair.ServerEngine.UseSession([], pair.Server.Output));
        pair.Server.AnswersVerdicts = true;
        pair.Pump();
        Engines.AssertConnected(pair);
        Assert.Equal(hasSession, pair.Client.Engine.Negotiated.IsResumed);
        Engines.AssertTalks(pair);
        pair.Dispose();
    }

    [Fact]
    public void CachedSession_IsForgottenWhenItsConnectionFails_AndNotForItsIdAlone()
    {
        _setup.GivesTickets = false;
        TlsSession session = _setup.Visit();

        // Somebody who has seen the ID on the wire, and nothing else, cannot end it.
        TlsSession stranger = new(new byte[48], [])
        {
            Version = ProtocolVersion.Tls12,
            SessionIdBytes = session.SessionIdBytes,
            CipherSuite = session.CipherSuite,
            ServerName = session.ServerName,
            ApplicationProtocol = default,
            ReceivedAt = session.ReceivedAt,
            Lifetime = session.Lifetime,
            MaximumEarlyData = 0,
            PeerCertificates = [],
        };
        using (EnginePair pair = _setup.Return(stranger))
            Assert.NotNull(pair.Client.Failure);
        Assert.Single(_setup.Cache.Sessions);

        using EnginePair resumed = _setup.Return(session);
        AssertResumed(resumed);
        resumed.Server.Deliver(Octets.Record(23, new byte[40]));
        Assert.Equal(TlsErrorCause.BadRecordMac, resumed.Server.Failure?.Cause);
        Assert.Empty(_setup.Cache.Sessions);
        using EnginePair again = _setup.Return(session);
        AssertFull(again);
    }

    [Fact]
    public void Server_WithoutTicketsOrCache_KeepsNothing()
    {
        using EnginePair pair = Tls12Engines.Connected(
            _setup.Client(),
            Tls12Engines.Server(resumption: new TlsServerResumption(_setup.Protector, _setup.Clock) { TicketCount = 0 }));
        Assert.Empty(pair.ReadSessions());
        using EnginePair other = Tls12Engines.Connected(_setup.Client(), Tls12Engines.Server());
        Assert.Empty(other.ReadSessions());
    }

    [Fact]
    public void SynRoom_IsKeptByLeavingTheTicketOut()
    {
        TlsSession session = _setup.Visit();
        foreach ((int room, bool offered) in new[] { (1400, true), (300, false), (100, true) })
        {
            using EnginePair pair = new(_setup.Client(), _setup.Server());
            pair.ClientEngine.Start(new TlsClientStart { Session = session, SynRoom = room }, pair.Client.Output);
            Assert.Equal(offered, pair.ClientEngine.IsSessionOffered);
            pair.Pump();
            Engines.AssertConnected(pair);
            Assert.Equal(offered, pair.Client.Engine.Negotiated.IsResumed);
        }
    }

    internal static void AssertResumed(EnginePair pair)
    {
        Engines.AssertConnected(pair);
        Assert.Equal(ProtocolVersion.Tls12, pair.Client.Engine.Negotiated.Version);
        Assert.True(pair.Client.Engine.Negotiated.IsResumed);
        Assert.True(pair.Server.Engine.Negotiated.IsResumed);
    }

    internal static void AssertFull(EnginePair pair)
    {
        Engines.AssertConnected(pair);
        Assert.False(pair.Client.Engine.Negotiated.IsResumed);
        Assert.False(pair.Server.Engine.Negotiated.IsResumed);
        Assert.Contains(TlsEvent.NeedCertificateVerdict, pair.Client.Events);
    }
}
