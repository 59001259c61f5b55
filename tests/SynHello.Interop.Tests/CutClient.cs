using System.Buffers;
using System.Net;
using System.Net.Sockets;
using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello.Interop.Tests;

/// <summary>A client that speaks TLS properly, up to a certain byte.</summary>
public static class CutClient
{
    private static readonly byte[] _request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();

    /// <summary>
    /// Sends the first bytes of what a client sends in a connection with one request, and resets the connection.
    /// </summary>
    /// <param name="endPoint">The server.</param>
    /// <param name="limit">How many bytes to send.</param>
    /// <returns>The client's address, and whether there was more to send.</returns>
    public static async Task<(IPEndPoint Client, bool More)> ResetAfterAsync(IPEndPoint endPoint, int limit)
    {
        using var patience = new CancellationTokenSource(ChildProcess.Patience);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            LingerState = new LingerOption(enable: true, seconds: 0), // closing is a reset
        };
        await socket.ConnectAsync(endPoint, patience.Token);
        var client = (IPEndPoint)socket.LocalEndPoint!;
        using var engine =
            new TlsClientEngine(new TlsClientConfiguration(DefaultCryptoProvider.Instance), Identity.Host);
        var output = new ArrayBufferWriter<byte>();
        var plaintext = new ArrayBufferWriter<byte>();
        engine.Start(output);
        byte[] received = new byte[1 << 16];
        int length = 0;
        bool requested = false;
        while (true)
        {
            int count = Math.Min(limit, output.WrittenCount);
            if (count > 0)
                await socket.SendAsync(output.WrittenMemory[..count], patience.Token);
            if (count < output.WrittenCount)
                return (client, true);
            limit -= count;
            output.Clear();
            if (requested)
                return (client, false);

            while (!engine.IsHandshakeComplete && output.WrittenCount == 0)
            {
                length += await socket.ReceiveAsync(received.AsMemory(length), patience.Token);
                length = Feed(engine, received, length, plaintext, output);
            }

            if (engine.IsHandshakeComplete)
            {
                engine.Send(_request, output);
                requested = true;
            }
        }
    }

    private static int Feed(
        TlsClientEngine engine,
        byte[] received,
        int length,
        ArrayBufferWriter<byte> plaintext,
        ArrayBufferWriter<byte> output)
    {
        int start = 0;
        int consumed;
        do
        {
            consumed = engine.Receive(received.AsSpan(start, length - start), plaintext, output);
            start += consumed;
            while (engine.TryRead(out TlsEvent tlsEvent))
            {
                if (tlsEvent != TlsEvent.NeedCertificateVerdict)
                    continue;
                engine.AcceptCertificate();
                consumed = 1; // what follows can be read now
            }
        }
        while (consumed > 0 && !engine.IsHandshakeComplete);

        received.AsSpan(start, length - start).CopyTo(received);
        return length - start;
    }
}
