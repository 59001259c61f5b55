using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SynHello.Sockets;

/// <summary>
/// What the kernel says of a TCP connection (<c>getsockopt(TCP_INFO)</c> on Linux). Kernels differ in how much they
/// say; a field that the kernel does not know is 0.
/// </summary>
public readonly record struct TcpInfo
{
    // struct tcp_info only ever grows at its end; what stands here is known since Linux 2.6 and has not moved.
    private const int MinimumLength = 8;
    private const int BufferLength = 256;

    /// <summary>The connection's state.</summary>
    public TcpState State { get; init; }

    /// <summary>What was negotiated, and what Fast Open did.</summary>
    public TcpInfoOptions Options { get; init; }

    /// <summary>Retransmissions in a row of the segment that is not acknowledged at this moment.</summary>
    public int Retransmits { get; init; }

    /// <summary>Why Fast Open failed at the client (Linux 5.5 and later).</summary>
    public FastOpenClientFailure ClientFailure { get; init; }

    /// <summary>The largest segment that this end sends, in bytes of payload.</summary>
    public int SendMss { get; init; }

    /// <summary>The largest segment that was received, as the kernel estimates it, in bytes of payload.</summary>
    public int ReceiveMss { get; init; }

    /// <summary>
    /// Segments sent and not acknowledged yet; of a listening socket, how many connections wait to be accepted.
    /// </summary>
    public int UnacknowledgedSegments { get; init; }

    /// <summary>
    /// Segments that were acknowledged out of order; of a listening socket, how many connections may wait to be accepted.
    /// </summary>
    public int SelectivelyAcknowledgedSegments { get; init; }

    /// <summary>How long ago data was sent last; the kernel's resolution is a millisecond or coarser.</summary>
    public TimeSpan LastDataSent { get; init; }

    /// <summary>How long ago data was received last.</summary>
    public TimeSpan LastDataReceived { get; init; }

    /// <summary>How long ago an acknowledgment was received last.</summary>
    public TimeSpan LastAcknowledgmentReceived { get; init; }

    /// <summary>The path MTU as this connection knows it, in bytes.</summary>
    public int PathMtu { get; init; }

    /// <summary>The smoothed round-trip time; zero before the first sample.</summary>
    public TimeSpan RoundTrip { get; init; }

    /// <summary>The round-trip time's mean deviation.</summary>
    public TimeSpan RoundTripVariation { get; init; }

    /// <summary>The congestion window, in segments.</summary>
    public int CongestionWindow { get; init; }

    /// <summary>The MSS that this end advertised, in bytes.</summary>
    public int AdvertisedMss { get; init; }

    /// <summary>Segments sent more than once since the connection began.</summary>
    public int TotalRetransmits { get; init; }

    /// <summary>Bytes that the peer acknowledged; a client's SYN counts as one.</summary>
    public long BytesAcknowledged { get; init; }

    /// <summary>Bytes of payload received in order, read by the application or not.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Segments sent.</summary>
    public int SegmentsSent { get; init; }

    /// <summary>Segments received.</summary>
    public int SegmentsReceived { get; init; }

    /// <summary>Bytes that wait in the send buffer and have not been sent once.</summary>
    public int NotSentBytes { get; init; }

    /// <summary>The smallest round-trip time seen of late.</summary>
    public TimeSpan MinimumRoundTrip { get; init; }

    /// <summary>Segments with payload received.</summary>
    public int DataSegmentsReceived { get; init; }

    /// <summary>Segments with payload sent, those sent again included.</summary>
    public int DataSegmentsSent { get; init; }

    /// <summary>Bytes of payload sent, those sent again included (Linux 4.19 and later).</summary>
    public long BytesSent { get; init; }

    /// <summary>Bytes of payload sent again (Linux 4.19 and later).</summary>
    public long BytesRetransmitted { get; init; }

    /// <summary>Asks the kernel about <paramref name="socket"/>. Safe to call from any thread.</summary>
    /// <param name="socket">A TCP socket in any state.</param>
    /// <param name="info">What the kernel said.</param>
    /// <returns>False when this system has no <c>TCP_INFO</c> (any but Linux), or the socket is closed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="socket"/> is null.</exception>
    public static bool TryGet(Socket socket, out TcpInfo info)
    {
        ArgumentNullException.ThrowIfNull(socket);
        info = default;
        if (!OperatingSystem.IsLinux()) return false;

        Span<byte> buffer = stackalloc byte[BufferLength];
        int length;
        try
        {
            length = socket.GetRawSocketOption(LinuxTcp.Level, LinuxTcp.Info, buffer);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }

        if (length < MinimumLength) return false;

        info = Parse(buffer[..length]);
        return true;
    }

    /// <summary>Reads a <c>struct tcp_info</c> in this machine's byte order.</summary>
    /// <param name="source">The structure, as long as the kernel that wrote it knows it; what is beyond is
    /// ignored.</param>
    /// <returns>What it says; fields behind its end are 0.</returns>
    /// <exception cref="ArgumentException"><paramref name="source"/> is shorter than the 8 bytes every kernel writes.
    /// </exception>
    public static TcpInfo Parse(ReadOnlySpan<byte> source)
    {
        if (source.Length < MinimumLength)
        {
            throw new ArgumentException($"A tcp_info has at least {MinimumLength} bytes.", nameof(source));
        }

        return new TcpInfo
        {
            State = ToState(source[0]),
            Retransmits = source[2],
            Options = (TcpInfoOptions)source[5],
            ClientFailure = ToClientFailure(source[7]),
            SendMss = ReadInt32(source, 16),
            ReceiveMss = ReadInt32(source, 20),
            UnacknowledgedSegments = ReadInt32(source, 24),
            SelectivelyAcknowledgedSegments = ReadInt32(source, 28),
            LastDataSent = ReadMilliseconds(source, 44),
            LastDataReceived = ReadMilliseconds(source, 52),
            LastAcknowledgmentReceived = ReadMilliseconds(source, 56),
            PathMtu = ReadInt32(source, 60),
            RoundTrip = ReadMicroseconds(source, 68),
            RoundTripVariation = ReadMicroseconds(source, 72),
            CongestionWindow = ReadInt32(source, 80),
            AdvertisedMss = ReadInt32(source, 84),
            TotalRetransmits = ReadInt32(source, 100),
            BytesAcknowledged = ReadInt64(source, 120),
            BytesReceived = ReadInt64(source, 128),
            SegmentsSent = ReadInt32(source, 136),
            SegmentsReceived = ReadInt32(source, 140),
            NotSentBytes = ReadInt32(source, 144),
            MinimumRoundTrip = ReadMicroseconds(source, 148),
            DataSegmentsReceived = ReadInt32(source, 152),
            DataSegmentsSent = ReadInt32(source, 156),
            BytesSent = ReadInt64(source, 200),
            BytesRetransmitted = ReadInt64(source, 208),
        };
    }

    // include/net/tcp_states.h
    private static TcpState ToState(byte value) => value switch
    {
        1 => TcpState.Established,
        2 => TcpState.SynSent,
        3 or 12 => TcpState.SynReceived,
        4 => TcpState.FinWait1,
        5 => TcpState.FinWait2,
        6 => TcpState.TimeWait,
        7 => TcpState.Closed,
        8 => TcpState.CloseWait,
        9 => TcpState.LastAck,
        10 => TcpState.Listen,
        11 => TcpState.Closing,
        _ => TcpState.Unknown,
    };

    // A C bit field: one bit (application-limited) and then these two, counted from the byte order's own end.
    private static FastOpenClientFailure ToClientFailure(byte bits) =>
        (FastOpenClientFailure)(BitConverter.IsLittleEndian ? (bits >> 1) & 3 : (bits >> 5) & 3);

    private static int ReadInt32(ReadOnlySpan<byte> source, int offset) =>
        (int)Math.Min(ReadUInt32(source, offset), int.MaxValue);

    private static TimeSpan ReadMilliseconds(ReadOnlySpan<byte> source, int offset) =>
        TimeSpan.FromTicks(ReadUInt32(source, offset) * TimeSpan.TicksPerMillisecond);

    private static TimeSpan ReadMicroseconds(ReadOnlySpan<byte> source, int offset)
    {
        uint value = ReadUInt32(source, offset);
        // All ones is the kernel's "no sample yet" in tcpi_min_rtt.
        return value == uint.MaxValue ? TimeSpan.Zero : TimeSpan.FromTicks(value * TimeSpan.TicksPerMicrosecond);
    }

    private static uint ReadUInt32(ReadOnlySpan<byte> source, int offset) =>
        source.Length >= offset + sizeof(uint) ? MemoryMarshal.Read<uint>(source[offset..]) : 0;

    private static long ReadInt64(ReadOnlySpan<byte> source, int offset) =>
        source.Length >= offset + sizeof(long) ? Math.Max(MemoryMarshal.Read<long>(source[offset..]), 0) : 0;
}
