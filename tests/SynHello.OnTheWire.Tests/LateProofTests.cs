using System.Security.Cryptography;

using SynHello.Crypto;
using SynHello.Lab;
using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// Clients that own their address and take their time to say so: what was held back follows, all of it.
/// </summary>
public sealed class LateProofTests : IDisposable
{
    private const int Room = 1200;
    private const int ResponseLength = 200_000;

    private static readonly TimeSpan _late = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan _hung = TimeSpan.FromMinutes(1);

    /// <summary>Names that nothing makes shorter, so that the chain is held back in compressed form too.</summary>
    private readonly TestChain _chain = TestCertificates.Issue(
        CertificateKind.Rsa2048,
        [LongWire.Host, .. Enumerable.Range(0, 150).Select(_ => RandomNumberGenerator.GetHexString(60, lowercase: true))]);

    private readonly X509Credential _credential;

    public LateProofTests() => _credential = _chain.ToCredential();

    /// <summary>The server gets to see a client's acknowledgment long after it has answered the SYN.</summary>
    [Fact]
    public async Task RealClient_IsAnsweredWithoutItsProof_AndServedWithIt()
    {
        TimeSpan? isThrough = null;
        await using var wire = LongWire.Start(options => options.Rule = packet =>
        {
            if (packet.Direction == PacketDirection.ServerToClient || packet.IsSyn())
                return PacketVerdict.Pass;
            isThrough ??= packet.SentAt + _late; // nothing of the client's gets through before
            TimeSpan wait = isThrough.Value - packet.SentAt;
            return wait > TimeSpan.Zero ? PacketVerdict.Delay(wait) : PacketVerdict.Pass;
        });
        await using SecureListener listener = Listen(wire);

        Visit visit = await wire.VisitAsync(
            listener, FastOpenMode.Cookieless, options => options.TrustedRoots = [_chain.Root]);

        ILookup<PacketDirection, WirePacket> packets = wire.Packets.ToLookup(packet => packet.Direction);
        List<WirePacket> answers = [.. packets[PacketDirection.ServerToClient]];
        TimeSpan proof = packets[PacketDirection.ClientToServer].Where(packet => !packet.IsSyn())
            .Min(packet => packet.DeliveredAt!.Value);
        int before = answers.Where(packet => packet.SentAt < proof).Sum(packet => packet.Bytes.Length);
        Assert.InRange(before, Room, 3 * visit.Ledger.SynPayloadBytes);
        Assert.True(visit.Server.HeldBackBytes > 0);
        Assert.Equal(FastOpenOutcome.Cookieless, visit.Server.FastOpen);
        Assert.True(visit.Ledger.ClientHelloInSynTaken);
    }

    /// <summary>One whose acknowledgment says nothing else is one that waits for the flight to be complete.</summary>
    [Theory]
    [InlineData(200)]
    [InlineData(Room)]
    public async Task BareAcknowledgment_LetsTheWholeFlightFollow(int length)
    {
        await using LongWire wire = SpoofedClient.StartWire();
        await using SecureListener listener = Listen(wire);
        using var client = new SpoofedClient(wire, host: 0);
        using EngineEnd engine = RawVisitor.Start(length);
        client.SendSyn(engine.TakeOutput());

        // The SYN-ACK goes a second time after a second: nothing else came until then.
        await client.AnsweredAsync(2);
        byte[] first = client.Received;
        engine.Deliver(first);
        Assert.InRange(client.AnswerBytes, length, 3 * client.SynPayload.Length);
        Assert.False(engine.Engine.IsHandshakeComplete);

        await client.AcknowledgeUntilAsync(() =>
        {
            byte[] all = client.Received;
            engine.Deliver(all.AsSpan(first.Length));
            first = all;
            return engine.Engine.IsHandshakeComplete;
        });
        client.Acknowledge(engine.TakeOutput());
        await using SecureStream stream = await listener.AcceptAsync().AsTask().WaitAsync(_hung);

        Assert.True(stream.Report.HeldBackBytes > 0);
        Assert.Equal(client.SynPayload.Length, stream.Report.SynDataBytes);
    }

    /// <summary>The proof comes with more data, the end of the handshake for instance.</summary>
    [Fact]
    public async Task AnswerToEarlyData_GoesOnWhenTheProofComes()
    {
        byte[] response = RandomNumberGenerator.GetBytes(ResponseLength);
        await using LongWire wire = SpoofedClient.StartWire();
        await using SecureListener listener = Listen(wire, options => options.MaximumEarlyData = 16_384);
        TlsSession session = await RawVisitor.GetSessionAsync(listener);
        await using SecureStream visit = await listener.AcceptAsync().AsTask().WaitAsync(_hung);
        using var client = new SpoofedClient(wire, host: 0);
        using EngineEnd engine = RawVisitor.Start(Room, session, earlyData: [1, 2, 3]);
        client.SendSyn(engine.TakeOutput());
        await using SecureStream stream = await listener.AcceptAsync().AsTask().WaitAsync(_hung);
        Task writing = stream.WriteAsync(response).AsTask();

        await client.AnsweredAsync(2);
        Assert.InRange(client.AnswerBytes, 2 * Room, 3 * Room);
        Assert.False(writing.IsCompleted);

        byte[] received = client.Received;
        engine.Deliver(received);
        client.Acknowledge(engine.TakeOutput());
        await client.AcknowledgeUntilAsync(() =>
        {
            byte[] all = client.Received;
            engine.Deliver(all.AsSpan(received.Length));
            received = all;
            return engine.Plaintext.Length >= response.Length;
        });
        await writing.WaitAsync(_hung);

        Assert.Null(engine.Failure);
        Assert.True(engine.Plaintext.SequenceEqual(response));
        await stream.CompleteHandshakeAsync().AsTask().WaitAsync(_hung);
        byte[] early = new byte[3];
        await stream.ReadExactlyAsync(early).AsTask().WaitAsync(_hung);
        Assert.Equal([1, 2, 3], early);
    }

    public void Dispose()
    {
        _credential.Dispose();
        _chain.Dispose();
    }

    private SecureListener Listen(LongWire wire, Action<SecureListenerOptions>? configure = null) =>
        wire.Listen(FastOpenMode.Cookieless, options =>
        {
            options.Credentials = [_credential];
            configure?.Invoke(options);
        });
}
