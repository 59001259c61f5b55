using System.Text;

namespace SynHello.Cli.Race;

/// <summary>What every connection of the race carries: a small request and a response of one record.</summary>
internal static class RaceExchange
{
    public const string Host = "race.example";

    public const int ResponseLength = 4000;

    /// <summary>
    /// No record that a server sends before its response, other than the handshake's own, is that long: session
    /// tickets, several in a record perhaps, cannot be taken for the response.
    /// </summary>
    public const int SmallestResponseRecord = 2000;

    public static byte[] Request { get; } =
        Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {Host}\r\nAccept: */*\r\n\r\n");

    public static byte[] Response { get; } = CreateResponse();

    private static byte[] CreateResponse()
    {
        byte[] response = new byte[ResponseLength];
        response.AsSpan().Fill((byte)'.');
        byte[] head = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
        head.CopyTo(response, 0);
        return response;
    }
}
