using System.Net;
using System.Net.Sockets;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>A client that does with its socket what it likes.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public EndPoint LocalEndPoint => _socket.LocalEndPoint ?? throw new InvalidOperationException("Not connected.");

    public static async Task<RawClient> ConnectAsync(EndPoint endPoint)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(endPoint, TestContext.Current.CancellationToken).Guarded();
        return client;
    }

    /// <summary>A ClientHello that a server would answer.</summary>
    public static byte[] ClientHello()
    {
        using var engine = new TlsClientEngine(new TlsClientConfiguration(DefaultCryptoProvider.Instance), SecurePair.Host);
        var hello = new System.Buffers.ArrayBufferWriter<byte>();
        engine.Start(hello);
        return hello.WrittenSpan.ToArray();
    }

    public Task SendAsync(ReadOnlyMemory<byte> bytes) =>
        _socket.SendAsync(bytes, SocketFlags.None, TestContext.Current.CancellationToken).Guarded();

    /// <summary>Everything until the server ends its side; fails on a reset.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var received = new MemoryStream();
        using var stream = new NetworkStream(_socket);
        await stream.CopyToAsync(received, TestContext.Current.CancellationToken).Guarded();
        return received.ToArray();
    }

    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
