using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// Selfie (Drucker and Gueron, 2019): what one side sent comes back to it, and it takes itself for its peer. A pre-shared key that both
/// ends may use in both roles is what it needs; here a key is a ticket's, and only whoever sealed the ticket is its server.
/// </summary>
public sealed class ReflectionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void ClientHello_ThatComesBack_IsRefused(bool isTls12)
    {
        if (isTls12)
        {
            using var older = new Tls12HostileServer();
            Reflect(older);
        }
        else
        {
            var setup = new ResumptionSetup();
            using var newer = new HostileServer(setup.Client(), new TlsClientStart { Session = setup.Visit()[0] });
            Reflect(newer);
        }

        static void Reflect(HostilePeer peer)
        {
            peer.Raw(peer.Victim.Sent.ToArray());
            peer.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: false);
        }
    }

    /// <summary>
    /// One machine, client of its neighbor and a server itself, under shared ticket keys: its own hello, sent back to it, resumes nothing,
    /// because the ticket was given out for another server's trust.
    /// </summary>
    [Fact]
    public void ClientHello_ThatComesToItsOwnSendersServer_ResumesNothing()
    {
        ResumptionSetup At(byte who, ResumptionSetup? like = null) => new()
        {
            Protector = like?.Protector ?? new TestTicketProtector(),
            Scope = like?.Scope ?? Guid.NewGuid(),
            Resumption = (protector, clock, scope) => new TlsServerResumption(protector, clock)
            {
                TrustContext = new[] { who },
                ReplayScope = scope,
                MaximumEarlyData = 16_384,
            },
        };
        ResumptionSetup neighbor = At(1), self = At(2, neighbor);
        TlsSession session = neighbor.Visit()[0];

        using EnginePair right = neighbor.Pair();
        right.Handshake(new TlsClientStart { Session = session });
        Assert.True(right.ServerEngine.Negotiated.IsResumed);
        using EnginePair reflected = self.Pair();
        reflected.Handshake(new TlsClientStart { Session = session, EarlyData = new byte[10] });
        Assert.False(reflected.ServerEngine.Negotiated.IsResumed);
        Assert.DoesNotContain(TlsEvent.EarlyDataAccepted, reflected.Server.Events);
        Assert.Contains(TlsEvent.NeedCertificateVerdict, reflected.Client.Events); // it has to show who it is
    }

    /// <summary>Each direction has its own keys: what a side sealed it does not open, Finished or data.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [Refuses(TlsErrorCause.BadRecordMac)]
    public void Records_ThatComeBack_AreRefused(bool isTls12, bool ofServer)
    {
        using EnginePair pair = isTls12 ? Tls12Engines.Connected() : Engines.Connected();
        EngineEnd end = ofServer ? pair.Server : pair.Client;
        if (!isTls12)
            Inside.SetSequence(Inside.ReadProtectionOf(end.Engine), Inside.Value<ulong>(Inside.WriteProtectionOf(end.Engine)!, "_sequence"));
        end.Send("GET /"u8);
        end.Deliver(end.TakeOutput());
        Assert.Equal(TlsErrorCause.BadRecordMac, end.Failure?.Cause);
        Assert.True(end.Plaintext.IsEmpty);
    }

    /// <summary>An identity that nobody here has sealed is nobody's, whoever may know its secret: a full handshake.</summary>
    [Fact]
    public void PreSharedKey_ThatIsNoTicket_IsPassedOver()
    {
        var setup = new ResumptionSetup();
        using var client = new HostileClient(setup.Server());
        client.SendHello(client.Hello().With(45, 2, 1, 0).With(
            41,
            [
                .. Octets.Vector16([.. Octets.Vector16([.. "Client_identity"u8]), 0, 0, 0, 0]),
                .. Octets.Vector16(Octets.Vector8(new byte[32])),
            ]));
        client.AssertNotRefused();
        Assert.False(client.Victim.Engine.Negotiated.IsResumed);
        Assert.Contains(client.Messages, message => message[0] == 15);
    }
}
