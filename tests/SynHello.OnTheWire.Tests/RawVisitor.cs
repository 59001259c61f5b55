using System.Net;
using System.Net.Sockets;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// A client's engine without a client: its flights are bytes, to be sent in whichever way a test likes.
/// </summary>
internal static class RawVisitor
{
    private static readonly TimeSpan _hung = TimeSpan.FromMinutes(2);

    /// <summary>Starts a handshake. What is to be sent is the output that nobody has taken yet.</summary>
    /// <param name="length">How long the first flight is at least; 0 for as short as it gets.</param>
    /// <param name="session">A session to resume.</param>
    /// <param name="earlyData">What goes behind the hello.</param>
    /// <param name="groups">The key exchange groups, the first with a share; null for the usual ones.</param>
    public static EngineEnd Start(
        int length = 0, TlsSession? session = null, byte[]? earlyData = null, NamedGroup[]? groups = null)
    {
        TlsCryptoProvider provider = DefaultCryptoProvider.Instance;
        var configuration = new TlsClientConfiguration(provider)
        {
            Groups = groups ?? [.. provider.Groups],
            TimeProvider = TimeProvider.System,
            CertificateCompressionAlgorithms = [], // so that a server's flight is as long as its chain
        };
        var engine = new TlsClientEngine(configuration, LongWire.Host);
        var end = new EngineEnd(engine);
        var start = new TlsClientStart { PaddedLength = length, Session = session, EarlyData = earlyData };
        engine.Start(start, end.Output);
        return end;
    }

    /// <summary>Comes over an ordinary connection for nothing but tickets, and resets it.</summary>
    /// <param name="listener">Who accepts the connection must keep it open.</param>
    public static async Task<TlsSession> GetSessionAsync(SecureListener listener)
    {
        using var timeout = new CancellationTokenSource(_hung);
        using EngineEnd end = Start();
        using var socket = new Socket(listener.LocalEndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            LingerState = new LingerOption(enable: true, seconds: 0),
        };
        IPEndPoint server = listener.LocalEndPoint;
        if (server.Address.Equals(IPAddress.IPv6Any))
            server = new IPEndPoint(IPAddress.IPv6Loopback, server.Port);
        await socket.ConnectAsync(server, timeout.Token);
        byte[] buffer = new byte[16_384];
        TlsSession? session;
        while (!((TlsClientEngine)end.Engine).TryReadSession(out session))
        {
            await socket.SendAsync(end.TakeOutput(), timeout.Token);
            int count = await socket.ReceiveAsync(buffer, timeout.Token);
            Assert.NotEqual(0, count);
            end.Deliver(buffer.AsSpan(0, count));
            Assert.Null(end.Failure);
        }

        await socket.SendAsync(end.TakeOutput(), timeout.Token);
        return session;
    }
}
