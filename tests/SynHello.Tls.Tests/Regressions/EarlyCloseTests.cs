using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// close_notify in the middle of a handshake. RUSTSEC-2024-0336: a server that had read one right behind the hello waited for bytes, and
/// never stopped asking for them.
/// </summary>
public sealed class EarlyCloseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Refuses(TlsErrorCause.PeerAlert)]
    public void CloseNotify_RightBehindTheHello_EndsTheConnection(byte level)
    {
        using (var client = new HostileClient())
        {
            byte[] hello = client.Hello().ToMessage();
            client.IsAlertUnreadable = true;
            client.Raw([.. Octets.Record(22, hello), .. Octets.Record(21, level, 0)]);
            AssertOver(client);
        }

        using (var older = new Tls12HostileClient())
        {
            older.Raw([.. Octets.Record(22, Tls12HostileClient.Hello().ToMessage()), .. Octets.Record(21, level, 0)]);
            AssertOver(older);
        }

        using (var server = new HostileServer())
        {
            byte[] hello = server.Hello().ToMessage();
            server.IsAlertUnreadable = true;
            server.Raw([.. Octets.Record(22, hello), .. Octets.Record(21, level, 0)]);
            AssertOver(server);
        }

        using (var older = new Tls12HostileServer())
        {
            older.Raw([.. Octets.Record(22, older.Hello().ToMessage()), .. Octets.Record(21, level, 0)]);
            AssertOver(older);
        }
    }

    /// <summary>In front of the hello, and behind a request for another one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.PeerAlert)]
    public void CloseNotify_InsteadOfAHello_EndsTheConnection(bool isServer)
    {
        using HostilePeer fresh = HostilePeers.Fresh(isServer);
        fresh.Plain(ContentType.Alert, 1, 0);
        AssertOver(fresh);
        if (isServer)
        {
            using var client = new HostileClient();
            client.SendHelloThatIsRetried();
            client.Plain(ContentType.Alert, 1, 0);
            AssertOver(client);
        }
        else
        {
            using var server = new HostileServer();
            server.SendRetry(server.Retry());
            server.Plain(ContentType.Alert, 1, 0);
            AssertOver(server);
        }
    }

    /// <summary>The connection is over for good: nothing waits for more, and nothing was complete.</summary>
    private static void AssertOver(HostilePeer peer)
    {
        TlsEngine engine = peer.Victim.Engine;
        Assert.Equal(TlsErrorCause.PeerAlert, peer.Victim.Failure?.Cause);
        Assert.Equal(AlertDescription.CloseNotify, peer.Victim.Failure?.PeerAlert);
        Assert.False(engine.IsHandshakeComplete);
        Assert.False(engine.IsPeerClosed);
        var nowhere = new System.Buffers.ArrayBufferWriter<byte>();
        Assert.Throws<TlsProtocolException>(() => engine.Receive([], nowhere, nowhere));
        Assert.Equal(0, nowhere.WrittenCount);
    }
}
