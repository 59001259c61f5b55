using System.Net.Security;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Peers that misuse sessions and early data (RFC 8446 sections 4.2.9 to 4.2.11, 4.5).</summary>
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

    /// <summary>RFC 8446 section 4.2.10: early data goes with the first identity alone.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void EarlyData_IsOfTheFirstIdentity(int position)
    {
        TlsSession session = _setup.Visit(host: null)[0];
        byte[] ours = [.. Octets.Vector16(session.Ticket.ToArray()), .. BitConverter.GetBytes(session.AgeAdd).Reverse()];
        byte[] foreign = [.. Octets.Vector16(new byte[100]), 0, 0, 0, 0];
        byte[] identities = Octets.Vector16(position == 0 ? [.. ours, .. foreign] : [.. foreign, .. ours]);
        byte[] Binders(byte[] binder) => Octets.Vector16(position == 0
            ? [.. Octets.Vector8(binder), .. Octets.Vector8(new byte[32])]
            : [.. Octets.Vector8(new byte[32]), .. Octets.Vector8(binder)]);

        using var client = new HostileClient(_setup.Server());
        client.Victim.AnswersVerdicts = false;
        HelloParts hello = client.Hello().With(45, 1, 1).With(42).With(41, [.. identities, .. Binders(new byte[32])]);
        byte[] message = hello.ToMessage();
        using var keys = new KeySchedule(DefaultCryptoProvider.Instance, session.CipherSuite);
        byte[] binder = new byte[32];
        keys.EnterEarly(session.Secret);
        keys.ComputeBinder(System.Security.Cryptography.SHA256.HashData(message.AsSpan(0, message.Length - 2 - 66)), binder);
        client.IsAlertUnreadable = true;
        client.Victim.Deliver(Octets.Record(22, hello.With(41, [.. identities, .. Binders(binder)]).ToMessage()));
        client.AssertNotRefused();
        Assert.Equal(position == 0, ((TlsServerEngine)client.Victim.Engine).EarlyDataAttempt is not null);
        Assert.Equal(position == 1, client.Victim.Engine.Negotiated.IsResumed);
    }

    [Fact]
    [Refuses(TlsErrorCause.EarlyApplicationData)]
    public void ApplicationData_BetweenEndOfEarlyDataAndFinished_IsRefused()
    {
        using EarlyClient client = new(_setup);
        client.Send(ContentType.Handshake, Octets.Message(5, []));
        client.EnterHandshake();
        client.Send(ContentType.ApplicationData, [1, 2, 3]);
        client.AssertRefused(TlsErrorCause.EarlyApplicationData);
    }

    /// <summary>Whatever comes in front of EndOfEarlyData instead of it ends the connection.</summary>
    [Theory]
    [InlineData(20)]
    [InlineData(1)]
    [InlineData(24)]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void EndOfEarlyData_HasToCome(int type)
    {
        using EarlyClient client = new(_setup);
        client.Send(ContentType.Handshake, Octets.Message((byte)type, new byte[type == 24 ? 1 : 32]));
        client.AssertRefused(TlsErrorCause.UnexpectedMessage);
    }

    [Fact]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void EndOfEarlyData_HasToBeEmpty()
    {
        using EarlyClient client = new(_setup);
        client.Send(ContentType.Handshake, Octets.Message(5, [0]));
        client.AssertRefused(TlsErrorCause.TrailingBytes);
    }

    [Fact]
    [Refuses(TlsErrorCause.MessageAcrossKeyChange)]
    public void EndOfEarlyData_HasToBeTheLastUnderItsKeys()
    {
        using EarlyClient client = new(_setup);
        client.Send(ContentType.Handshake, [.. Octets.Message(5, []), 20, 0]);
        client.AssertRefused(TlsErrorCause.MessageAcrossKeyChange);
    }

    [Fact]
    [Refuses(TlsErrorCause.BadRecordMac)]
    public void EarlyData_BehindItsEnd_IsRefused()
    {
        using EarlyClient client = new(_setup);
        client.Send(ContentType.Handshake, Octets.Message(5, []));
        client.Send(ContentType.ApplicationData, [1, 2, 3]);
        client.AssertRefused(TlsErrorCause.BadRecordMac);
    }

    [Fact]
    [Refuses(TlsErrorCause.TooManyEmptyRecords)]
    public void EmptyEarlyData_IsNotTakenForEver()
    {
        using EarlyClient client = new(_setup);
        for (int i = 0; i <= TlsLimits.EmptyRecords; i++)
            client.Send(ContentType.ApplicationData, []);
        client.AssertRefused(TlsErrorCause.TooManyEmptyRecords);
    }

    [Fact]
    [Refuses(TlsErrorCause.BadRecordMac)]
    public void EarlyData_ThatDoesNotAuthenticate_EndsTheConnection()
    {
        using EarlyClient client = new(_setup);
        client.Raw([23, 3, 3, 0, 30, .. new byte[30]]);
        client.AssertRefused(TlsErrorCause.BadRecordMac);
    }

    [Fact]
    [Refuses(TlsErrorCause.MessageAcrossKeyChange)]
    public void ClientHello_WithEarlyData_IsTheLastInTheClear()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair();
        pair.ClientEngine.Start(AcceptedEarlyDataTests.Early(session), pair.Client.Output);
        byte[] flight = pair.Client.TakeOutput();
        int hello = pair.ClientEngine.ClientHelloLength;
        byte[] longer = [.. flight[..hello], 20, 0, 0, .. flight[hello..]];
        longer[3] = (byte)((hello - 5 + 3) >> 8);
        longer[4] = (byte)(hello - 5 + 3);
        pair.Server.Deliver(longer);
        Assert.Equal(TlsErrorCause.MessageAcrossKeyChange, pair.Server.Failure?.Cause);
    }

    private HostileServer Returning(TlsSession session, bool earlyData = false) => new(
        _setup.Client(), new TlsClientStart { Session = session, EarlyData = earlyData ? new byte[10] : default });

    private static byte[] Offer(int identities, int binders, int length) =>
    [
        .. Octets.Vector16([.. Enumerable.Range(0, identities).SelectMany(i =>
            (byte[])[.. Octets.Vector16(Engines.Pattern(length, i)), 0, 0, 0, 0])]),
        .. Octets.Vector16([.. Enumerable.Range(0, binders).SelectMany(_ => Octets.Vector8(new byte[32]))]),
    ];

    /// <summary>A client that holds the keys of its early data, and misuses them once the server has taken some.</summary>
    private sealed class EarlyClient : IDisposable
    {
        private readonly EnginePair _pair;
        private readonly ConnectionContext _context;

        public EarlyClient(ResumptionSetup setup)
        {
            TlsSession session = setup.Visit()[0];
            _pair = setup.Pair();
            _pair.ClientEngine.Start(AcceptedEarlyDataTests.Early(session), _pair.Client.Output);
            _pair.Server.Deliver(_pair.Client.TakeOutput());
            Assert.Contains(TlsEvent.EarlyDataAccepted, _pair.Server.Events);
            _pair.Server.TakeOutput();
            _context = Inside.ContextOf(_pair.ClientEngine);
        }

        public void Send(ContentType type, byte[] content)
        {
            _context.Records.Write(type, content, _pair.Client.Output);
            Raw(_pair.Client.TakeOutput());
        }

        /// <summary>Goes on under the handshake's keys, which the server has worked out for this client.</summary>
        public void EnterHandshake()
        {
            var server = (ServerContext)Inside.ContextOf(_pair.ServerEngine);
            KeySchedule keys = server.RequireKeys();
            _context.Records.ProtectWrites(keys, server.ClientHandshakeSecret.AsSpan(0, keys.HashLength));
        }

        public void Raw(byte[] bytes) => _pair.Server.Deliver(bytes);

        public void AssertRefused(TlsErrorCause cause)
        {
            Assert.Equal(cause, _pair.Server.Failure?.Cause);
            Assert.NotEmpty(_pair.Server.TakeOutput());
            Assert.False(_pair.ServerEngine.IsHandshakeComplete);
        }

        public void Dispose() => _pair.Dispose();
    }

    /// <summary>The client keeps to its ticket, and the server has another limit by now.</summary>
    [Theory]
    [InlineData(300)]
    [InlineData(500_000)]
    public void EarlyDataAboveALimitThatWasLowered_IsRefusedAndTheHandshakeGoesOn(int length)
    {
        var before = new ResumptionSetup
        {
            Resumption = (protector, clock, scope) =>
                new TlsServerResumption(protector, clock) { MaximumEarlyData = 500_000, ReplayScope = scope },
        };
        TlsSession session = before.Visit()[0];
        var after = new ResumptionSetup
        {
            Protector = before.Protector,
            Scope = before.Scope,
            Resumption = (protector, clock, scope) =>
                new TlsServerResumption(protector, clock) { MaximumEarlyData = 100, ReplayScope = scope },
        };
        using EnginePair pair = after.Pair();
        pair.Handshake(new TlsClientStart { Session = session, EarlyData = new byte[length] });
        Assert.Null(pair.Server.Failure);
        Assert.Null(pair.Client.Failure);
        Assert.Equal(EarlyDataStatus.Rejected, pair.ClientEngine.Negotiated.EarlyData);
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
