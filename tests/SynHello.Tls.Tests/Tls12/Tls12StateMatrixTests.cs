using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// Every message in every state of TLS 1.2 in which it may not come: skipped, repeated and reordered ones are among them, and
/// change_cipher_spec before its time (CVE-2014-0224).
/// </summary>
public sealed class Tls12StateMatrixTests
{
    private const int ChangeCipherSpec = -1;
    private const int ApplicationData = -2;

    private static readonly int[] _everything =
        [ChangeCipherSpec, ApplicationData, 0, 1, 2, 4, 5, 8, 11, 12, 13, 14, 15, 16, 20, 22, 24, 25, 77];

    /// <summary>How a client gets to each of its states, and what may come there.</summary>
    private static readonly (string Name, Action<Tls12HostileServer> Enter, int[] Allowed)[] _clientStates =
    [
        ("ServerHello", _ => { }, [2, ChangeCipherSpec]), // the version is not known: dropped, and held against TLS 1.2 later
        ("Certificate", server => server.SendHello(server.Hello()), [11]),
        ("CertificateStatus", server =>
        {
            server.PromisesStatus = true;
            server.SendHello(server.Hello());
            server.Handshake(server.Certificate());
        }, [22, 12]),
        ("ServerKeyExchange", server =>
        {
            server.SendHello(server.Hello());
            server.Handshake(server.Certificate());
        }, [12]),
        ("ServerHelloDone", server =>
        {
            server.SendHello(server.Hello());
            server.Handshake(server.Certificate(), server.ServerKeyExchange());
        }, [13, 14]),
        ("ServerHelloDone behind a CertificateRequest", server =>
        {
            server.SendHello(server.Hello());
            server.Handshake(server.Certificate(), server.ServerKeyExchange(), server.CertificateRequest());
        }, [14]),
        ("NewSessionTicket", server =>
        {
            server.PromisesTicket = true;
            server.SendHello(server.Hello());
            server.SendFlight();
        }, [4]),
        ("ChangeCipherSpec", server =>
        {
            server.SendHello(server.Hello());
            server.SendFlight();
        }, [ChangeCipherSpec]),
        ("ChangeCipherSpec behind a ticket", server =>
        {
            server.PromisesTicket = true;
            server.SendHello(server.Hello());
            server.SendFlight();
            server.Handshake(server.Ticket());
        }, [ChangeCipherSpec]),
        ("Finished", server =>
        {
            server.SendHello(server.Hello());
            server.SendFlight();
            server.ChangeCipherSpec();
        }, [20]),
        ("connected", server => server.Connect(), [0, ApplicationData]),
    ];

    private static readonly (string Name, Action<Tls12HostileClient> Enter, int[] Allowed)[] _serverStates =
    [
        ("ClientHello", _ => { }, [1]),
        ("ClientKeyExchange", client => client.SendHello(Tls12HostileClient.Hello()), [16]),
        ("ChangeCipherSpec", client =>
        {
            client.SendHello(Tls12HostileClient.Hello());
            client.Handshake(client.ClientKeyExchange());
        }, [ChangeCipherSpec]),
        ("Finished", client =>
        {
            client.SendHello(Tls12HostileClient.Hello());
            client.Handshake(client.ClientKeyExchange());
            client.ChangeCipherSpec();
        }, [20]),
        ("connected", client => client.Connect(), [1, ApplicationData]),
    ];

    private static readonly (string Name, Action<Tls12HostileClient> Enter, int[] Allowed)[] _askingServerStates =
    [
        ("Certificate", client => client.SendHello(Tls12HostileClient.Hello()), [11]),
        ("ClientKeyExchange without a certificate", client =>
        {
            client.SendHello(Tls12HostileClient.Hello());
            client.Handshake(client.Certificate(null));
        }, [16]),
        ("ClientKeyExchange", client =>
        {
            client.SendHello(Tls12HostileClient.Hello());
            client.Handshake(client.Certificate(Engines.Credential()));
        }, [16]),
        ("CertificateVerify", client =>
        {
            client.SendHello(Tls12HostileClient.Hello());
            client.Handshake(client.Certificate(Engines.Credential()), client.ClientKeyExchange());
        }, [15]),
        ("ChangeCipherSpec behind a certificate", client =>
        {
            client.SendHello(Tls12HostileClient.Hello());
            client.Handshake(client.Certificate(Engines.Credential()), client.ClientKeyExchange());
            client.Handshake(client.CertificateVerify(Engines.Credential(), SignatureScheme.EcdsaSecp256r1Sha256));
        }, [ChangeCipherSpec]),
    ];

    public static TheoryData<string, int> ClientCells => Cells(_clientStates.Select(state => (state.Name, state.Allowed)));

    public static TheoryData<string, int> ServerCells => Cells(_serverStates.Select(state => (state.Name, state.Allowed)));

    public static TheoryData<string, int> AskingServerCells =>
        Cells(_askingServerStates.Select(state => (state.Name, state.Allowed)));

