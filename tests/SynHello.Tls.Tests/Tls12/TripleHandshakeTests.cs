using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// A session that was made with an extended master secret is resumed with it or not at all (RFC 7627 section 5.3): without that, a
/// server in the middle could make two connections share their secrets, and a resumption bring their transcripts together.
/// </summary>
public sealed class TripleHandshakeTests
{
    private readonly Tls12ResumptionSetup _setup = new();

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [Refuses(TlsErrorCause.ExtendedMasterSecretMissing)]
    public void Server_EndsAResumptionThatDropsTheExtension(bool byTicket, bool isRequired)
    {
        _setup.GivesTickets = byTicket;
        TlsSession session = _setup.Visit();
        using var client = new Tls12HostileClient(
            Tls12Engines.Server(resumption: _setup.Resumption, requireExtendedMasterSecret: isRequired))
        {
            MasterSecret = session.Secret.ToArray(),
        };
        HelloParts hello = Tls12HostileClient.Hello().Without(23).With(0, [0, 14, 0, 0, 11, .. "example.com"u8]);
        if (byTicket)
            hello.With(35, session.Ticket.ToArray()).SessionId = Engines.Pattern(32, 3);
        else
            hello.SessionId = session.SessionId.ToArray();
        client.SendHello(hello);
        client.AssertRefused(TlsErrorCause.ExtendedMasterSecretMissing, isProtected: false);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Refuses(TlsErrorCause.ExtendedMasterSecretMissing)]
    public void Client_EndsAResumptionThatDropsTheExtension(bool isRequired)
    {
        TlsSession session = _setup.Visit();
        using var server = new Tls12HostileServer(
            Tls12Engines.Client(clock: _setup.Clock, requireExtendedMasterSecret: isRequired),
            new TlsClientStart { Session = session })
        {
            MasterSecret = session.Secret.ToArray(),
        };
        HelloParts hello = server.Hello().Without(23);
        hello.SessionId = server.ClientHello.LegacySessionId.ToArray();
        server.SendHello(hello);
        server.AssertRefused(TlsErrorCause.ExtendedMasterSecretMissing, isProtected: false);
    }

    /// <summary>A server in the middle that hands one client's session on to another server has no secret that fits.</summary>
    [Fact]
    public void MasterSecrets_DifferWhereTheTranscriptsDo()
    {
        byte[] premaster = Engines.Pattern(32, 5), clientRandom = Engines.Pattern(32, 7), serverRandom = Engines.Pattern(32, 9);
        using var one = Keys();
        using var other = Keys();
        one.EnterExtendedMaster(premaster, Engines.Pattern(32, 11));
        other.EnterExtendedMaster(premaster, Engines.Pattern(32, 13));
        Assert.False(one.MasterSecret.SequenceEqual(other.MasterSecret));

        // Without the extension the same Randoms and the same premaster secret are all that it takes.
        using var third = Keys();
        using var fourth = Keys();
        third.EnterMaster(premaster);
        fourth.EnterMaster(premaster);
        Assert.True(third.MasterSecret.SequenceEqual(fourth.MasterSecret));
        Assert.Throws<InvalidOperationException>(() => third.Export("EXPORTER-a", [], new byte[16]));

        Tls12KeySchedule Keys() => new(
            Crypto.DefaultCryptoProvider.Instance,
            CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256,
            clientRandom,
            serverRandom);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Refuses(TlsErrorCause.SessionIdMismatch)]
    public void Client_RefusesAResumptionThatItDidNotAskFor(bool compatibility)
    {
        using var server = new Tls12HostileServer(new TlsClientConfiguration(Crypto.DefaultCryptoProvider.Instance)
        {
            Versions = Tls12Engines.Both,
            MiddleboxCompatibility = compatibility,
        });
        HelloParts hello = server.Hello();
        hello.SessionId = server.ClientHello.LegacySessionId.ToArray();
        server.SendHello(hello);
        if (compatibility)
            server.AssertRefused(TlsErrorCause.SessionIdMismatch, isProtected: false);
        else
            server.AssertNotRefused(); // an empty ID is no session's
    }

    [Fact]
    [Refuses(TlsErrorCause.CipherSuiteNotOffered)]
    public void Client_RefusesAResumptionWithAnotherSuite()
    {
        TlsSession session = _setup.Visit();
        using var server = new Tls12HostileServer(_setup.Client(), new TlsClientStart { Session = session })
        {
            MasterSecret = session.Secret.ToArray(),
        };
        HelloParts hello = server.Hello();
        hello.CipherSuites = [0xc0, 0x2c];
        hello.SessionId = server.ClientHello.LegacySessionId.ToArray();
        server.SendHello(hello);
        server.AssertRefused(TlsErrorCause.CipherSuiteNotOffered, isProtected: false);
    }
}
