using System.Net.Security;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// Peers that misuse sessions, and servers that take early data where they may not (RFC 8446 sections 4.2.9 to 4.2.11).
/// </summary>
public sealed class ResumptionRefusalTests
{
    private readonly ResumptionSetup _setup = new();

    [Fact]
    [Refuses(TlsErrorCause.UnsolicitedExtension)]
    public void ServerHello_IsRefusedWithAPreSharedKeyThatNobodyOffered()
    {
        using var server = new HostileServer();
        server.SendHello(server.Hello().With(41, 0, 0));
        server.AssertRefused(TlsErrorCause.UnsolicitedExtension, isProtected: false);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(0xff, 0xff)]
    [Refuses(TlsErrorCause.PreSharedKeyNotOffered)]
    public void ServerHello_IsRefusedWithAnotherIdentity(int high, int low)
    {
        using HostileServer server = Returning(_setup.Visit()[0]);
        server.SendHello(server.Hello().With(41, (byte)high, (byte)low));
        server.AssertRefused(TlsErrorCause.PreSharedKeyNotOffered, isProtected: false);
    }

    /// <summary>A session of SHA-384, and a server that goes on with SHA-256.</summary>
    [Fact]
    [Refuses(TlsErrorCause.PreSharedKeyNotOffered)]
    public void ServerHello_IsRefusedWithASuiteOfAnotherHash()
    {
        TlsSession session = _setup.Visit(server: _setup.Server(suites: [CipherSuite.TlsAes256GcmSha384]))[0];
        using HostileServer server = Returning(session);
        server.SendHello(server.Hello().With(41, 0, 0));
        server.AssertRefused(TlsErrorCause.PreSharedKeyNotOffered, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.MissingExtension)]
    public void ServerHello_IsRefusedWithAPreSharedKeyAlone()
    {
        using HostileServer server = Returning(_setup.Visit()[0]);
        server.SendHello(server.Hello().With(41, 0, 0).Without(51));
        server.AssertRefused(TlsErrorCause.MissingExtension, isProtected: false);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void ServerHello_IsRefusedWithAnIdentityOfAnotherLength(int length)
    {
        using HostileServer server = Returning(_setup.Visit()[0]);
        server.SendHello(server.Hello().With(41, new byte[length]));
        server.AssertRefused(length < 2 ? TlsErrorCause.TruncatedMessage : TlsErrorCause.TrailingBytes, isProtected: false);
    }

    /// <summary>A certificate in a resumed handshake, or a request for one, has no place (RFC 8446 section 2.2).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Certificate_IsRefusedInAResumedHandshake(bool request)
    {
        TlsSession session = _setup.Visit()[0];
        using HostileServer server = Returning(session);
        server.PreSharedKey = session.Secret.ToArray();
        server.SendHello(server.Hello().With(41, 0, 0));
        server.Handshake(server.EncryptedExtensions(), request ? server.Request() : server.Certificate());
        server.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: true);
    }

