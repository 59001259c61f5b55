using System.Net;
using System.Net.Security;
using System.Text;

using SynHello.Interop.Tests;

namespace SynHello.AspNetCore.Tests;

/// <summary>Our client, which comes for a ticket, and then with early data, past a relay that holds the end of the handshake back.</summary>
internal sealed class EarlyVisitor(IPEndPoint endPoint, SslApplicationProtocol protocol)
{
    private readonly SecureClient _client = new(new SecureClientOptions
    {
        TrustedRoots = [Identity.Root],
        ApplicationProtocols = [protocol],
        FastOpen = Sockets.FastOpenMode.Off,
        SessionStore = new ObservedSessions(), // which does not mind that the relay is elsewhere
    });

    /// <summary>Connects, and sends bytes, early if that can be.</summary>
    public async Task<SecureStream> ConnectAsync(byte[] earlyData, IPEndPoint? relay = null) => await _client
        .ConnectAsync(relay ?? endPoint, Identity.Host, earlyData)
        .AsTask().WaitAsync(ChildProcess.Patience);

    /// <summary>Comes with a request of HTTP/1.1, whose connection ends after it.</summary>
    public async Task<string> GetAsync(string head, IPEndPoint? relay = null)
    {
        await using SecureStream stream = await ConnectAsync(Request(head), relay);
        return await ReadAsync(stream);
    }

    public static byte[] Request(string head) => Encoding.ASCII.GetBytes($"{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n");

    public static async Task<string> ReadAsync(SecureStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync().WaitAsync(ChildProcess.Patience);
    }
}
