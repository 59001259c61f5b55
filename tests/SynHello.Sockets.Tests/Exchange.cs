using System.Net.Sockets;

namespace SynHello.Sockets.Tests;

/// <summary>One connection from end to end: a first flight up, an answer down, and what both ends then know.</summary>
internal sealed class Exchange : IDisposable
{
    private const int AnswerLength = 4000;

    public required DialedSocket Client { get; init; }

    public required AcceptedSocket Server { get; init; }

    public FastOpenReport Report => Client.GetReport();

    public static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) bytes[i] = (byte)(i * 31 + (i >> 8));
        return bytes;
    }

    public static async Task<Exchange> RunAsync(
        FastOpenListener listener,
        FastOpenMode mode,
        int firstFlightLength,
        CancellationToken cancellationToken,
        FastOpenDialer? dialer = null)
    {
        byte[] firstFlight = Bytes(firstFlightLength);
        Task<AcceptedSocket> accepting = ServeAsync(listener, firstFlight, cancellationToken);
        DialedSocket client = await (dialer ?? new FastOpenDialer()).ConnectAsync(
            listener.LocalEndPoint, mode, firstFlight, cancellationToken);
        Assert.Equal(firstFlightLength, client.FirstFlightLength);
        Assert.True(client.Socket.NoDelay);

        byte[] answer = await ReadAsync(client.Socket, AnswerLength, cancellationToken);
        Assert.Equal(Bytes(AnswerLength), answer);
        return new Exchange { Client = client, Server = await accepting };
    }

    public static async Task<byte[]> ReadAsync(Socket socket, int length, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[length];
        for (int read = 0; read < length;)
        {
            int n = await socket.ReceiveAsync(buffer.AsMemory(read), SocketFlags.None, cancellationToken);
            Assert.NotEqual(0, n);
            read += n;
        }

        return buffer;
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    private static async Task<AcceptedSocket> ServeAsync(
        FastOpenListener listener, byte[] firstFlight, CancellationToken cancellationToken)
    {
        AcceptedSocket server = await listener.AcceptAsync(cancellationToken);
        Assert.True(server.Socket.NoDelay);
        Assert.Equal(firstFlight, await ReadAsync(server.Socket, firstFlight.Length, cancellationToken));
        await server.Socket.SendAsync(Bytes(AnswerLength), SocketFlags.None, cancellationToken);
        return server;
    }
}
