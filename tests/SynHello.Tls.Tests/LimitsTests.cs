using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>What a peer can make an engine keep, and how long a key lasts.</summary>
public sealed class LimitsTests
{
    private const int MostBuffered = 4 + TlsLimits.HandshakeMessage + RecordHeader.MaximumPlaintext;

    /// <summary>CVE-2016-6309: a buffer that grew was written to where it had been.</summary>
    [Fact]
    public void HandshakeBuffer_TakesTheLargestMessageInAnyFragments()
    {
        byte[] message = Octets.Message(11, Engines.Pattern(TlsLimits.HandshakeMessage, 3));
        foreach (int size in new[] { 1, 3, 1000, 16_384 })
        {
            using var buffer = new HandshakeBuffer();
            foreach (byte[] fragment in message.Chunk(size))
            {
                Assert.False(buffer.TryRead(out _));
                buffer.Append(fragment);
            }

            Assert.True(buffer.TryRead(out ReadOnlySpan<byte> whole));
            Assert.True(whole.SequenceEqual(message));
            Assert.True(buffer.IsEmpty);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(16_384)]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void EndlessFragments_AreNotKeptBeyondAMessageAndARecord(int size)
    {
        // The largest message that may come, of a type that may not: nothing tells before it is whole.
        byte[] message = Octets.Message(77, new byte[TlsLimits.HandshakeMessage]);
        using var client = new HostileClient();
        int most = 0;
        foreach (byte[] fragment in message.Chunk(size))
        {
            client.Plain(ContentType.Handshake, fragment);
            most = Math.Max(most, Inside.HandshakeBytesOf(client.Victim.Engine).Length);
        }

        Assert.InRange(most, TlsLimits.HandshakeMessage - size, MostBuffered);
        client.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: false);
    }

    [Fact]
    public void OpenVerdict_KeepsNothingMore()
    {
        using var server = new HostileServer();
        server.Victim.AnswersVerdicts = false;
        server.SendHello(server.Hello());
        server.Handshake(
            server.EncryptedExtensions(), server.Certificate(), server.CertificateVerify(), [4, 0, 0xff, 0]);
        int kept = Inside.HandshakeBytesOf(server.Victim.Engine).Length;
        for (int i = 0; i < 50; i++)
            server.Protected(ContentType.Handshake, new byte[16_000]);
        server.AssertNotRefused();
        Assert.Equal([TlsEvent.NeedCertificateVerdict], server.Victim.Events);
        Assert.Equal(kept, Inside.HandshakeBytesOf(server.Victim.Engine).Length);
        Assert.Equal(50 * (5 + 16_001 + Aead.TagLength), server.Victim.Unconsumed);
    }

    [Fact]
    public void HandshakeBuffer_IsGivenBackAfterTheHandshake()
    {
        using EnginePair pair = Engines.Connected();
        foreach (EngineEnd end in new[] { pair.Client, pair.Server })
            Assert.Empty(Inside.Field<byte[]>(Inside.HandshakeBytesOf(end.Engine), "_buffer"));
        pair.Client.Engine.UpdateKey(requestPeer: true, pair.Client.Output);
        pair.Pump();
        Engines.AssertTalks(pair);
        foreach (EngineEnd end in new[] { pair.Client, pair.Server })
            Assert.Empty(Inside.Field<byte[]>(Inside.HandshakeBytesOf(end.Engine), "_buffer"));
    }

    [Fact]
    public void WornKey_IsChangedBeforeTheNextData()
    {
        using EnginePair pair = Engines.Connected();
        Inside.SetSequence(Inside.WriteProtectionOf(pair.Client.Engine), TlsLimits.RecordsPerKey - 1);
        Inside.SetSequence(Inside.ReadProtectionOf(pair.Server.Engine), TlsLimits.RecordsPerKey - 1);
        pair.Client.Send([1]); // the last one under the old key
        pair.Client.Send([2]);
        byte[] sent = pair.Client.TakeOutput();
        Assert.Equal(3, RecordReader.Split(sent).Count);
        pair.Server.Deliver(sent);
        Assert.Null(pair.Server.Failure);
        Assert.Single(pair.Server.Events, TlsEvent.KeyUpdated);
        Assert.True(pair.Server.Plaintext.SequenceEqual((ReadOnlySpan<byte>)[1, 2]));
    }

    [Fact]
    [Refuses(TlsErrorCause.KeyExhausted)]
    public void SequenceNumbers_DoNotWrap()
    {
        using HostileClient client = new HostileClient().Connect();
        Inside.SetSequence(Inside.ReadProtectionOf(client.Victim.Engine), ulong.MaxValue);
        client.Protected(ContentType.ApplicationData, [1]);
        client.AssertRefused(TlsErrorCause.KeyExhausted, isProtected: true);
    }
}
