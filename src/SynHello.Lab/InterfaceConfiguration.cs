using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SynHello.Lab;

/// <summary>
/// Configures a network interface of the current namespace through ioctl (netdevice(7)) and rtnetlink, without
/// iproute2.
/// </summary>
internal sealed unsafe class InterfaceConfiguration : IDisposable
{
    private const short Up = 0x1;
    private const short Running = 0x40;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly string _name;

    public InterfaceConfiguration(string name) => _name = name;

    public void Dispose() => _socket.Dispose();

    public void SetAddress(IPAddress address, int prefixLength)
    {
        Request request = Request.For(_name);
        request.Family = (ushort)AddressFamily.InterNetwork;
        address.TryWriteBytes(new Span<byte>(request.Address, 4), out _);
        Control(Libc.SetInterfaceAddress, ref request, $"Could not give {_name} the address {address}");

        uint mask = prefixLength == 0 ? 0 : uint.MaxValue << (32 - prefixLength);
        for (int i = 0; i < 4; i++)
            request.Address[i] = (byte)(mask >> (24 - 8 * i));
        Control(Libc.SetInterfaceNetmask, ref request, $"Could not set the netmask of {_name}");
    }

    public void SetAddressV6(IPAddress address, int prefixLength)
    {
        Request request = Request.For(_name);
        Control(Libc.GetInterfaceIndex, ref request, $"Could not find the interface {_name}");
        var requestV6 = new RequestV6 { PrefixLength = (uint)prefixLength, Index = request.Value };
        address.TryWriteBytes(new Span<byte>(requestV6.Address, 16), out _);
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
        if (Libc.Control(socket.SafeHandle, Libc.SetInterfaceAddress, &requestV6) < 0)
            throw Libc.Failure($"Could not give {_name} the address {address}");
    }

    public void SetMtu(int mtu)
    {
        Request request = Request.For(_name);
        request.Value = mtu;
        Control(Libc.SetInterfaceMtu, ref request, $"Could not set the MTU of {_name} to {mtu}");
    }

    /// <summary>
    /// Sets how many packets wait for the reader of the interface. The ioctl for it wants rights in the initial user
    /// namespace; rtnetlink(7) is content with those in our own.
    /// </summary>
    public void SetQueueLength(int packets)
    {
        Request request = Request.For(_name);
        Control(Libc.GetInterfaceIndex, ref request, $"Could not find the interface {_name}");
        string what = $"Could not set the queue length of {_name}";
        int descriptor = Libc.OpenSocket(
            Libc.NetlinkFamily,
            Libc.RawSocket | Libc.CloseOnExec,
            Libc.RouteProtocol);
        if (descriptor < 0)
            throw Libc.Failure(what);
        using var socket = new SafeFileHandle(descriptor, ownsHandle: true);
        var message = new LinkMessage
        {
            Length = (uint)sizeof(LinkMessage),
            Type = LinkMessage.SetLink,
            Flags = LinkMessage.IsRequest | LinkMessage.WantsAnswer,
            Index = request.Value,
            AttributeLength = LinkMessage.QueueLengthAttributeSize,
            AttributeType = LinkMessage.QueueLengthAttribute,
            QueueLength = (uint)packets,
        };
        if (Libc.Write(socket, (byte*)&message, (nuint)sizeof(LinkMessage)) < 0)
            throw Libc.Failure(what);

        // The answer is a header of 16 bytes and a negative errno, zero when it was done; the kernel has it ready.
        int* answer = stackalloc int[64];
        nint length = Libc.Read(socket, (byte*)answer, 64 * sizeof(int));
        if (length < 5 * sizeof(int))
            throw Libc.Failure(what);
        if (answer[4] != 0)
        {
            Marshal.SetLastPInvokeError(-answer[4]);
            throw Libc.Failure(what);
        }
    }

    public void BringUp()
    {
        Request request = Request.For(_name);
        Control(Libc.GetInterfaceFlags, ref request, $"Could not find the interface {_name}");
        request.Flags |= Up | Running;
        Control(Libc.SetInterfaceFlags, ref request, $"Could not bring {_name} up");
    }

    private void Control(nuint operation, ref Request request, string what)
    {
        fixed (Request* pointer = &request)
        {
            if (Libc.Control(_socket.SafeHandle, operation, pointer) < 0)
                throw Libc.Failure(what);
        }
    }

    /// <summary>struct ifreq: a name and a union of which each operation reads one member.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 40)]
    public struct Request
    {
        public const int NameLength = 16;

        [FieldOffset(0)]
        public fixed byte Name[NameLength];
        [FieldOffset(16)]
        public short Flags;
        [FieldOffset(16)]
        public int Value;
        [FieldOffset(16)]
        public ushort Family;
        [FieldOffset(20)]
        public fixed byte Address[4];

        public static Request For(string name)
        {
            Request request = default;
            Encoding.ASCII.GetBytes(name, new Span<byte>(request.Name, NameLength - 1));
            return request;
        }
    }

    /// <summary>struct nlmsghdr, struct ifinfomsg and one struct rtattr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LinkMessage
    {
        public const ushort SetLink = 19;
        public const ushort IsRequest = 0x1;
        public const ushort WantsAnswer = 0x4;
        public const ushort QueueLengthAttribute = 13;
        public const ushort QueueLengthAttributeSize = 8;

        public uint Length;
        public ushort Type;
        public ushort Flags;
        public uint Sequence;
        public uint Port;
        public byte Family;
        public byte Padding;
        public ushort LinkType;
        public int Index;
        public uint LinkFlags;
        public uint LinkFlagsChanged;
        public ushort AttributeLength;
        public ushort AttributeType;
        public uint QueueLength;
    }

    /// <summary>struct in6_ifreq.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RequestV6
    {
        public fixed byte Address[16];
        public uint PrefixLength;
        public int Index;
    }
}
