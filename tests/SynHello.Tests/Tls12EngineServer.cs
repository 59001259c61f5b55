using System.Net.Sockets;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>A server of TLS 1.2 whose bytes a test sees, holds back and changes.</summary>
internal sealed class Tls12EngineServer : IDisposable
{
    private readonly Socket _listening = SslPeer.Listen();
    private readonly TlsServerConfiguration _configuration = new(
        DefaultCryptoProvider.Instance, [TestCertificates.Shared(CertificateKind.EcdsaP256).ToCredential()])
    {
        Versions = [ProtocolVersion.Tls12],
        Resumption = new TlsServerResumption(new SessionTicketKeyRing(), TimeProvider.System) { TicketCount = 1 },
    };

    private readonly byte[] _buffer = new byte[16_384];
    private Socket? _socket;
    private EngineEnd? _end;

    /// <summary>The last connection's.</summary>
    public TlsServerEngine Engine => (TlsServerEngine)End.Engine;

    private Socket Socket => _socket ?? throw new InvalidOperationException("There is no connection.");

    private EngineEnd End => _end ?? throw new InvalidOperationException("There is no connection.");

    public Task<SecureStream> ConnectAsync(SecureClient client) =>
        client.ConnectAsync(_listening.LocalEndPoint!, SecurePair.Host, TestContext.Current.CancellationToken).AsTask();

    /// <summary>Takes the next connection's handshake to its end, but for the last flight if that is the server's.</summary>
    /// <returns>The last flight, which is not sent.</returns>
    public async Task<byte[]> AcceptAsync()
    {
        Close();
        _socket = await _listening.AcceptAsync().Guarded();
        _end = new EngineEnd(new TlsServerEngine(_configuration));
        while (true)
        {
            await ReceiveAsync();
            byte[] flight = End.TakeOutput();
            if (Engine.IsHandshakeComplete)
                return flight;
            await SendAsync(flight);
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await Socket.SendAsync(bytes).Guarded();

    /// <summary>Ends this side's data.</summary>
    public async Task CloseAsync()
    {
        Engine.SendCloseNotify(End.Output);
        await SendAsync(End.TakeOutput());
    }

    /// <returns>Whether something came.</returns>
    public async Task<bool> ReceiveAsync()
    {
        int count = await Socket.ReceiveAsync(_buffer).Guarded();
        End.Deliver(_buffer.AsSpan(0, count));
        return count > 0;
    }

    public async Task ReceiveToEndAsync()
    {
        while (await ReceiveAsync())
        {
            // The engine has it.
        }
    }

    public void Dispose()
    {
        Close();
        _listening.Dispose();
    }

    private void Close()
    {
        _end?.Dispose();
        _socket?.Dispose();
    }
}
