using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Two engines in memory: what they agree on.</summary>
public sealed class HandshakeTests
{
    public static TheoryData<int, int, CertificateKind> Combinations
    {
        get
        {
            var data = new TheoryData<int, int, CertificateKind>();
            foreach (NamedGroup group in Engines.Groups)
            {
                foreach (CipherSuite suite in Engines.Suites)
                {
                    foreach (CertificateKind kind in Enum.GetValues<CertificateKind>())
                        data.Add(group.Value, suite.Value, kind);
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
        using EnginePair pair = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { Groups = [group], CipherSuites = [suite] },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential(kind)]));
        foreach (TlsNegotiation negotiated in new[] { pair.Client.Engine.Negotiated, pair.Server.Engine.Negotiated })
        {
            Assert.Equal(ProtocolVersion.Tls13, negotiated.Version);
            Assert.Equal(group, negotiated.Group);
            Assert.Equal(suite, negotiated.CipherSuite);
            Assert.Equal("example.com", negotiated.ServerName);
            Assert.False(negotiated.HelloRetryRequested);
            Assert.False(negotiated.ClientCertificateRequested);
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
        Assert.Empty(pair.Server.Engine.Negotiated.PeerCertificates);
        Assert.Equal(2, pair.RoundTrips); // the hello and its answer; then the client's Finished, which nothing answers
        Engines.AssertTalks(pair, 40_000);
        Assert.Equal([TlsEvent.NeedCertificateVerdict, TlsEvent.HandshakeCompleted], pair.Client.Events);
        Assert.Equal([TlsEvent.HandshakeCompleted], pair.Server.Events);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MiddleboxCompatibility_SendsChangeCipherSpecOnBothSidesOrOnNeither(bool compatibility)
    {
        using EnginePair pair = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { MiddleboxCompatibility = compatibility });
        ContentType[] dummy = compatibility ? [ContentType.ChangeCipherSpec] : [];
        Assert.Equal(
            [ContentType.Handshake, .. dummy, ContentType.ApplicationData], RecordReader.Types(pair.Client.Sent));
        Assert.Equal(
            [ContentType.Handshake, .. dummy, ContentType.ApplicationData], RecordReader.Types(pair.Server.Sent));
        int sessionIdLength = pair.Client.Sent[5 + 4 + 2 + 32];
        Assert.Equal(compatibility ? 32 : 0, sessionIdLength);
    }

    [Fact]
    public void FirstRecord_HasTheVersionOfAFirstHelloAndOthersThatOfTls12()
    {
        using EnginePair pair = Engines.RetryingPair().Handshake();
        Engines.AssertConnected(pair);
        List<(ContentType Type, byte[] Record)> records = RecordReader.Split(pair.Client.Sent);
        Assert.Equal([3, 1], records[0].Record[1..3]);
        Assert.All(records.Skip(1), record => Assert.Equal([3, 3], record.Record[1..3]));
        Assert.All(RecordReader.Split(pair.Server.Sent), record => Assert.Equal([3, 3], record.Record[1..3]));
    }

    [Fact]
    public void ClientHelloLength_IsWhatTheSynHasToHold()
    {
        using var pair = new EnginePair(Engines.Client(), Engines.Server());
        Assert.Equal(0, pair.ClientEngine.ClientHelloLength);
        pair.ClientEngine.Start(pair.Client.Output);
        Assert.Equal(pair.Client.Sent.Length, pair.ClientEngine.ClientHelloLength);
        Assert.InRange(pair.ClientEngine.ClientHelloLength, 100, 300);
        Assert.Throws<InvalidOperationException>(() => pair.ClientEngine.Start(pair.Client.Output));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void HelloRetryRequest_LeadsToTheServersGroup(bool compatibility)
    {
        using EnginePair pair = Engines.RetryingPair(compatibility).Handshake();
        Engines.AssertConnected(pair);
        Assert.Equal(3, pair.RoundTrips);
        Assert.Equal(NamedGroup.Secp384r1, pair.Client.Engine.Negotiated.Group);
        Assert.Equal(NamedGroup.Secp384r1, pair.Server.Engine.Negotiated.Group);
        Assert.True(pair.Client.Engine.Negotiated.HelloRetryRequested);
        Assert.True(pair.Server.Engine.Negotiated.HelloRetryRequested);

        // RFC 8446 appendix D.4: the client's in front of its second hello, the server's behind its
        // HelloRetryRequest, once each.
        ContentType[] dummy = compatibility ? [ContentType.ChangeCipherSpec] : [];
        Assert.Equal(
            [ContentType.Handshake, .. dummy, ContentType.Handshake, ContentType.ApplicationData],
            RecordReader.Types(pair.Client.Sent));
        Assert.Equal(
            [ContentType.Handshake, .. dummy, ContentType.Handshake, ContentType.ApplicationData],
            RecordReader.Types(pair.Server.Sent));
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void HelloRetryRequest_WorksWithEverySuite()
    {
        foreach (CipherSuite suite in Engines.Suites)
        {
            using var pair = new EnginePair(
                new TlsClientConfiguration(DefaultCryptoProvider.Instance),
                new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
                {
                    Groups = [NamedGroup.Secp256r1],
                    CipherSuites = [suite],
                });
            pair.Handshake();
            Engines.AssertConnected(pair);
            Engines.AssertTalks(pair);
        }
    }

    [Fact]
    public void KeyShares_OfTwoGroups_SpareTheRetry()
    {
        using EnginePair pair = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                KeyShareGroups = [NamedGroup.X25519, NamedGroup.Secp256r1],
            },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                Groups = [NamedGroup.Secp256r1],
            });
        Assert.False(pair.Client.Engine.Negotiated.HelloRetryRequested);
        Assert.Equal(NamedGroup.Secp256r1, pair.Client.Engine.Negotiated.Group);
    }

