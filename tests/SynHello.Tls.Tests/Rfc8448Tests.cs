using System.Buffers;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// The traces of RFC 8448 byte for byte: what one side sends, given what the other sent and the same randomness.
/// </summary>
public sealed class Rfc8448Tests
{
    private const string Simple = "Simple_1RTT_Handshake";
    private const string Resumed = "Resumed_0RTT_Handshake";
    private const string Retry = "HelloRetryRequest_Handshake";
    private const string ClientAuthentication = "Client_Authentication_Handshake";
    private const string Compatibility = "Middlebox_Compatibility_Mode";

    /// <summary>The PSK that RFC 8448 sections 3 and 4 name.</summary>
    private const string ResumptionSecret = "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3";

    private static readonly NamedGroup[] _nssGroups =
        [.. new ushort[] { 0x1d, 0x17, 0x18, 0x19, 0x100, 0x101, 0x102, 0x103, 0x104 }.Select(value =>
            new NamedGroup(value))];

    [Theory]
    [InlineData(Simple)]
    [InlineData(Compatibility)]
    public void Server_SendsTheTracesFlight(string section)
    {
        RecordedTrace trace = RecordedTrace.Load(section);
        using EngineEnd server = Server(trace, out RecordedCredential credential, out _);
        server.Deliver(trace["Record_ClientHello_1"]);
        Assert.Null(server.Failure);
        Assert.Equal(trace["Server_MessageToSign"], credential.SignedContent);
        AssertBytes([.. trace["Record_ServerHello"], .. trace["Record_ServerHandshakeMessages"]], server.TakeOutput());

        server.Deliver(trace["Record_ClientFinished"]);
        Assert.Null(server.Failure);
        Assert.Equal([TlsEvent.HandshakeCompleted], server.Events);
        Assert.Empty(server.TakeOutput());
        if (trace.Has("Record_Client_AppData"))
        {
            server.Deliver(trace["Record_Client_AppData"]);
            AssertBytes(trace["Client_AppData"], server.Plaintext.ToArray());
        }
        else
        {
            // With neither a ticket nor data before it, the alert is the first record under the application keys.
            server.Engine.SendCloseNotify(server.Output);
            AssertBytes(trace["Record_Server_CloseNotify"], server.TakeOutput());
        }

        server.Deliver(trace["Record_Client_CloseNotify"]);
        Assert.Null(server.Failure);
        Assert.True(server.Engine.IsPeerClosed);
        Assert.Equal("server", server.Engine.Negotiated.ServerName);
    }

    [Theory]
    [InlineData(Simple)]
    [InlineData(Retry)]
    [InlineData(Compatibility)]
    public void Client_SendsTheTracesRecords(string section)
    {
        RecordedTrace trace = RecordedTrace.Load(section);
        using EngineEnd client = Client(trace, out _);
        if (section == Retry)
        {
            ((TlsClientEngine)client.Engine).RecordedSecondClientHello = trace.MessageOf("Record_ClientHello_2");
            client.Deliver(trace["Record_HelloRetryRequest"]);
            Assert.Null(client.Failure);
            AssertBytes(trace["Record_ClientHello_2"], client.TakeOutput());
            Assert.True(client.Engine.Negotiated.HelloRetryRequested);
        }

        client.Deliver([.. trace["Record_ServerHello"], .. trace["Record_ServerHandshakeMessages"]]);
        Assert.Null(client.Failure);
        Assert.Equal([TlsEvent.NeedCertificateVerdict, TlsEvent.HandshakeCompleted], client.Events);
        AssertBytes(trace["Record_ClientFinished"], client.TakeOutput());
        if (trace.Has("Record_Client_AppData"))
        {
            client.Deliver(trace["Record_NewSessionTicket"]);
            client.Send(trace["Client_AppData"]);
            AssertBytes(trace["Record_Client_AppData"], client.TakeOutput());
            client.Deliver(trace["Record_Server_AppData"]);
            AssertBytes(trace["Server_AppData"], client.Plaintext.ToArray());
        }

        client.Engine.SendCloseNotify(client.Output);
        AssertBytes(trace["Record_Client_CloseNotify"], client.TakeOutput());
        client.Deliver(trace["Record_Server_CloseNotify"]);
        Assert.Null(client.Failure);
        Assert.True(client.Engine.IsPeerClosed);
    }

