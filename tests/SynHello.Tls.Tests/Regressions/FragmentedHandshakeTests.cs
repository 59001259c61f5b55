using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Handshake messages in as many records as they have octets, or longer than any record.</summary>
public sealed class FragmentedHandshakeTests
{
    public static TheoryData<int> Sizes => [1, 2, 3, 5, 64];

    /// <summary>
    /// RUSTSEC-2024-0399: a ClientHello in several records brought down a server that looked at it before it was whole. Here every message
    /// of either side comes that way, in both versions.
    /// </summary>
    [Theory]
    [MemberData(nameof(Sizes))]
    public void MessagesInTheClear_InRecordsOfAnySize_AreTaken(int size)
    {
        using EnginePair newer = new(Engines.Client(), Engines.Server());
        Connect(newer, size);
        using EnginePair retried = Engines.RetryingPair();
        Connect(retried, size);
        using EnginePair older = new(Tls12Engines.Client(), Tls12Engines.Server());
        Connect(older, size);
        Assert.Equal(ProtocolVersion.Tls12, older.ServerEngine.Negotiated.Version);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void MessagesUnderKeys_InRecordsOfAnySize_AreTaken(int size)
    {
        using var server = new HostileServer();
        server.SendHello(server.Hello());
        byte[] flight = [.. server.EncryptedExtensions(), .. server.Certificate(), .. server.CertificateVerify(), .. server.Finished()];
        server.PrepareApplication();
        foreach (byte[] fragment in flight.Chunk(size))
            server.Protected(ContentType.Handshake, fragment);
        server.AssertNotRefused();
        Assert.True(server.Victim.Engine.IsHandshakeComplete);

        using var client = new HostileClient(new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
        {
            ClientCertificateMode = TlsClientCertificateMode.Required,
        });
        client.SendHello(client.Hello());
        TlsCredential credential = Engines.Credential();
        byte[] answer = [.. client.Certificate(credential), .. client.CertificateVerify(credential), .. client.Finished()];
        foreach (byte[] fragment in answer.Chunk(size))
            client.Protected(ContentType.Handshake, fragment);
        client.AssertNotRefused();
        Assert.True(client.Victim.Engine.IsHandshakeComplete);
    }

    /// <summary>
    /// CVE-2016-6309: a message above 16 KB made its buffer move, and what had been read of it was written to where it had been. The
    /// message is right to its last octet, whichever way it came.
    /// </summary>
    [Theory]
    [InlineData(16_384)]
    [InlineData(16_000)]
    [InlineData(997)]
    public void Message_ThatOutgrowsItsBuffer_ArrivesWhole(int size)
    {
        byte[] leaf = Engines.Credential().CertificateChain[0].ToArray();
        byte[][] chain = [leaf, .. Enumerable.Range(1, 30).Select(i => Engines.Pattern(1900 + i, i))];

        using var newer = new HostileServer();
        newer.SendHello(newer.Hello());
        newer.Handshake(newer.EncryptedExtensions());
        Send(newer, newer.Certificate(chain));
        newer.Handshake(newer.CertificateVerify());
        AssertArrived(newer);

        using var older = new Tls12HostileServer();
        older.SendHello(older.Hello());
        Send(older, older.Message(11, Octets.Vector24([.. chain.SelectMany(der => Octets.Vector24(der))])));
        older.Handshake(older.ServerKeyExchange(), older.HelloDone());
        AssertArrived(older);

        void Send(HostilePeer peer, byte[] message)
        {
            Assert.True(message.Length > 3 * RecordHeader.MaximumPlaintext);
            foreach (byte[] fragment in message.Chunk(size))
            {
                if (peer.IsWriting)
                    peer.Protected(ContentType.Handshake, fragment);
                else
                    peer.Plain(ContentType.Handshake, fragment);
            }
        }

        void AssertArrived(HostilePeer peer)
        {
            peer.AssertNotRefused();
            Assert.Contains(TlsEvent.NeedCertificateVerdict, peer.Victim.Events);
            Assert.Equal(chain, peer.Victim.Engine.Negotiated.PeerCertificates.Select(der => der.ToArray()));
        }
    }

    private static void Connect(EnginePair pair, int size)
    {
        pair.TamperClient = pair.TamperServer = bytes => Refragment(bytes, size);
        pair.Handshake();
        pair.TamperClient = pair.TamperServer = null;
        Engines.AssertConnected(pair);
        Engines.AssertTalks(pair);
    }

    /// <summary>The same messages in more records; what is behind change_cipher_spec is protected, and left as it is.</summary>
    private static byte[] Refragment(byte[] bytes, int size)
    {
        var cut = new List<byte>();
        bool isPlain = true;
        foreach ((ContentType type, byte[] record) in RecordReader.Split(bytes))
        {
            isPlain &= type != ContentType.ChangeCipherSpec;
            if (type != ContentType.Handshake || !isPlain)
                cut.AddRange(record);
            else
                cut.AddRange(record[RecordHeader.Size..].Chunk(size).SelectMany(fragment => Octets.Record(22, fragment)));
        }

        return [.. cut];
    }
}
