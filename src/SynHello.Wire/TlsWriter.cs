using System.Buffers;
using System.Buffers.Binary;

namespace SynHello.Wire;

/// <summary>
/// Writes the TLS presentation language into a pooled buffer that grows as needed. A length in front of what follows
/// is a scope: it is filled in when the scope is disposed. The buffer is cleared before it goes back to the pool.
/// Not thread-safe.
/// </summary>
internal sealed class TlsWriter : IDisposable
{
    private byte[] _buffer = [];
    private int _length;

    public int Length => _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void WriteUInt8(byte value) => Take(1)[0] = value;

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), value);

    public void WriteUInt24(int value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, 0xffffffu, nameof(value));
        Span<byte> bytes = Take(3);
        bytes[0] = (byte)(value >> 16);
        bytes[1] = (byte)(value >> 8);
        bytes[2] = (byte)value;
    }

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);

    public void WriteBytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>A vector of at most 255 bytes: what is written until the scope is disposed.</summary>
    public LengthScope Vector8() => new(this, 1);

    /// <summary>A vector of at most 65,535 bytes: what is written until the scope is disposed.</summary>
    public LengthScope Vector16() => new(this, 2);

    /// <summary>A vector of at most 2^24 - 1 bytes: what is written until the scope is disposed.</summary>
    public LengthScope Vector24() => new(this, 3);

    public void WriteVector8(ReadOnlySpan<byte> bytes)
    {
        using LengthScope scope = Vector8();
        WriteBytes(bytes);
    }

    public void WriteVector16(ReadOnlySpan<byte> bytes)
    {
        using LengthScope scope = Vector16();
        WriteBytes(bytes);
    }

    public void WriteVector24(ReadOnlySpan<byte> bytes)
    {
        using LengthScope scope = Vector24();
        WriteBytes(bytes);
    }

    /// <summary>Begins a handshake message (RFC 8446 section 4): its type and the length of what follows.</summary>
    public LengthScope Message(HandshakeType type)
    {
        WriteUInt8(type.Value);
        return Vector24();
    }

    /// <summary>Begins an extension (RFC 8446 section 4.2): its type and the length of what follows.</summary>
    public LengthScope Extension(ExtensionType type)
    {
        WriteUInt16(type.Value);
        return Vector16();
    }

    /// <summary>Room for bytes that the caller fills in itself.</summary>
    public Span<byte> Take(int count)
    {
        if (_buffer.Length - _length < count)
            Grow(count);
        Span<byte> room = _buffer.AsSpan(_length, count);
        _length += count;
        return room;
    }

    /// <summary>Bytes already written, to be changed in place.</summary>
    public Span<byte> Slice(int start, int length) => _buffer.AsSpan(0, _length).Slice(start, length);

    /// <summary>Forgets what was written; the buffer stays.</summary>
    public void Clear() => _length = 0;

    /// <summary>Forgets the first bytes; what follows moves to the front.</summary>
    public void RemoveFront(int count)
    {
        Written[count..].CopyTo(_buffer);
        _length -= count;
    }

    /// <summary>Gives the buffer back, cleared. The writer can be used again.</summary>
    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
    }

    private void Grow(int count)
    {
        // The pool's sizes are powers of two: growing to what is needed doubles.
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(1024, checked(_length + count)));
        Written.CopyTo(larger);
        byte[] old = _buffer;
        _buffer = larger;
        if (old.Length > 0)
            ArrayPool<byte>.Shared.Return(old, clearArray: true);
    }

    /// <summary>Fills in the length in front of what was written since the scope began.</summary>
    public readonly ref struct LengthScope
    {
        private readonly TlsWriter _writer;
        private readonly int _start;
        private readonly int _octets;

        internal LengthScope(TlsWriter writer, int octets)
        {
            writer.Take(octets);
            _writer = writer;
            _start = writer._length;
            _octets = octets;
        }

        public void Dispose()
        {
            int length = _writer._length - _start;
            if (length >= 1 << (8 * _octets))
                throw new InvalidOperationException($"{length} bytes do not fit a vector with {_octets} octets of length.");
            for (int i = 0; i < _octets; i++)
                _writer._buffer[_start - 1 - i] = (byte)(length >> (8 * i));
        }
    }
}