    /// <summary>The ticket of the first trace is resumed with early data by the second.</summary>
    [Fact]
    public void Client_SendsTheTracesEarlyData()
    {
        RecordedTrace first = RecordedTrace.Load(Simple);
        using EngineEnd visitor = Client(first, out _);
        visitor.Deliver([.. first["Record_ServerHello"], .. first["Record_ServerHandshakeMessages"]]);
        visitor.Deliver(first["Record_NewSessionTicket"]);
        Assert.True(((TlsClientEngine)visitor.Engine).TryReadSession(out TlsSession? session));
        AssertBytes(Convert.FromHexString(ResumptionSecret), session.Secret.ToArray());
        Assert.Equal(1024u, session.MaximumEarlyData);

        RecordedTrace trace = RecordedTrace.Load(Resumed);
        AssertBytes(trace["SessionTicket"], session.Ticket.ToArray());
        using EngineEnd client = Client(trace, out _, new TlsClientStart { Session = session, EarlyData = trace["Client_EarlyAppData"] });
        AssertBytes(trace["Record_Client_EarlyAppData"], client.TakeOutput());
        using EngineEnd server = ResumingServer(trace);
        server.Deliver(trace["Record_ClientHello_1"]);
        client.Deliver(server.TakeOutput());
        Assert.Null(client.Failure);
        Assert.Equal([TlsEvent.EarlyDataAccepted, TlsEvent.HandshakeCompleted], client.Events);
        AssertBytes(trace["Record_ClientFinished"], client.TakeOutput());
        client.Send(trace["Client_AppData"]);
        AssertBytes(trace["Record_Client_AppData"], client.TakeOutput());
        client.Deliver(trace["Record_Server_AppData"]);
        AssertBytes(trace["Server_AppData"], client.Plaintext.ToArray());
        client.Engine.SendCloseNotify(client.Output);
        AssertBytes(trace["Record_Client_CloseNotify"], client.TakeOutput());
    }

    [Fact]
    public void Server_TakesTheTracesEarlyData()
    {
        RecordedTrace trace = RecordedTrace.Load(Resumed);
        using EngineEnd server = ResumingServer(trace);
        server.Deliver([.. trace["Record_ClientHello_1"], .. trace["Record_Client_EarlyAppData"]]);
        Assert.Null(server.Failure);
        Assert.Equal([TlsEvent.NeedEarlyDataVerdict, TlsEvent.EarlyDataAccepted], server.Events);
        AssertBytes(trace["Client_EarlyAppData"], server.Plaintext.ToArray());
        byte[] flight = server.TakeOutput();
        AssertBytes(trace["Record_ServerHello"], flight[..trace["Record_ServerHello"].Length]);

        // The vectors leave server_name out of the server's protected messages, which the RFC's own Finished messages do not.
        // This one's covers each octet of the flight.
        server.Deliver(trace["Record_ClientFinished"]);
        Assert.Null(server.Failure);
        Assert.True(server.Engine.IsHandshakeComplete);
        server.Deliver(trace["Record_Client_AppData"]);
        AssertBytes([.. trace["Client_EarlyAppData"], .. trace["Client_AppData"]], server.Plaintext.ToArray());
        server.Send(trace["Server_AppData"]);
        AssertBytes(trace["Record_Server_AppData"], server.TakeOutput());
        server.Engine.SendCloseNotify(server.Output);
        AssertBytes(trace["Record_Server_CloseNotify"], server.TakeOutput());
    }

    /// <summary>
    /// The trace's client shows a certificate; this one has none, so it follows the trace up to its answer.
    /// </summary>
    [Fact]
    public void Client_TakesTheServersFlightThatAsksForACertificate()
    {
        RecordedTrace trace = RecordedTrace.Load(ClientAuthentication);
        using EngineEnd client = Client(trace, out List<string> keyLog);
        client.Deliver([.. trace["Record_ServerHello"], .. trace["Record_ServerHandshakeMessages"]]);
        Assert.Null(client.Failure);
        Assert.True(client.Engine.IsHandshakeComplete);
        Assert.True(client.Engine.Negotiated.ClientCertificateRequested);
        Assert.Equal(SignatureScheme.EcdsaSecp256r1Sha256, client.Engine.Negotiated.SignatureScheme);
        Assert.Equal(5, keyLog.Count);
        Assert.NotEmpty(client.TakeOutput());

        // The server's application keys do not depend on what the client answers.
        client.Deliver(trace["Record_Server_CloseNotify"]);
        Assert.Null(client.Failure);
        Assert.True(client.Engine.IsPeerClosed);
    }

