using System.Net.Security;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

using static SynHello.Tls.Tests.ResumptionTests;

namespace SynHello.Tls.Tests;

/// <summary>What a ticket is taken for, and what it is not (RFC 8446 sections 4.2.11, 4.6.1).</summary>
public sealed class TicketTests
{
    private readonly ResumptionSetup _setup = new();

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

    /// <summary>CVE-2025-23419: a ticket of one host opened another that asks for certificates.</summary>
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

    /// <summary>
    /// Selfie: a ticket that comes back to its own client's server, under shared keys, is another server's.
    /// </summary>
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
        AssertOutcome(Reseal(session, clientCertificate: []), resumed: true, offered: true);
        AssertOutcome(Reseal(session, clientCertificate: [1, 2, 3]), resumed: false, offered: true);
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

    private TlsSession Reseal(TlsSession session, byte[] clientCertificate)
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
            ClientCertificate = clientCertificate,
            ClientVerifiedUntil = long.MaxValue,
        }.Write(writer);
        return Change(session, ticket: Seal(writer.Written.ToArray()));
    }
}
