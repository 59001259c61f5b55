using System.Buffers;

namespace SynHello;

/// <summary>
/// Where plaintext goes while somebody reads: into the reader's own buffer as long as whole records fit, and the rest into what is kept
/// for the next read. Spares the bytes a copy. Not thread-safe.
/// </summary>
/// <param name="kept">Takes what does not fit, and is empty whenever something is lent.</param>
internal sealed class ReaderBuffer(PooledBuffer kept) : IBufferWriter<byte>
{
    private Memory<byte> _lent;
    private int _count;
    private int _touched;
    private bool _isLent;

    /// <summary>How many bytes the reader has by now.</summary>
    public int Count => _count;

    /// <summary>Begins to fill a buffer.</summary>
    public void Lend(Memory<byte> buffer)
    {
        _lent = buffer;
        _count = _touched = 0;
    }

    /// <summary>Ends that. What is in the buffer behind the plaintext, of records that held none, is cleared.</summary>
    /// <returns>How many bytes the reader has.</returns>
    public int TakeBack()
    {
        _lent.Span[_count.._touched].Clear();
        _lent = default;
        return _count;
    }

    public void Advance(int count)
    {
        if (_isLent)
            _count += count;
        else
            kept.Advance(count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        _isLent = kept.IsEmpty && sizeHint > 0 && sizeHint <= _lent.Length - _count;
        if (!_isLent)
            return kept.GetMemory(sizeHint);
        _touched = Math.Max(_touched, _count + sizeHint);
        return _lent.Slice(_count, sizeHint);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
