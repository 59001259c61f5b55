using System.Buffers.Binary;

namespace SynHello.Lab;

/// <summary>
/// Writes what a capture on the client's machine would show, as a classic pcap file with nanosecond stamps and raw IP
/// packets (LINKTYPE_RAW, 101): the client's packets when they are sent, lost ones included, and the server's when they
/// arrive.
/// </summary>
/// <remarks>
/// Subscribe it to an <see cref="EmulatedWire"/>, or call <see cref="Write"/>. Members may be called from any thread. A
/// failing stream does not disturb the wire: writing ends, and <see cref="Flush"/> and <see cref="Dispose"/> report it.
/// </remarks>
public sealed class PcapWriter : IWireObserver, IDisposable
{
    private const uint NanosecondMagic = 0xA1B23C4D;
    private const uint LinkTypeRaw = 101;
    private const int SnapLength = 262_144;
    private const int FileHeaderLength = 24;
    private const int RecordHeaderLength = 16;

    private readonly Lock _gate = new();
    private readonly BufferedStream _stream;
    private readonly Stream _target;
    private readonly DateTimeOffset _epoch;
    private readonly bool _leaveOpen;
    private Exception? _failure;
    private bool _disposed;

    /// <summary>Begins a capture file.</summary>
    /// <param name="stream">Where the file goes.</param>
    /// <param name="epoch">The time of day at time zero of the packets: <see cref="EmulatedWire.StartedAt"/>.</param>
    /// <param name="leaveOpen">Whether <see cref="Dispose"/> leaves the stream open.</param>
    /// <exception cref="ArgumentException">The stream cannot be written, or the epoch is before 1970.</exception>
    /// <exception cref="IOException">The stream could not be written.</exception>
    public PcapWriter(Stream stream, DateTimeOffset epoch, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
            throw new ArgumentException("The stream cannot be written.", nameof(stream));
        if (epoch < DateTimeOffset.UnixEpoch)
            throw new ArgumentException("A capture file counts from 1970.", nameof(epoch));
        _target = stream;
        _stream = new BufferedStream(stream, 1 << 16);
        _epoch = epoch;
        _leaveOpen = leaveOpen;

        Span<byte> header = stackalloc byte[FileHeaderLength];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, NanosecondMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], SnapLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], LinkTypeRaw);
        _stream.Write(header);
    }

    /// <summary>Writes one packet.</summary>
    /// <param name="at">When the capture saw it, counted from the epoch.</param>
    /// <param name="packet">The IP packet.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public void Write(TimeSpan at, ReadOnlySpan<byte> packet)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(at, TimeSpan.Zero);
        long ticks = (_epoch - DateTimeOffset.UnixEpoch).Ticks + at.Ticks;
        Span<byte> header = stackalloc byte[RecordHeaderLength];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)(ticks / TimeSpan.TicksPerSecond));
        BinaryPrimitives.WriteUInt32LittleEndian(
            header[4..],
            (uint)(ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick));
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], (uint)packet.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)packet.Length);
        lock (_gate)
        {
            if (_disposed || _failure is not null)
                return;
            try
            {
                _stream.Write(header);
                _stream.Write(packet);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                _failure = e;
            }
        }
    }

    /// <summary>Hands everything written so far to the stream.</summary>
    /// <exception cref="IOException">The stream failed, now or earlier.</exception>
    public void Flush()
    {
        lock (_gate)
        {
            ThrowOnFailure();
            if (!_disposed)
                _stream.Flush();
        }
    }

    /// <summary>Completes the file and, unless told otherwise, closes the stream. Later packets are ignored.</summary>
    /// <exception cref="IOException">The stream failed, now or earlier: the file is not complete.</exception>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            try
            {
                ThrowOnFailure();
                _stream.Flush();
            }
            finally
            {
                // Disposing the BufferedStream would close the target in any case, and flush once more.
                if (!_leaveOpen)
                    _target.Dispose();
            }
        }
    }

    void IWireObserver.OnSent(in WirePacket packet)
    {
        if (packet.Direction == PacketDirection.ClientToServer)
            Write(packet.SentAt, packet.Bytes.Span);
    }

    void IWireObserver.OnDelivered(in WirePacket packet)
    {
        if (packet is { Direction: PacketDirection.ServerToClient, DeliveredAt: { } at })
            Write(at, packet.Bytes.Span);
    }

    private void ThrowOnFailure()
    {
        if (_failure is not null)
            throw new IOException("The capture file could not be written.", _failure);
    }
}
