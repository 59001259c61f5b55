using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello.Interop.Tests;

/// <summary>A client that sends its first flight, with early data, and nothing more.</summary>
internal static class FirstFlight
{
    /// <summary>
    /// Sends it and reads until the server's answer has a text in it: what is answered then is answered before the
    /// handshake is complete, because this client never sends its Finished.
    /// </summary>
    public static async Task<string> AnswerAsync(
        IPEndPoint endPoint, StoredSession session, string earlyData, string until)
    {
        using var patience = new CancellationTokenSource(ChildProcess.Patience);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint, patience.Token);
        var configuration = new TlsClientConfiguration(DefaultCryptoProvider.Instance)
        {
            TimeProvider = TimeProvider.System,
        };
        using var engine = new TlsClientEngine(configuration, Identity.Host);
        var sent = new ArrayBufferWriter<byte>();
        var withheld = new ArrayBufferWriter<byte>();
        var plaintext = new ArrayBufferWriter<byte>();
        engine.Start(
            new TlsClientStart { Session = session.Session, EarlyData = Encoding.ASCII.GetBytes(earlyData) }, sent);
        await socket.SendAsync(sent.WrittenMemory, SocketFlags.None, patience.Token);
        byte[] received = new byte[100_000];
        int length = 0;
        while (true)
        {
            string answer = Encoding.ASCII.GetString(plaintext.WrittenSpan);
            if (answer.Contains(until, StringComparison.Ordinal))
            {
                Assert.Equal(EarlyDataStatus.Accepted, engine.Negotiated.EarlyData);
                return answer;
            }

            int count = await socket.ReceiveAsync(received.AsMemory(length), SocketFlags.None, patience.Token);
            Assert.True(count > 0, $"The server closed after: {answer}");
            length += count;
            int consumed = engine.Receive(received.AsSpan(0, length), plaintext, withheld);
            received.AsSpan(consumed, length - consumed).CopyTo(received);
            length -= consumed;
        }
    }
}
