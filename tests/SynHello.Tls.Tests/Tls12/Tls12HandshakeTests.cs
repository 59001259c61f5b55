using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Two engines in memory that speak TLS 1.2: what they agree on.</summary>
public sealed class Tls12HandshakeTests
{
    public static TheoryData<int, int, CertificateKind> Combinations
    {
        get
        {
            var data = new TheoryData<int, int, CertificateKind>();
            foreach (NamedGroup group in Engines.Groups)
            {
                foreach (CipherSuite suite in Tls12Engines.Suites)
                {
                    foreach (CertificateKind kind in Enum.GetValues<CertificateKind>())
                    {
                        if (Tls12CipherSuiteParameters.Of(suite).IsEcdsa == (kind != CertificateKind.Rsa2048))
                            data.Add(group.Value, suite.Value, kind);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Handshake_CompletesWithEveryGroupSuiteAndKey(int groupValue, int suiteValue, CertificateKind kind)
    {
        var group = new NamedGroup((ushort)groupValue);
        var suite = new CipherSuite((ushort)suiteValue);
        using EnginePair pair = Tls12Engines.Connected(
            Tls12Engines.Client(suites: [CipherSuite.TlsAes128GcmSha256, suite], groups: [group]),
            Tls12Engines.Server([Engines.Credential(kind)]));
        foreach (TlsNegotiation negotiated in new[] { pair.Client.Engine.Negotiated, pair.Server.Engine.Negotiated })
        {
            Assert.Equal(group, negotiated.Group);
            Assert.Equal(suite, negotiated.CipherSuite);
            Assert.Equal("example.com", negotiated.ServerName);
            Assert.False(negotiated.IsResumed);
            SignatureScheme scheme = kind switch
            {
                CertificateKind.EcdsaP256 => SignatureScheme.EcdsaSecp256r1Sha256,
                CertificateKind.EcdsaP384 => SignatureScheme.EcdsaSecp384r1Sha384,
                _ => SignatureScheme.RsaPssRsaeSha256,
            };
            Assert.Equal(scheme, negotiated.SignatureScheme);
        }

        TestChain chain = TestCertificates.Shared(kind);
        Assert.Equal(
            [chain.Leaf.RawData, chain.Intermediates[0].RawData],
            pair.Client.Engine.Negotiated.PeerCertificates.Select(der => der.ToArray()));
        Assert.Equal(2, pair.RoundTrips);
        Engines.AssertTalks(pair, 40_000);
        Assert.Equal([TlsEvent.NeedCertificateVerdict, TlsEvent.HandshakeCompleted], pair.Client.Events);
        Assert.Equal([TlsEvent.HandshakeCompleted], pair.Server.Events);
    }

    [Fact]
    public void Flights_HaveTheRecordsOfTheRfc()
    {
        using EnginePair pair = Tls12Engines.Connected();
        ContentType[] client =
            [ContentType.Handshake, ContentType.Handshake, ContentType.ChangeCipherSpec, ContentType.Handshake];
        ContentType[] server = [ContentType.Handshake, ContentType.ChangeCipherSpec, ContentType.Handshake];
        Assert.Equal(client, RecordReader.Types(pair.Client.Sent));
        Assert.Equal(server, RecordReader.Types(pair.Server.Sent));
        Assert.All(RecordReader.Split(pair.Server.Sent), record => Assert.Equal([3, 3], record.Record[1..3]));
    }

    [Fact]
    public void Clients_OfTls12AloneSendNothingOfTls13()
    {
        using var pair = new EnginePair(Tls12Engines.Client(Tls12Engines.Only), Tls12Engines.Server());
        pair.ClientEngine.Start(pair.Client.Output);
        ClientHello hello = ClientHello.Parse(pair.Client.Sent[9..]);
        Assert.False(hello.Present.Contains(ExtensionType.SupportedVersions));
        Assert.False(hello.Present.Contains(ExtensionType.KeyShare));
        Assert.True(hello.LegacySessionId.IsEmpty);
        for (int i = 0; i < hello.CipherSuites.Count; i++)
            Assert.False(new CipherSuite(hello.CipherSuites[i]).IsTls13);
        pair.Pump();
        Engines.AssertConnected(pair);
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void ClientHello_GrowsByLittleForTls12()
    {
        int tls13 = Length(new TlsClientConfiguration(DefaultCryptoProvider.Instance) { TimeProvider = TimeProvider.System });
        int both = Length(Tls12Engines.Client(clock: TimeProvider.System));

        // Six suites and the code point of RFC 5746, a version, ec_point_formats, extended_master_secret, session_ticket.
        Assert.Equal(tls13 + 14 + 2 + 6 + 4 + 4, both);

        static int Length(TlsClientConfiguration configuration)
        {
            using var engine = new TlsClientEngine(configuration, "example.com");
            engine.Start(new System.Buffers.ArrayBufferWriter<byte>());
            return engine.ClientHelloLength;
        }
    }

    [Theory]
    [InlineData(new int[] { 0x0401 }, CertificateKind.Rsa2048, 0x0401)]
    [InlineData(new int[] { 0x0601, 0x0501 }, CertificateKind.Rsa2048, 0x0501)]
    [InlineData(new int[] { 0x0401, 0x0805 }, CertificateKind.Rsa2048, 0x0805)]
    [InlineData(new int[] { 0x0403 }, CertificateKind.EcdsaP384, 0x0403)]
    [InlineData(new int[] { 0x0503 }, CertificateKind.EcdsaP256, 0x0503)]
    public void Server_SignsWithWhatOlderClientsTake(int[] offered, CertificateKind kind, int chosen)
    {
        using var client = new Tls12HostileClient(Tls12Engines.Server([Engines.Credential(kind)]));
        client.SendHello(Tls12HostileClient.Hello()
            .With(13, Octets.Vector16([.. offered.SelectMany(scheme => Octets.Two(scheme))])));
        client.AssertNotRefused();
        Assert.Equal(chosen, client.Victim.Engine.Negotiated.SignatureScheme.Value);
        client.SendFlight();
        Assert.True(client.Victim.Engine.IsHandshakeComplete);
    }

    [Fact]
    public void Client_ChecksPkcs1AndOtherCurvesHashes()
    {
        foreach (CertificateKind kind in Enum.GetValues<CertificateKind>())
        {
            foreach (SignatureScheme scheme in Engines.Credential(kind).Tls12SignatureSchemes)
            {
                using var server = new Tls12HostileServer { Credential = Engines.Credential(kind), Scheme = scheme };
                server.Connect();
                Assert.Equal(scheme, server.Victim.Engine.Negotiated.SignatureScheme);
            }
        }
    }

    [Fact]
    public void Server_TakesSecp256r1WhereTheClientNamesNoGroup()
    {
        using var client = new Tls12HostileClient();
        client.SendHello(Tls12HostileClient.Hello().Without(10));
        client.AssertNotRefused();
        Assert.Equal(NamedGroup.Secp256r1, client.Victim.Engine.Negotiated.Group);
        client.SendFlight();
        Assert.True(client.Victim.Engine.IsHandshakeComplete);
    }

    [Theory]
    [InlineData("h2,http/1.1", "http/1.1,h2", "h2")]
    [InlineData("h2", "", "")]
    [InlineData("", "h2", "")]
    public void ApplicationProtocol_IsTheServersBestThatTheClientHas(string server, string client, string expected)
    {
        using EnginePair pair = Tls12Engines.Connected(
            Tls12Engines.Client(protocols: Protocols(client)), Tls12Engines.Server(protocols: Protocols(server)));
        Assert.Equal(expected, pair.Client.Engine.Negotiated.ApplicationProtocol.ToString());
        Assert.Equal(expected, pair.Server.Engine.Negotiated.ApplicationProtocol.ToString());

        static System.Net.Security.SslApplicationProtocol[] Protocols(string names) =>
            Engines.Protocols(names.Split(',', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void OcspResponse_IsShownToClientsThatAskForIt()
    {
        byte[] response = Engines.Pattern(700, 11);
        var credential = new StapledTestCredential(Engines.Credential(), response);
        var asking = new TlsClientConfiguration(DefaultCryptoProvider.Instance)
        {
            Versions = Tls12Engines.Both,
            RequestOcspResponses = true,
        };
        using EnginePair pair = Tls12Engines.Connected(asking, Tls12Engines.Server([credential]));
        Assert.Equal(response, pair.Client.Engine.Negotiated.PeerOcspResponses[0].ToArray());
        Assert.Equal(2, pair.Client.Engine.Negotiated.PeerOcspResponses.Count);

        using EnginePair other = Tls12Engines.Connected(Tls12Engines.Client(), Tls12Engines.Server([credential]));
        Assert.Empty(other.Client.Engine.Negotiated.PeerOcspResponses);

        // A server that says it would and does not is right too (RFC 6066 section 8).
        using var server = new Tls12HostileServer(asking) { PromisesStatus = true };
        server.Connect();
    }

    /// <summary>RFC 5705 section 4: the labels that make the keys themselves would give them away.</summary>
    [Theory]
    [InlineData("client finished")]
    [InlineData("server finished")]
    [InlineData("master secret")]
    [InlineData("extended master secret")]
    [InlineData("key expansion")]
    public void Exporter_RefusesTheProtocolsOwnLabels(string label)
    {
        using EnginePair pair = Tls12Engines.Connected(Tls12Engines.Client(), Tls12Engines.Server());
        Assert.Throws<ArgumentException>(() => Tls12Engines.Export(pair.Client, label, [], 48));
        Assert.NotEmpty(Tls12Engines.Export(pair.Client, $"EXPORTER-{label}", [], 48));
    }

    [Fact]
    public void Exporter_GivesBothSidesTheSame()
    {
        using EnginePair pair = Tls12Engines.Connected();
        using EnginePair other = Tls12Engines.Connected();
        byte[] first = Tls12Engines.Export(pair.Client, "EXPORTER-a", [1, 2, 3], 48);
        Assert.Equal(first, Tls12Engines.Export(pair.Server, "EXPORTER-a", [1, 2, 3], 48));
        Assert.NotEqual(first, Tls12Engines.Export(pair.Client, "EXPORTER-b", [1, 2, 3], 48));
        Assert.NotEqual(first, Tls12Engines.Export(pair.Client, "EXPORTER-a", [], 48));
        Assert.NotEqual(first, Tls12Engines.Export(other.Client, "EXPORTER-a", [1, 2, 3], 48));
        Assert.Equal(
            Tls12Engines.Export(pair.Client, "EXPORTER-a", new byte[1000], 500),
            Tls12Engines.Export(pair.Server, "EXPORTER-a", new byte[1000], 500));
        Assert.Throws<InvalidOperationException>(() => pair.Client.Engine.UpdateKey(false, pair.Client.Output));
    }

    [Fact]
    public void KeyLog_HoldsTheMasterSecretOnce()
    {
        List<string> client = [], server = [];
        using EnginePair pair = Tls12Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { Versions = Tls12Engines.Both, KeyLog = client.Add },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                Versions = Tls12Engines.Only,
                KeyLog = server.Add,
            });
        string[] parts = Assert.Single(client).Split(' ');
        Assert.Equal(client, server);
        Assert.Equal("CLIENT_RANDOM", parts[0]);
        Assert.Equal(Convert.ToHexStringLower(pair.Client.Sent[11..43]), parts[1]);
        Assert.Equal(96, parts[2].Length);
    }

    [Fact]
    public void RecordSizeLimit_BindsBothSides()
    {
        using EnginePair pair = Tls12Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { Versions = Tls12Engines.Both, RecordSizeLimit = 100 },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                Versions = Tls12Engines.Only,
                RecordSizeLimit = 200,
            });
        int client = pair.Client.Sent.Length, server = pair.Server.Sent.Length;
        Engines.AssertTalks(pair, 5000);
        Assert.Equal(200 + 24, RecordReader.Split(pair.Client.Sent[client..]).Max(record => record.Record.Length - 5));
        Assert.Equal(100 + 24, RecordReader.Split(pair.Server.Sent[server..]).Max(record => record.Record.Length - 5));
    }

    [Fact]
    public void CloseNotify_EndsEachSidesDataAlone()
    {
        using EnginePair pair = Tls12Engines.Connected();
        pair.Client.Engine.SendCloseNotify(pair.Client.Output);
        pair.Pump();
        Assert.True(pair.Server.Engine.IsPeerClosed);
        pair.Server.Send([1, 2, 3]);
        pair.Pump();
        Assert.Equal([1, 2, 3], pair.Client.Plaintext.ToArray());
        pair.Server.Engine.ReceiveEnd();
        Assert.Throws<TlsProtocolException>(pair.Client.Engine.ReceiveEnd);
    }

    [Fact]
    public void PartsOfRecords_AreWaitedFor()
    {
        using var pair = new EnginePair(Tls12Engines.Client(), Tls12Engines.Server())
        {
            Split = bytes => bytes.Select(octet => (byte[])[octet]),
        };
        pair.Handshake();
        Engines.AssertConnected(pair);
        Engines.AssertTalks(pair);
    }
}
