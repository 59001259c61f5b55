using System.Buffers;

namespace SynHello;

/// <summary>Bytes on their way to the socket or to the reader, in a pooled array that is given back when it is empty. Not thread-safe.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private byte[] _array = [];
    private int _start;
    private int _end;

    public int Length => _end - _start;

    /// <summary>How much of the pool's it holds, in bytes.</summary>
    public int Rented => _array.Length;

    public bool IsEmpty => _start == _end;

    public ReadOnlyMemory<byte> Memory => _array.AsMemory(_start, Length);

    public ReadOnlySpan<byte> Span => _array.AsSpan(_start, Length);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_array.Length - _end), nameof(count));
        _end += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(1, sizeHint));
        return _array.AsMemory(_end);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(1, sizeHint));
        return _array.AsSpan(_end);
    }

    /// <summary>Drops bytes from the front; the array goes back to the pool with the last of them.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (IsEmpty)
            Release();
    }

    /// <summary>Drops everything and gives the array back.</summary>
    public void Release()
    {
        byte[] array = _array;
        _array = [];
        _start = _end = 0;
        if (array.Length > 0)
            ArrayPool<byte>.Shared.Return(array);
    }

    /// <summary>Moves what is there into a smaller array, where that is worth it.</summary>
    /// <param name="length">How much room there is to be, with what is there.</param>
    public void Trim(int length)
    {
        if (_array.Length < 4 * length || Length > length)
            return;
        byte[] smaller = ArrayPool<byte>.Shared.Rent(length);
        Span.CopyTo(smaller);
        _end = Length;
        _start = 0;
        ArrayPool<byte>.Shared.Return(_array);
        _array = smaller;
    }

    /// <summary>Makes room for so many more bytes at once, which would be copied on the way if it grew by and by.</summary>
    public void Reserve(int count)
    {
        if (_array.Length - _end >= count)
            return;
        int length = Length;
        if (_array.Length - length >= count && _start >= length)
        {
            Span.CopyTo(_array);
        }
        else
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(4096, (length + count) + (length / 2)));
            Span.CopyTo(larger);
            if (_array.Length > 0)
                ArrayPool<byte>.Shared.Return(_array);
            _array = larger;
        }

        _start = 0;
        _end = length;
    }
}