    [Fact]
    public void Server_PrefersAShareThatIsThereToABetterGroup()
    {
        using EnginePair pair = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                Groups = [NamedGroup.Secp384r1, NamedGroup.X25519],
            });
        Assert.Equal(NamedGroup.Secp384r1, pair.Server.Engine.Negotiated.Group);
    }

    [Fact]
    public void Server_TakesTheFirstCertificateThatTheClientCanCheck()
    {
        using EnginePair pair = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                SignatureSchemes = [SignatureScheme.RsaPssRsaeSha384],
            },
            new TlsServerConfiguration(
                DefaultCryptoProvider.Instance, [Engines.Credential(), Engines.Credential(CertificateKind.Rsa2048)]));
        Assert.Equal(SignatureScheme.RsaPssRsaeSha384, pair.Client.Engine.Negotiated.SignatureScheme);
    }

    [Theory]
    [InlineData("h2,http/1.1", "http/1.1,h2", "h2")]
    [InlineData("http/1.1", "h2,http/1.1", "http/1.1")]
    [InlineData("h2", "", "")]
    [InlineData("", "h2", "")]
    public void ApplicationProtocol_IsTheServersBestThatTheClientHas(string server, string client, string expected)
    {
        using EnginePair pair = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                ApplicationProtocols = Engines.Protocols(client.Split(',', StringSplitOptions.RemoveEmptyEntries)),
            },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                ApplicationProtocols = Engines.Protocols(server.Split(',', StringSplitOptions.RemoveEmptyEntries)),
            });
        Assert.Equal(expected, pair.Client.Engine.Negotiated.ApplicationProtocol.ToString());
        Assert.Equal(expected, pair.Server.Engine.Negotiated.ApplicationProtocol.ToString());
    }

    [Theory]
    [InlineData("a.example", "a.example")]
    [InlineData(null, null)]
    [InlineData("192.0.2.1", null)]
    [InlineData("2001:db8::1", null)]
    public void ServerName_IsSentUnlessItIsAnAddress(string? name, string? seen)
    {
        using var pair = new EnginePair(Engines.Client(), Engines.Server(), name);
        pair.Handshake();
        Engines.AssertConnected(pair);
        Assert.Equal(seen, pair.Server.Engine.Negotiated.ServerName);
        Assert.Equal(seen, pair.Client.Engine.Negotiated.ServerName);
    }

    [Theory]
    [InlineData("")]
    [InlineData("exämple.com")]
    public void ServerName_RefusesWhatCannotBeSent(string name) =>
        Assert.Throws<ArgumentException>(() => new TlsClientEngine(Engines.Client(), name));

    [Fact]
    public void Exporter_GivesBothSidesTheSameAndDiffersByLabelContextAndConnection()
    {
        using EnginePair pair = Engines.Connected();
        using EnginePair other = Engines.Connected();
        byte[] first = Export(pair.Client, "EXPORTER-a", [1, 2, 3], 48);
        Assert.Equal(first, Export(pair.Server, "EXPORTER-a", [1, 2, 3], 48));
        Assert.NotEqual(first, Export(pair.Client, "EXPORTER-b", [1, 2, 3], 48));
        Assert.NotEqual(first, Export(pair.Client, "EXPORTER-a", [1, 2, 4], 48));
        Assert.NotEqual(first, Export(other.Client, "EXPORTER-a", [1, 2, 3], 48));
        Assert.NotEqual(first[..16], Export(pair.Client, "EXPORTER-a", [1, 2, 3], 16));
        // the length is part of the label
        byte[] longest = Export(pair.Client, "EXPORTER-a", new byte[1000], 255 * 32);
        Assert.Equal(longest, Export(pair.Server, "EXPORTER-a", new byte[1000], 255 * 32));
        Export(pair.Client, new string('x', 249), [], 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => Export(pair.Client, new string('x', 250), [], 1));
    }

    private static byte[] Export(EngineEnd end, string label, byte[] context, int length)
    {
        byte[] material = new byte[length];
        end.Engine.ExportKeyingMaterial(label, context, material);
        return material;
    }
}
