using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SynHello.Lab;

/// <summary>
/// Remembers who opened each flow. Both ends of the mirror are this machine, so both write the same pair of addresses
/// and only the ports tell them apart: the client is the end whose SYN was seen. A flow with equal ports on both ends
/// cannot be told apart and counts as the client's, but for its SYN-ACK.
/// </summary>
internal sealed class FlowTable(int capacity = FlowTable.DefaultCapacity)
{
    public const int DefaultCapacity = 16_384;

    private readonly Dictionary<FlowKey, ushort> _clientPorts = [];
    private readonly Queue<FlowKey> _byAge = new();

    public int Count => _clientPorts.Count;

    /// <summary>Classifies a packet as its sender wrote it: its destination is the far end.</summary>
    public PacketDirection Classify(in IpPacket packet)
    {
        UInt128 far = ToInteger(packet.Destination);
        if (packet.Protocol is IpPacket.Icmp or IpPacket.IcmpV6 && packet.Transport.Length >= 8)
            return ClassifyIcmp(packet, far);

        FlowKey key = FlowKey.Create(far, packet.Protocol, packet.SourcePort, packet.DestinationPort);
        bool senderIsServer = packet.IsSynAck;
        if (packet.IsSyn || !_clientPorts.TryGetValue(key, out ushort clientPort))
        {
            // Without a SYN (UDP, or a flow older than the table) whoever speaks first is the client.
            clientPort = senderIsServer ? packet.DestinationPort : packet.SourcePort;
            Remember(key, clientPort);
        }

        return clientPort == packet.SourcePort && !senderIsServer
            ? PacketDirection.ClientToServer
            : PacketDirection.ServerToClient;
    }

    private PacketDirection ClassifyIcmp(in IpPacket packet, UInt128 far)
    {
        ReadOnlySpan<byte> icmp = packet.Transport;
        byte type = icmp[0];
        if (type == (packet.IsV6 ? 129 : 0))
            return PacketDirection.ServerToClient;

        // The quoted packet came to the sender of the error: its destination port is the sender's.
        bool isError = packet.IsV6 ? type is >= 1 and <= 4 : type is 3 or 4 or 5 or 11 or 12;
        ReadOnlySpan<byte> quoted = icmp[8..];
        int header = packet.IsV6 ? 40 : 20;
        if (isError && quoted.Length >= header)
        {
            byte protocol = quoted[packet.IsV6 ? 6 : 9];
            header = packet.IsV6 ? 40 : (quoted[0] & 0x0F) * 4;
            if (quoted.Length >= header + 4)
            {
                ushort from = BinaryPrimitives.ReadUInt16BigEndian(quoted[header..]);
                ushort to = BinaryPrimitives.ReadUInt16BigEndian(quoted[(header + 2)..]);
                if (_clientPorts.TryGetValue(FlowKey.Create(far, protocol, from, to), out ushort clientPort))
                    return clientPort == to ? PacketDirection.ClientToServer : PacketDirection.ServerToClient;
            }
        }

        return PacketDirection.ClientToServer;
    }

    private void Remember(FlowKey key, ushort clientPort)
    {
        if (_clientPorts.TryAdd(key, clientPort))
        {
            _byAge.Enqueue(key);
            if (_byAge.Count > capacity)
                _clientPorts.Remove(_byAge.Dequeue());
            return;
        }

        _clientPorts[key] = clientPort;
    }

    private static UInt128 ToInteger(ReadOnlySpan<byte> address) => address.Length == 16
        ? BinaryPrimitives.ReadUInt128BigEndian(address)
        : BinaryPrimitives.ReadUInt32BigEndian(address);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct FlowKey(UInt128 Far, byte Protocol, ushort LowPort, ushort HighPort)
    {
        public static FlowKey Create(UInt128 far, byte protocol, ushort port, ushort otherPort) => port < otherPort
            ? new FlowKey(far, protocol, port, otherPort)
            : new FlowKey(far, protocol, otherPort, port);
    }
}
