using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello.Interop.Tests;

/// <summary>A returning client that can leave its Finished unsent until it has a response: a bare engine on a socket.</summary>
public sealed class LateFinisher(IPEndPoint endPoint) : IDisposable
{
    private readonly TlsClientConfiguration _configuration =
        new(DefaultCryptoProvider.Instance) { TimeProvider = TimeProvider.System };

    private readonly Queue<TlsSession> _sessions = [];

    public void Dispose() => _sessions.Clear();

    /// <summary>Comes for tickets.</summary>
    public Task VisitAsync() => AskAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

    /// <summary>Asks once the handshake is complete.</summary>
    public Task<string> AskAsync(string request) => RunAsync(request, isEarly: false);

    /// <summary>Asks with early data, which has to be accepted, and does not answer the server's flight.</summary>
    public Task<string> AskEarlyAsync(string request) => RunAsync(request, isEarly: true);

    private async Task<string> RunAsync(string request, bool isEarly)
    {
        using var patience = new CancellationTokenSource(ChildProcess.Patience);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint, patience.Token);
        using var engine = new TlsClientEngine(_configuration, Identity.Host);
        var output = new ArrayBufferWriter<byte>();
        var plaintext = new ArrayBufferWriter<byte>();
        byte[] bytes = Encoding.ASCII.GetBytes(request);
        _sessions.TryDequeue(out TlsSession? session);
        engine.Start(new TlsClientStart { Session = session, EarlyData = isEarly ? bytes : default }, output);
        bool sent = isEarly;
        byte[] pending = [];
        byte[] buffer = new byte[65536];
        while (!engine.IsPeerClosed)
        {
            if (!isEarly || !engine.IsHandshakeComplete)
            {
                await socket.SendAsync(output.WrittenMemory, patience.Token);
                output.ResetWrittenCount();
            }

            int count = await socket.ReceiveAsync(buffer, patience.Token);
            if (count == 0)
                break;
            pending = [.. pending, .. buffer.AsSpan(0, count)];
            bool again = true;
            while (again)
            {
                again = false;
                pending = pending[engine.Receive(pending, plaintext, output)..];
                while (engine.TryRead(out TlsEvent tlsEvent))
                {
                    if (tlsEvent != TlsEvent.NeedCertificateVerdict)
                        continue;
                    engine.AcceptCertificate();
                    again = true;
                }
            }

            while (engine.TryReadSession(out TlsSession? next))
                _sessions.Enqueue(next);
            if (engine.IsHandshakeComplete && !sent)
            {
                sent = true;
                engine.Send(bytes, output);
            }
        }

        if (isEarly && engine.Negotiated.EarlyData != EarlyDataStatus.Accepted)
            throw new InvalidOperationException($"Early data: {engine.Negotiated.EarlyData}.");
        return Encoding.ASCII.GetString(plaintext.WrittenSpan);
    }
}
