using System.Net;
using System.Net.Sockets;

namespace SynHello.Cli;

/// <summary>A stack whose two ends meet over loopback.</summary>
internal abstract class LoopbackContestant : PairContestant
{
    /// <summary>What <see cref="ExchangeAndCloseAsync"/> carries to the server: safe to replay.</summary>
    protected static byte[] Request { get; } = new byte[100];

    /// <summary>What it carries back.</summary>
    protected static byte[] Response { get; } = new byte[1000];

    /// <summary>Sets a connection up, both handshakes complete.</summary>
    public abstract Task<(Stream Client, Stream Server)> ConnectAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public override async Task ConnectAndCloseAsync(CancellationToken cancellationToken)
    {
        (Stream client, Stream server) = await ConnectAsync(cancellationToken);
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    /// <summary>
    /// Sets a connection up, carries one byte to the client, and takes it down again. SslStream's client takes the
    /// ticket for its next visit only when it reads what comes behind it.
    /// </summary>
    /// <exception cref="CommandFailure">It is not of the kind that is to be measured.</exception>
    public async Task VisitAndCloseAsync(CancellationToken cancellationToken)
    {
        (Stream client, Stream server) = await ConnectAsync(cancellationToken);
        await TakeTicketAsync(client, server, cancellationToken);
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    /// <summary>Sets a connection up, carries a request and its response, and takes it down again.</summary>
    /// <exception cref="CommandFailure">It is not of the kind that is to be measured.</exception>
    public virtual async Task ExchangeAndCloseAsync(CancellationToken cancellationToken)
    {
        (Stream client, Stream server) = await ConnectAsync(cancellationToken);
        byte[] buffer = new byte[Response.Length];
        await client.WriteAsync(Request, cancellationToken);
        await server.ReadExactlyAsync(buffer.AsMemory(0, Request.Length), cancellationToken);
        await server.WriteAsync(Response, cancellationToken);
        await client.ReadExactlyAsync(buffer, cancellationToken);
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    protected static async Task TakeTicketAsync(Stream client, Stream server, CancellationToken cancellationToken)
    {
        byte[] one = new byte[1];
        await server.WriteAsync(one, cancellationToken);
        await client.ReadExactlyAsync(one, cancellationToken);
    }

    protected static async Task<(Socket Client, Socket Server)> ConnectSocketsAsync(
        Socket listener, CancellationToken cancellationToken)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        ValueTask<Socket> accepting = listener.AcceptAsync(cancellationToken);
        await client.ConnectAsync(listener.LocalEndPoint!, cancellationToken);
        Socket server = await accepting;
        server.NoDelay = true;
        return (client, server);
    }

    protected static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(64);
        return listener;
    }
}