    /// <summary>Without a resumption the certificate is asked for, early data or not: a server cannot leave it out.</summary>
    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Finished_IsRefusedWithoutCertificateOrResumption()
    {
        using HostileServer server = Returning(_setup.Visit()[0]);
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions(), server.Finished());
        server.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: true);
    }

    /// <summary>Who does not have the session's secret cannot resume it.</summary>
    [Fact]
    [Refuses(TlsErrorCause.BadRecordMac)]
    public void Server_WithoutTheSecret_IsRefused()
    {
        using HostileServer server = Returning(_setup.Visit()[0]);
        server.IsAlertUnreadable = true;
        server.SendHello(server.Hello().With(41, 0, 0));
        server.Handshake(server.EncryptedExtensions(), server.Finished());
        server.AssertRefusedUnreadably(TlsErrorCause.BadRecordMac);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnsolicitedExtension)]
    public void EarlyData_CannotBeTakenWhereNoneWasOffered()
    {
        TlsSession session = _setup.Visit()[0];
        using HostileServer server = Returning(session);
        server.PreSharedKey = session.Secret.ToArray();
        server.SendHello(server.Hello().With(41, 0, 0));
        server.Handshake(server.EncryptedExtensions((42, [])));
        server.AssertRefused(TlsErrorCause.UnsolicitedExtension, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.EarlyDataMismatch)]
    public void EarlyData_CannotBeTakenWithoutTheSession()
    {
        using HostileServer server = Returning(_setup.Visit()[0], earlyData: true);
        server.IsAlertUnreadable = true;
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions((42, [])));
        server.AssertRefusedUnreadably(TlsErrorCause.EarlyDataMismatch);
    }

    /// <summary>The suites share a hash, so the session can be resumed; the early data was sealed with the other one.</summary>
    [Fact]
    [Refuses(TlsErrorCause.EarlyDataMismatch)]
    public void EarlyData_CannotBeTakenWithAnotherSuite()
    {
        TlsSession session = _setup.Visit(server: _setup.Server(suites: [CipherSuite.TlsChaCha20Poly1305Sha256]))[0];
        using HostileServer server = Returning(session, earlyData: true);
        server.PreSharedKey = session.Secret.ToArray();
        server.IsAlertUnreadable = true;
        server.SendHello(server.Hello().With(41, 0, 0));
        server.Handshake(server.EncryptedExtensions((42, [])));
        server.AssertRefusedUnreadably(TlsErrorCause.EarlyDataMismatch);
    }

    [Theory]
    [InlineData("http/1.1")]
    [InlineData(null)]
    [Refuses(TlsErrorCause.EarlyDataMismatch)]
    public void EarlyData_CannotBeTakenInAnotherProtocol(string? protocol)
    {
        SslApplicationProtocol[] both = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
        TlsSession session = _setup.Visit(_setup.Client(both), _setup.Server(both))[0];
        using var server = new HostileServer(
            _setup.Client(both), new TlsClientStart { Session = session, EarlyData = new byte[10] });
        server.PreSharedKey = session.Secret.ToArray();
        server.IsAlertUnreadable = true;
        server.SendHello(server.Hello().With(41, 0, 0));
        byte[] name = Octets.Vector16(Octets.Vector8(System.Text.Encoding.ASCII.GetBytes(protocol ?? "")));
        server.Handshake(
            protocol is null ? server.EncryptedExtensions((42, [])) : server.EncryptedExtensions((16, name), (42, [])));
        server.AssertRefusedUnreadably(TlsErrorCause.EarlyDataMismatch);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnsolicitedExtension)]
    public void EarlyData_CannotBeTakenBehindAHelloRetryRequest()
    {
        using HostileServer server = Returning(_setup.Visit()[0], earlyData: true);
        server.SendRetry(server.Retry());
        server.AssertNotRefused();
        Assert.False(ClientHello.Parse(server.ClientHelloBody).Present.Contains(ExtensionType.EarlyData));
        Assert.Equal(EarlyDataStatus.Rejected, server.Victim.Engine.Negotiated.EarlyData);
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions((42, [])));
        server.AssertRefused(TlsErrorCause.UnsolicitedExtension);
    }

    [Theory]
    [InlineData(new byte[] { 0, 7, 0, 1, 1, 0, 0, 0, 0, 0, 0 }, TlsErrorCause.VectorLengthOutOfRange)] // no binder
    [InlineData(new byte[] { 0, 0, 0, 33 }, TlsErrorCause.VectorLengthOutOfRange)] // no identity
    [InlineData(new byte[] { 0, 7, 0, 0, 1, 2, 3, 4, 5 }, TlsErrorCause.VectorLengthOutOfRange)] // an empty identity
    [InlineData(new byte[] { 0, 7, 0, 9, 1, 0, 0, 0, 0 }, TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.VectorLengthOutOfRange)]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    public void ClientHello_IsRefusedWithAMalformedPreSharedKey(byte[] start, TlsErrorCause cause)
    {
        using var client = new HostileClient(_setup.Server());
        byte[] binders = Octets.Vector16(Octets.Vector8(new byte[32]));
        client.SendHello(client.Hello().With(45, 1, 1).With(41, start.Length == 11 ? start : [.. start, .. binders]));
        client.AssertRefused(cause, isProtected: false);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [Refuses(TlsErrorCause.IllegalValue)]
    public void ClientHello_IsRefusedWithoutOneBinderForEachIdentity(int identities, int binders)
    {
        using var client = new HostileClient(_setup.Server());
        client.SendHello(client.Hello().With(45, 1, 1).With(41, Offer(identities, binders, 10)));
        client.AssertRefused(TlsErrorCause.IllegalValue, isProtected: false);
    }

    [Theory]
    [InlineData(42, new byte[] { 0 })]
    [InlineData(45, new byte[] { 1, 1, 0 })]
    [InlineData(58, new byte[] { 1, 1, 1 })]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void ClientHello_IsRefusedWithBytesLeftOver(int type, byte[] data)
    {
        using var client = new HostileClient(_setup.Server());
        client.SendHello(client.Hello().With(type, data));
        client.AssertRefused(TlsErrorCause.TrailingBytes, isProtected: false);
    }

    /// <summary>However many identities a hello holds, few are opened.</summary>
    [Fact]
    public void Identities_BeyondAFew_AreNotLookedAt()
    {
        using var client = new HostileClient(_setup.Server());
        client.SendHello(client.Hello().With(45, 1, 1).With(41, Offer(100, 100, 100)));
        client.AssertNotRefused();
        Assert.InRange(_setup.Protector.Opened, 1, 4);
        Assert.False(client.Victim.Engine.Negotiated.IsResumed);
        client.SendFinished();
        client.AssertNotRefused();
        Assert.True(client.Victim.Engine.IsHandshakeComplete);
    }

    [Fact]
    [Refuses(TlsErrorCause.MissingExtension)]
    public void ClientHello_WithAPreSharedKeyThatDoesNotFit_NeedsWhatAFullOneNeeds()
    {
        foreach (int missing in new[] { 10, 13, 51 })
        {
            using var client = new HostileClient(_setup.Server());
            client.SendHello(client.Hello().Without(missing).With(45, 1, 1).With(41, Offer(1, 1, 100)));
            client.AssertRefused(TlsErrorCause.MissingExtension, isProtected: false);
        }

        using var pskOnly = new HostileClient(_setup.Server());
        pskOnly.SendHello(pskOnly.Hello().Without(10).Without(51).With(45, 1, 0).With(41, Offer(1, 1, 100)));
        pskOnly.AssertRefused(TlsErrorCause.MissingExtension, isProtected: false);
    }

    /// <summary>RFC 8446 section 4.2.9: who cannot use a ticket is given none.</summary>
    [Theory]
    [InlineData(null, 0)]
    [InlineData(0, 0)]
    [InlineData(1, 2)]
    public void Tickets_AreForThoseWhoCanUseThem(int? mode, int count)
    {
        using var client = new HostileClient(_setup.Server());
        HelloParts hello = client.Hello();
        if (mode is { } value)
            hello.With(45, 1, (byte)value);
        client.SendHello(hello);
        client.AssertNotRefused();
        Assert.Equal(count, client.Messages.Count(message => message[0] == HandshakeType.NewSessionTicket.Value));
    }

    /// <summary>A ticket is as long as the server likes; the next hello has to be makeable all the same.</summary>
    [Fact]
    public void TicketThatFitsNoClientHello_DoesNotBreakTheNextVisit()
    {
        var setup = new ResumptionSetup
        {
            Resumption = (_, clock, scope) => new TlsServerResumption(new LongTickets(), clock) { ReplayScope = scope },
        };
        IReadOnlyList<TlsSession> sessions = setup.Visit();
        using EnginePair pair = setup.Pair();
        pair.Handshake(new TlsClientStart { Session = sessions.Count > 0 ? sessions[0] : null });
        Assert.Null(pair.Client.Failure);
        Assert.True(pair.ClientEngine.IsHandshakeComplete);
    }

    private static byte[] Offer(int identities, int binders, int length) =>
    [
        .. Octets.Vector16([.. Enumerable.Range(0, identities).SelectMany(i =>
            (byte[])[.. Octets.Vector16(Engines.Pattern(length, i)), 0, 0, 0, 0])]),
        .. Octets.Vector16([.. Enumerable.Range(0, binders).SelectMany(_ => Octets.Vector8(new byte[32]))]),
    ];

    private HostileServer Returning(TlsSession session, bool earlyData = false) => new(
        _setup.Client(), new TlsClientStart { Session = session, EarlyData = earlyData ? new byte[10] : default });

    private sealed class LongTickets : SessionTicketProtector
    {
        public override int MaximumOverhead => 65_500;

        public override int Seal(ReadOnlySpan<byte> content, Span<byte> ticket)
        {
            ticket[..65_500].Fill(7);
            return 65_500;
        }

        public override bool TryOpen(ReadOnlySpan<byte> ticket, Span<byte> content, out int length)
        {
            length = 0;
            return false;
        }
    }
}
