using System.Runtime.InteropServices;

namespace SynHello.Sockets;

/// <summary>Writes one netlink request, in this machine's byte order, into a buffer that is large enough.</summary>
internal ref struct NetlinkRequest
{
    public const int HeaderLength = 16;
    public const int AttributeHeaderLength = 4;

    private const ushort RequestFlag = 1;

    private readonly Span<byte> _buffer;
    private int _length;

    /// <param name="buffer">Where the request is written.</param>
    /// <param name="type">The message type.</param>
    /// <param name="familyHeader">The header that follows netlink's own.</param>
    public NetlinkRequest(Span<byte> buffer, ushort type, scoped ReadOnlySpan<byte> familyHeader)
    {
        buffer.Clear();
        _buffer = buffer;
        MemoryMarshal.Write(buffer[4..], in type);
        ushort flags = RequestFlag;
        MemoryMarshal.Write(buffer[6..], in flags);
        familyHeader.CopyTo(buffer[HeaderLength..]);
        _length = HeaderLength + Align(familyHeader.Length);
    }

    public static int Align(int length) => (length + 3) & ~3;

    public void Add(ushort type, scoped ReadOnlySpan<byte> value)
    {
        ushort length = (ushort)(AttributeHeaderLength + value.Length);
        MemoryMarshal.Write(_buffer[_length..], in length);
        MemoryMarshal.Write(_buffer[(_length + 2)..], in type);
        value.CopyTo(_buffer[(_length + AttributeHeaderLength)..]);
        _length += Align(length);
    }

    public readonly ReadOnlySpan<byte> Complete()
    {
        uint length = (uint)_length;
        MemoryMarshal.Write(_buffer, in length);
        return _buffer[.._length];
    }
}
