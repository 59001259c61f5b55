using System.Net;
using System.Net.Sockets;

using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>Stands between a client and a server, and keeps what passes.</summary>
internal sealed class RecordingRelay : IDisposable
{
    private readonly Socket _listener = SslPeer.Listen();
    private readonly MemoryStream _toServer = new();
    private readonly MemoryStream _toClient = new();
    private readonly Task _relaying;

    public RecordingRelay(EndPoint server) => _relaying = RelayAsync(server);

    public EndPoint EndPoint => _listener.LocalEndPoint!;

    /// <summary>The length of each record that came from the client, once both ends are done.</summary>
    public Task<List<RecordHeader>> RecordsToServerAsync() => RecordsAsync(_toServer);

    /// <summary>The length of each record that came from the server, once both ends are done.</summary>
    public Task<List<RecordHeader>> RecordsToClientAsync() => RecordsAsync(_toClient);

    public void Dispose()
    {
        _listener.Dispose();
        _toServer.Dispose();
        _toClient.Dispose();
    }

    private async Task<List<RecordHeader>> RecordsAsync(MemoryStream recorded)
    {
        await _relaying.Guarded();
        var headers = new List<RecordHeader>();
        ReadOnlyMemory<byte> rest = recorded.ToArray();
        while (RecordHeader.TryRead(rest.Span, out RecordHeader header))
        {
            headers.Add(header);
            rest = rest[(RecordHeader.Size + header.Length)..];
        }

        return headers;
    }

    private async Task RelayAsync(EndPoint server)
    {
        using Socket client = await _listener.AcceptAsync();
        using var upstream = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await upstream.ConnectAsync(server);
        await Task.WhenAll(PumpAsync(client, upstream, _toServer), PumpAsync(upstream, client, _toClient));
    }

    private static async Task PumpAsync(Socket from, Socket to, MemoryStream record)
    {
        byte[] buffer = new byte[16_384];
        while (await from.ReceiveAsync(buffer, SocketFlags.None) is int count and > 0)
        {
            record.Write(buffer, 0, count);
            await to.SendAsync(buffer.AsMemory(0, count), SocketFlags.None);
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
