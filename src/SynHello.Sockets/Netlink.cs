using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SynHello.Sockets;

/// <summary>
/// One question to the kernel over netlink (RFC 3549), and its answer. The kernel answers within the send, so nothing
/// here waits. Nobody needs a privilege to read what is read here.
/// </summary>
internal static partial class Netlink
{
    public const int Route = 0;
    public const int Generic = 16;

    private const int Family = 16;
    private const int Raw = 3;
    private const int CloseOnExec = 0x80000;
    private const int MessageDontWait = 0x40;
    private const ushort ErrorType = 2;

    /// <summary>Asks, in the network namespace of the calling thread.</summary>
    /// <param name="protocol">The netlink protocol.</param>
    /// <param name="request">A message of <see cref="NetlinkRequest"/>.</param>
    /// <param name="reply">Room for the answer.</param>
    /// <returns>The answer behind its netlink header; empty when the system does not answer, or refuses.</returns>
    public static ReadOnlySpan<byte> Ask(int protocol, scoped ReadOnlySpan<byte> request, Span<byte> reply)
    {
        int descriptor = OpenSocket(Family, Raw | CloseOnExec, protocol);
        if (descriptor < 0) return default;

        using var socket = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Send(socket, request, (nuint)request.Length, MessageDontWait) != request.Length) return default;

        nint received = Receive(socket, reply, (nuint)reply.Length, MessageDontWait);
        if (received < NetlinkRequest.HeaderLength) return default;

        uint length = MemoryMarshal.Read<uint>(reply);
        ushort type = MemoryMarshal.Read<ushort>(reply[4..]);
        return type == ErrorType || length < NetlinkRequest.HeaderLength || length > received
            ? default
            : reply[NetlinkRequest.HeaderLength..(int)length];
    }

    /// <summary>Finds an attribute in a row of them.</summary>
    /// <param name="attributes">Attributes, one after the other.</param>
    /// <param name="type">The type looked for.</param>
    /// <returns>Its value; empty when it is not there.</returns>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> attributes, ushort type)
    {
        const ushort TypeMask = 0x3FFF;
        while (attributes.Length >= NetlinkRequest.AttributeHeaderLength)
        {
            int length = MemoryMarshal.Read<ushort>(attributes);
            if (length < NetlinkRequest.AttributeHeaderLength || length > attributes.Length) break;
            if ((MemoryMarshal.Read<ushort>(attributes[2..]) & TypeMask) == type)
                return attributes[NetlinkRequest.AttributeHeaderLength..length];

            attributes = attributes[Math.Min(NetlinkRequest.Align(length), attributes.Length)..];
        }

        return default;
    }

    [LibraryImport("libc", EntryPoint = "socket")]
    private static partial int OpenSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "send")]
    private static partial nint Send(SafeHandle socket, ReadOnlySpan<byte> buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv")]
    private static partial nint Receive(SafeHandle socket, Span<byte> buffer, nuint length, int flags);
}
