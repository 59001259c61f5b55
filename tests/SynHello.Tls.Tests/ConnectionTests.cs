using System.Buffers;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Two engines in memory after the handshake: data, keys, sizes and the end.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public void Data_OfAnySizeArrivesBothWays()
    {
        using EnginePair pair = Engines.Connected();
        foreach (int length in new[] { 1, 2, 16_383, 16_384, 16_385, 100_000 })
            Engines.AssertTalks(pair, length);
    }

    [Fact]
    public void EmptySend_MakesAnEmptyRecord()
    {
        using EnginePair pair = Engines.Connected();
        pair.Client.TakeOutput();
        pair.Client.Send([]);
        byte[] record = pair.Client.TakeOutput();
        Assert.Equal(5 + 1 + Aead.TagLength, record.Length);
        pair.Server.Deliver(record);
        Assert.Null(pair.Server.Failure);
        Assert.True(pair.Server.Plaintext.IsEmpty);
    }

    [Fact]
    public void Send_IsRefusedBeforeTheHandshakeIsComplete()
    {
        using var pair = new EnginePair(Engines.Client(), Engines.Server());
        pair.ClientEngine.Start(pair.Client.Output);
        Assert.Throws<InvalidOperationException>(() => pair.Client.Send([1]));
        Assert.Throws<InvalidOperationException>(() => pair.Client.Engine.UpdateKey(true, pair.Client.Output));
        Assert.Throws<InvalidOperationException>(() => pair.Client.Engine.ExportKeyingMaterial("x", [], new byte[1]));
        Assert.Throws<InvalidOperationException>(() => pair.ClientEngine.AcceptCertificate());
    }

    [Fact]
    public void Verdict_IsWaitedForAndNothingBehindItIsConsumed()
    {
        using var pair = new EnginePair(Engines.Client(), Engines.Server());
        pair.Client.AnswersVerdicts = false;
        pair.Handshake();
        Assert.Equal([TlsEvent.NeedCertificateVerdict], pair.Client.Events);
        Assert.False(pair.Client.Engine.IsHandshakeComplete);
        byte[] more = [23, 3, 3, 0, 1, 9];
        Assert.Equal(0, pair.Client.Engine.Receive(more, new ArrayBufferWriter<byte>(), pair.Client.Output));
        pair.ClientEngine.AcceptCertificate();
        pair.Client.Drive();
        pair.Pump();
        Engines.AssertConnected(pair);
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void Verdict_ThatRefusesEndsTheConnectionOnBothSides()
    {
        using var pair = new EnginePair(Engines.Client(), Engines.Server());
        pair.Client.Verdict = new TlsProtocolException(TlsErrorCause.CertificateExpired);
        pair.Handshake();
        Assert.Equal(TlsErrorCause.CertificateExpired, pair.Client.Failure?.Cause);
        Assert.Equal(TlsErrorCause.PeerAlert, pair.Server.Failure?.Cause);
        Assert.Equal(AlertDescription.CertificateExpired, pair.Server.Failure?.PeerAlert);
    }

    [Fact]
    public void KeyUpdate_ChangesOneSidesKeyAndOnRequestTheOthersToo()
    {
        using EnginePair pair = Engines.Connected();
        pair.Client.Engine.UpdateKey(requestPeer: false, pair.Client.Output);
        pair.Pump();
        Assert.Contains(TlsEvent.KeyUpdated, pair.Server.Events);
        Engines.AssertTalks(pair);
        Assert.DoesNotContain(TlsEvent.KeyUpdated, pair.Client.Events);

        pair.Server.Engine.UpdateKey(requestPeer: true, pair.Server.Output);
        pair.Pump();
        Assert.Single(pair.Client.Events, TlsEvent.KeyUpdated);
        Assert.Single(pair.Server.Events, TlsEvent.KeyUpdated); // the answer waits for the client's next data
        Engines.AssertTalks(pair);
        Assert.Equal(2, pair.Server.Events.Count(tlsEvent => tlsEvent == TlsEvent.KeyUpdated));
        Engines.AssertTalks(pair);
        Assert.Equal(2, pair.Server.Events.Count(tlsEvent => tlsEvent == TlsEvent.KeyUpdated));
    }

    [Fact]
    public void KeyUpdate_IsOwedOnceHoweverOftenItIsAskedFor()
    {
        using EnginePair pair = Engines.Connected();
        for (int i = 0; i < 5; i++)
            pair.Server.Engine.UpdateKey(requestPeer: true, pair.Server.Output);
        pair.Pump();
        pair.Client.TakeOutput();
        pair.Client.Send([1]);
        pair.Client.Send([2]);
        byte[] sent = pair.Client.TakeOutput();
        Assert.Equal(3, RecordReader.Split(sent).Count); // one KeyUpdate, two records of data
        pair.Server.Deliver(sent);
        Assert.Null(pair.Server.Failure);
        Assert.Single(pair.Server.Events, TlsEvent.KeyUpdated);
        Assert.True(pair.Server.Plaintext.SequenceEqual((ReadOnlySpan<byte>)[1, 2]));
    }

    /// <summary>RFC 8446 section 4.6.3: the answer is an update that asks for none.</summary>
    [Fact]
    public void KeyUpdate_ThatAsksDoesNotSettleTheOneThatIsOwed()
    {
        using EnginePair pair = Engines.Connected();
        pair.Server.Engine.UpdateKey(requestPeer: true, pair.Server.Output);
        pair.Pump();
        pair.Client.Engine.UpdateKey(requestPeer: true, pair.Client.Output);
        pair.Client.Send([1]);
        Assert.Equal(3, RecordReader.Split(pair.Client.TakeOutput()).Count); // asking, answering, data
    }

    [Fact]
    public void KeyUpdate_OfBothSidesAtOnceCrosses()
    {
        using EnginePair pair = Engines.Connected();
        for (int i = 0; i < 20; i++)
        {
            pair.Client.Engine.UpdateKey(requestPeer: true, pair.Client.Output);
            pair.Server.Engine.UpdateKey(requestPeer: true, pair.Server.Output);
            Engines.AssertTalks(pair);
        }
    }

    [Theory]
    [InlineData(1, 10, 11)]
    [InlineData(64, 10, 64)]
    [InlineData(64, 63, 64)]
    [InlineData(64, 64, 128)]
    [InlineData(100, 250, 300)]
    [InlineData(4096, 16_384, 16_385)] // never above the protocol's limit
    [InlineData(4096, 0, 4096)]
    public void RecordPadding_RoundsTheInnerPlaintextUp(int padding, int length, int innerLength)
    {
        using EnginePair pair = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { RecordPadding = padding },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                RecordPadding = padding,
            });
        pair.Client.TakeOutput();
        byte[] data = Engines.Pattern(length, 9);
        pair.Client.Send(data);
        byte[] sent = pair.Client.TakeOutput();
        Assert.Equal(5 + innerLength + Aead.TagLength, sent.Length);
        pair.Server.Deliver(sent);
        Assert.True(pair.Server.Plaintext.SequenceEqual(data));
    }

    [Theory]
    [InlineData(64, null)]
    [InlineData(64, 64)]
    [InlineData(500, 16_385)]
    [InlineData(null, 64)]
    [InlineData(16_385, 1000)]
    public void RecordSizeLimit_BoundsEveryProtectedRecord(int? client, int? server)
    {
        using EnginePair pair = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                RecordSizeLimit = client,
                RecordPadding = 100,
            },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                RecordSizeLimit = server,
                RecordPadding = 100,
            });
        Engines.AssertTalks(pair, 50_000);
        int toClient = client ?? 16_385;
        int toServer = client is null ? 16_385 : server ?? 16_385; // not offered, so not answered
        AssertLargest(pair.Server.Sent, toClient);
        AssertLargest(pair.Client.Sent, toServer);
        if (toClient == 64)
        {
            // EncryptedExtensions to Finished, with two certificates in it, went out in records of 63 bytes.
            int protectedRecords =
                RecordReader.Types(pair.Server.Sent).Count(type => type == ContentType.ApplicationData);
            Assert.True(protectedRecords > (50_000 / 63) + (800 / 63));
        }
    }

    [Theory]
    [InlineData(63)]
    [InlineData(16_386)]
    public void RecordSizeLimit_RefusesValuesOutsideTheProtocol(int limit) =>
        Assert.Throws<ArgumentOutOfRangeException>(
        () => new TlsClientConfiguration(DefaultCryptoProvider.Instance) { RecordSizeLimit = limit });

    [Fact]
    public void CloseNotify_ClosesOneDirectionAtATime()
    {
        using EnginePair pair = Engines.Connected();
        pair.Client.Engine.SendCloseNotify(pair.Client.Output);
        pair.Client.Engine.SendCloseNotify(pair.Client.Output); // does nothing more
        pair.Pump();
        Assert.True(pair.Server.Engine.IsPeerClosed);
        Assert.Single(pair.Server.Events, TlsEvent.PeerClosed);
        Assert.False(pair.Client.Engine.IsPeerClosed);
        Assert.Throws<InvalidOperationException>(() => pair.Client.Send([1]));
        Assert.Throws<InvalidOperationException>(() => pair.Client.Engine.UpdateKey(false, pair.Client.Output));

        pair.Server.Send([1, 2, 3]);
        pair.Server.Engine.SendCloseNotify(pair.Server.Output);
        pair.Pump();
        Assert.True(pair.Client.Plaintext.SequenceEqual((ReadOnlySpan<byte>)[1, 2, 3]));
        Assert.True(pair.Client.Engine.IsPeerClosed);
        pair.Client.Engine.ReceiveEnd();
        pair.Server.Engine.ReceiveEnd();
    }

    [Fact]
    public void CloseNotify_MakesWhatFollowsOfNoInterest()
    {
        using EnginePair pair = Engines.Connected();
        pair.Client.Engine.SendCloseNotify(pair.Client.Output);
        pair.Server.Deliver([.. pair.Client.TakeOutput(), 1, 2, 3, 4, 5, 6, 7, 8]);
        pair.Server.Deliver([23, 3, 3, 0, 1, 0]);
        Assert.Null(pair.Server.Failure);
        Assert.Equal(0, pair.Server.Unconsumed);
    }

    [Fact]
    [Refuses(TlsErrorCause.TruncatedByPeer)]
    public void End_WithoutCloseNotifyIsATruncation()
    {
        using EnginePair pair = Engines.Connected();
        pair.Server.Send(new byte[100]);
        pair.Client.Deliver(pair.Server.TakeOutput().AsSpan(0, 60));
        TlsProtocolException exception = Assert.Throws<TlsProtocolException>(pair.Client.Engine.ReceiveEnd);
        Assert.Equal(TlsErrorCause.TruncatedByPeer, exception.Cause);
        Assert.True(pair.Client.Plaintext.IsEmpty);
        exception = Assert.Throws<TlsProtocolException>(() => pair.Client.Send([1]));
        Assert.Equal(TlsErrorCause.TruncatedByPeer, exception.Cause);
        Assert.Empty(pair.Client.TakeOutput()); // nobody is there to be told

        using var early = new EnginePair(Engines.Client(), Engines.Server());
        early.ClientEngine.Start(early.Client.Output);
        exception = Assert.Throws<TlsProtocolException>(early.Client.Engine.ReceiveEnd);
        Assert.Contains("before the handshake", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Refuses(TlsErrorCause.HandshakeTimeout)]
    public void Abort_TellsThePeerAndEndsTheConnection()
    {
        using var pair = new EnginePair(Engines.Client(), Engines.Server());
        var timeout = new TlsProtocolException(TlsErrorCause.HandshakeTimeout);
        pair.Server.Engine.Abort(timeout, pair.Server.Output);
        Assert.Equal("1503030002015a" + "15030300020100", Convert.ToHexStringLower(pair.Server.TakeOutput()));
        pair.Server.Engine.Abort(timeout, pair.Server.Output);
        Assert.Empty(pair.Server.TakeOutput());
        pair.Server.Deliver([22]);
        Assert.Equal(TlsErrorCause.HandshakeTimeout, pair.Server.Failure?.Cause);
    }

    [Fact]
    public void PeerAlert_IsReportedAgainByLaterCalls()
    {
        using EnginePair pair = Engines.Connected();
        pair.Client.Engine.Abort(new TlsProtocolException(TlsErrorCause.InternalError), pair.Client.Output);
        pair.Pump();
        Assert.Equal(AlertDescription.InternalError, pair.Server.Failure?.PeerAlert);
        TlsProtocolException again = Assert.Throws<TlsProtocolException>(() => pair.Server.Send([1]));
        Assert.Equal(TlsErrorCause.PeerAlert, again.Cause);
        Assert.Equal(AlertDescription.InternalError, again.PeerAlert);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void KeyLog_WritesTheSameLinesOnBothSides(bool retry)
    {
        List<string> client = [], server = [];
        using EnginePair pair = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { KeyLog = client.Add },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                KeyLog = server.Add,
                Groups = retry ? [NamedGroup.Secp256r1] : Engines.Groups,
            });
        Assert.Equal(client, server);
        string random = Convert.ToHexStringLower(pair.Client.Sent.Slice(5 + 4 + 2, 32));
        string[] labels =
        [
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
        ];
        Assert.Equal(labels, client.Select(line => line.Split(' ')[0]));
        int secretLength = 2 * CipherSuiteParameters.Of(pair.Client.Engine.Negotiated.CipherSuite).HashLength;
        Assert.All(client, line => Assert.Matches($"^[A-Z0-9_]+ {random} [0-9a-f]{{{secretLength}}}$", line));
    }

    [Fact]
    public void Dispose_EndsUse()
    {
        EnginePair pair = Engines.Connected();
        pair.Dispose();
        pair.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pair.Client.Send([1]));
        Assert.Throws<ObjectDisposedException>(() => pair.Client.Engine.ExportKeyingMaterial("x", [], new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => pair.Client.Deliver([1]));
    }

    private static void AssertLargest(ReadOnlySpan<byte> sent, int innerLimit)
    {
        List<(ContentType Type, byte[] Record)> records = RecordReader.Split(sent);
        IEnumerable<int> sizes = records
            .Where(record => record.Type == ContentType.ApplicationData)
            .Select(record => record.Record.Length - RecordHeader.Size - Aead.TagLength);
        Assert.Equal(innerLimit, sizes.Max());
    }
}
