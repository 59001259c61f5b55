using System.Buffers;

namespace SynHello.Testing;

/// <summary>A buffer that never grows, so that what is written to it allocates nothing.</summary>
public sealed class FixedBuffer(int capacity) : IBufferWriter<byte>
{
    /// <summary>Room beyond what is kept, for what is asked for and not used.</summary>
    private const int Slack = 20_000;

    private readonly byte[] _array = new byte[capacity + Slack];
    private int _length;

    public ReadOnlySpan<byte> Written => _array.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => _array.AsMemory(_length);

    public Span<byte> GetSpan(int sizeHint = 0) => _array.AsSpan(_length);
}
