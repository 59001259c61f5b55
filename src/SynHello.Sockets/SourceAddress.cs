using System.Net;
using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>The local address that the system's routes give to a connection.</summary>
internal static class SourceAddress
{
    private const int AnyPort = 9;

    /// <summary>Asks before there is a connection. Sends nothing: a datagram socket's connect only looks up the route.</summary>
    /// <returns>The address; null when there is no route.</returns>
    public static IPAddress? Towards(IPAddress remote)
    {
        try
        {
            using var socket = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(remote, AnyPort);
            return (socket.LocalEndPoint as IPEndPoint)?.Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