    [Theory]
    [MemberData(nameof(ClientCells))]
    public void Client_RefusesWhatDoesNotBelongIntoItsState(string state, int message)
    {
        using var server = new Tls12HostileServer(new TlsClientConfiguration(Crypto.DefaultCryptoProvider.Instance)
        {
            Versions = Tls12Engines.Both,
            TimeProvider = TimeProvider.System,
            RequestOcspResponses = true,
        });
        _clientStates.Single(candidate => candidate.Name == state).Enter(server);
        AssertRefuses(server, message);
    }

    [Theory]
    [MemberData(nameof(ServerCells))]
    public void Server_RefusesWhatDoesNotBelongIntoItsState(string state, int message)
    {
        using var client = new Tls12HostileClient();
        _serverStates.Single(candidate => candidate.Name == state).Enter(client);
        AssertRefuses(client, message);
    }

    [Theory]
    [MemberData(nameof(AskingServerCells))]
    public void ServerThatAsksForACertificate_RefusesWhatDoesNotBelongIntoItsState(string state, int message)
    {
        using var client = new Tls12HostileClient(
            Tls12Engines.Server(clientCertificates: TlsClientCertificateMode.Requested));
        _askingServerStates.Single(candidate => candidate.Name == state).Enter(client);
        AssertRefuses(client, message);
    }

    /// <summary>CVE-2014-0224: whoever switches before there are keys would have switched to keys that everybody knows.</summary>
    [Fact]
    [Refuses(TlsErrorCause.UnexpectedChangeCipherSpec)]
    public void EarlyChangeCipherSpec_InFrontOfAServerHelloOfTls12_IsRefused()
    {
        using var server = new Tls12HostileServer();
        server.Plain(ContentType.ChangeCipherSpec, 1);
        server.AssertNotRefused(); // TLS 1.3 could have it there (RFC 8446 section 5)
        server.SendHello(server.Hello());
        server.AssertRefused(TlsErrorCause.UnexpectedChangeCipherSpec, isProtected: false);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 2 })]
    [InlineData(new byte[] { 1, 1 })]
    [Refuses(TlsErrorCause.UnexpectedChangeCipherSpec)]
    public void ChangeCipherSpec_HasToBeTheOctet1(byte[] content)
    {
        using var client = new Tls12HostileClient();
        client.SendHello(Tls12HostileClient.Hello());
        client.Handshake(client.ClientKeyExchange());
        client.Plain(ContentType.ChangeCipherSpec, content);
        client.AssertRefused(TlsErrorCause.UnexpectedChangeCipherSpec, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.InterleavedRecord)]
    public void ChangeCipherSpec_DoesNotComeWithinAMessage()
    {
        using var client = new Tls12HostileClient();
        client.SendHello(Tls12HostileClient.Hello());
        client.Plain(ContentType.Handshake, [.. client.ClientKeyExchange(), 20, 0]);
        client.Plain(ContentType.ChangeCipherSpec, 1);
        client.AssertRefused(TlsErrorCause.InterleavedRecord, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Finished_InTheClear_IsRefused()
    {
        using var client = new Tls12HostileClient();
        client.SendHello(Tls12HostileClient.Hello());
        client.Handshake(client.ClientKeyExchange(), client.Finished());
        client.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: false);
    }

    private static void AssertRefuses(HostilePeer peer, int message)
    {
        bool isConnected = peer.Victim.Engine.IsHandshakeComplete;
        if (message == ChangeCipherSpec && !isConnected)
            peer.Plain(ContentType.ChangeCipherSpec, 1);
        else if (message == ChangeCipherSpec)
            peer.Protected(ContentType.ChangeCipherSpec, [1]);
        else if (message == ApplicationData && peer.IsWriting)
            peer.Protected(ContentType.ApplicationData, [1]);
        else if (message == ApplicationData)
            peer.Plain(ContentType.ApplicationData, 1);
        else
            peer.Handshake(Octets.Message(message, message is 0 or 5 or 14 ? [] : new byte[12]));

        TlsErrorCause? cause = peer.Victim.Failure?.Cause;
        bool isExpected = message switch
        {
            ApplicationData => cause is TlsErrorCause.EarlyApplicationData,

            // In the clear, behind the change to keys, it is a record that does not open.
            ChangeCipherSpec => cause is TlsErrorCause.UnexpectedChangeCipherSpec or TlsErrorCause.UnexpectedRecordType
                or TlsErrorCause.BadRecordMac,
            _ => cause is TlsErrorCause.UnexpectedMessage,
        };
        Assert.True(isExpected, $"{cause}: {peer.Victim.Failure}");
        Assert.Equal(isConnected, peer.Victim.Engine.IsHandshakeComplete);
    }

    private static TheoryData<string, int> Cells(IEnumerable<(string Name, int[] Allowed)> states)
    {
        var data = new TheoryData<string, int>();
        foreach ((string name, int[] allowed) in states)
        {
            foreach (int message in _everything.Except(allowed))
                data.Add(name, message);
        }

        return data;
    }
}
