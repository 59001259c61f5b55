using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Clients whose early data cannot be taken, or not any more (RFC 8446 sections 4.2.10, 4.5).</summary>
public sealed class EarlyDataRefusalTests
{
    private readonly ResumptionSetup _setup = new();

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
}