    /// <summary>The secrets that RFC 8448 section 3 names, as key log lines of both sides.</summary>
    [Fact]
    public void KeyLog_HoldsTheTracesSecrets()
    {
        string[] expected =
        [
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET {0} b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET {0} b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
            "CLIENT_TRAFFIC_SECRET_0 {0} 9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
            "SERVER_TRAFFIC_SECRET_0 {0} a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
            "EXPORTER_SECRET {0} fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50",
        ];
        RecordedTrace trace = RecordedTrace.Load(Simple);
        string random = Convert.ToHexStringLower(trace["Client_Entropy"].AsSpan(0, 32));
        expected = [.. expected.Select(line => line.Replace("{0}", random, StringComparison.Ordinal))];

        using EngineEnd server = Server(trace, out _, out List<string> serverLog);
        server.Deliver(trace["Record_ClientHello_1"]);
        Assert.Equal(expected, serverLog);

        using EngineEnd client = Client(trace, out List<string> clientLog);
        client.Deliver([.. trace["Record_ServerHello"], .. trace["Record_ServerHandshakeMessages"]]);
        Assert.Equal(expected, clientLog);
    }

    private static EngineEnd Client(RecordedTrace trace, out List<string> keyLog, in TlsClientStart start = default)
    {
        var lines = new List<string>();
        keyLog = lines;
        byte[] hello = trace.MessageOf("Record_ClientHello_1");
        bool hasSessionId = hello[4 + 2 + 32] != 0;
        var provider = new ScriptedCryptoProvider(trace["Client_Entropy"]);
        var engine = new TlsClientEngine(
            new TlsClientConfiguration(provider)
            {
                MiddleboxCompatibility = hasSessionId,
                RecordSizeLimit = 0x4001,
                TimeProvider = new FakeTimeProvider(),
                KeyLog = lines.Add,
            },
            "server");
        var client = new EngineEnd(engine);
        engine.StartRecorded(hello, client.Output, start);
        byte[] flight = client.TakeOutput();
        AssertBytes(trace["Record_ClientHello_1"], flight[..(5 + hello.Length)]);
        client.Output.Write(flight.AsSpan(5 + hello.Length)); // what is behind it is the test's to take
        return client;
    }

    private static EngineEnd Server(RecordedTrace trace, out RecordedCredential credential, out List<string> keyLog)
    {
        var lines = new List<string>();
        keyLog = lines;
        Certificate certificate = Certificate.Parse(trace["Message_Server_Certificate"].AsSpan(4), default);
        var chain = new List<ReadOnlyMemory<byte>>();
        foreach (CertificateEntry entry in certificate)
            chain.Add(entry.Der.ToArray());
        credential = new RecordedCredential(chain, SignatureScheme.RsaPssRsaeSha256, trace["Server_MessageSignature"]);

        // The configuration draws its cookie key first.
        var provider = new ScriptedCryptoProvider((byte[])[.. new byte[32], .. trace["Server_Entropy"]]);
        return new EngineEnd(new TlsServerEngine(new TlsServerConfiguration(provider, [credential])
        {
            AnnouncedGroups = _nssGroups,
            KeyLog = lines.Add,
        }));
    }

    private static EngineEnd ResumingServer(RecordedTrace trace)
    {
        var clock = new FakeTimeProvider();
        using var content = new TlsWriter();
        new SessionTicketContent
        {
            CipherSuite = CipherSuite.TlsAes128GcmSha256,
            Secret = Convert.FromHexString(ResumptionSecret),
            IssuedAt = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            AgeAdd = 0xfad6aacb, // the trace's ticket_age_add with its age added: a ticket of age zero here
            MaximumEarlyData = 1024,
            EarlyDataWindow = 10_000,
            ServerName = "server"u8,
        }.Write(content);
        var resumption = new TlsServerResumption(
            new RecordedTicket(trace["SessionTicket"], content.Written.ToArray()), clock)
        { MaximumEarlyData = 1024, TicketCount = 0 };
        return Server(trace, resumption);
    }

    private static EngineEnd Server(RecordedTrace trace, TlsServerResumption resumption)
    {
        var provider = new ScriptedCryptoProvider((byte[])[.. new byte[32], .. trace["Server_Entropy"]]);
        return new EngineEnd(new TlsServerEngine(new TlsServerConfiguration(provider, [Engines.Credential()])
        {
            AnnouncedGroups = _nssGroups,
            Resumption = resumption,
        }));
    }

    private static void AssertBytes(byte[] expected, byte[] actual) =>
        Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(actual));

    /// <summary>Opens the one ticket of a trace, as if it had sealed it.</summary>
    private sealed class RecordedTicket(byte[] recorded, byte[] content) : SessionTicketProtector
    {
        public override int MaximumOverhead => 0;

        public override int Seal(ReadOnlySpan<byte> content, Span<byte> ticket) => throw new NotSupportedException();

        public override bool TryOpen(ReadOnlySpan<byte> ticket, Span<byte> destination, out int length)
        {
            length = content.Length;
            if (!ticket.SequenceEqual(recorded))
                return false;
            content.CopyTo(destination);
            return true;
        }
    }
}
