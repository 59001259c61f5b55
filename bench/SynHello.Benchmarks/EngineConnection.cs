using System.Buffers;

using SynHello.Cli;
using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Benchmarks;

/// <summary>An established connection of two engines.</summary>
internal sealed class EngineConnection : IDisposable
{
    private readonly ArrayBufferWriter<byte> _records = new(1 << 20);
    private readonly ArrayBufferWriter<byte> _plaintext = new(1 << 20);
    private readonly ArrayBufferWriter<byte> _answers = new(4096);
    private readonly TlsClientEngine _client;
    private readonly TlsServerEngine _server;

    public EngineConnection(CipherSuite suite)
    {
        ProtocolVersion version = suite.Value >> 8 == 0x13 ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12;
        _client = new TlsClientEngine(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { Versions = [version], CipherSuites = [suite] },
            PairContestant.Host);
        _server = new TlsServerEngine(
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [BenchIdentity.Ecdsa.Credential]) { Versions = [version] });
        _client.Start(_records);
        for (int i = 0; i < 3; i++)
        {
            Carry(_records, _server, _answers);
            Carry(_answers, _client, _records);
        }

        if (!_client.IsHandshakeComplete || !_server.IsHandshakeComplete)
            throw new InvalidOperationException("The handshake is not complete.");
    }

    /// <summary>Seals data on the client.</summary>
    /// <returns>The length of the records.</returns>
    public int Seal(ReadOnlySpan<byte> data)
    {
        _records.ResetWrittenCount();
        _client.Send(data, _records);
        return _records.WrittenCount;
    }

    /// <summary>Opens on the server what <see cref="Seal"/> has made.</summary>
    /// <returns>The length of the data.</returns>
    public int Open()
    {
        _plaintext.ResetWrittenCount();
        _ = _server.Receive(_records.WrittenSpan, _plaintext, _answers);
        return _plaintext.WrittenCount;
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private void Carry(ArrayBufferWriter<byte> input, TlsEngine receiver, ArrayBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> bytes = input.WrittenSpan;
        bool isAsked;
        do
        {
            isAsked = false;
            bytes = bytes[receiver.Receive(bytes, _plaintext, output)..];
            while (receiver.TryRead(out TlsEvent tlsEvent))
            {
                if (tlsEvent != TlsEvent.NeedCertificateVerdict)
                    continue;
                ((TlsClientEngine)receiver).AcceptCertificate();
                isAsked = true;
            }
        }
        while (isAsked);
        input.ResetWrittenCount();
    }
}
