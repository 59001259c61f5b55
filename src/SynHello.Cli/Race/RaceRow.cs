using System.Buffers.Binary;
using System.Net;

using SynHello.Lab;
using SynHello.Tls;

namespace SynHello.Cli.Race;

/// <summary>What the runs of one scheme came to.</summary>
internal sealed class RaceRow
{
    private readonly List<TimeSpan> _firstBytes;

    private RaceRow(RaceScheme scheme, List<RaceConnection> connections)
    {
        Scheme = scheme;
        Connections = connections;
        List<RaceConnection> timed =
        [
            .. connections
                .Where(connection => !connection.Run.IsRepeated)
                .OrderBy(connection => connection.Run.FirstByte),
        ];
        _firstBytes = timed.ConvertAll(connection => connection.Run.FirstByte);
        Typical = timed[(timed.Count - 1) / 2];
        RequestSentRoundTrips = connections.Max(connection => connection.RequestSentRoundTrips);
        FirstByteRoundTrips = connections.Max(connection => connection.FirstByteRoundTrips);
        RoundTripsVary = connections.Exists(connection => connection.RequestSentRoundTrips != RequestSentRoundTrips
            || connection.FirstByteRoundTrips != FirstByteRoundTrips);
    }

    public RaceScheme Scheme { get; }

    /// <summary>Every measured connection, those that were repeated included.</summary>
    public IReadOnlyList<RaceConnection> Connections { get; }

    /// <summary>How many runs were made again, because the machine stood still during them.</summary>
    public int RepeatedRuns => Connections.Count - _firstBytes.Count;

    /// <summary>The connection with the median time.</summary>
    public RaceConnection Typical { get; }

    /// <summary>Round trips until the request could leave: of the run that needed most.</summary>
    public int RequestSentRoundTrips { get; }

    /// <summary>Round trips until the first byte of the response could arrive: of the run that needed most.</summary>
    public int FirstByteRoundTrips { get; }

    /// <summary>Whether the runs disagree about the round trips.</summary>
    public bool RoundTripsVary { get; }

    /// <summary>Whether, in every run, the whole ClientHello was in the SYN and was taken from it.</summary>
    public bool ClientHelloInSyn => Connections.All(connection => connection.ClientHelloInSyn);

    /// <summary>Whether every run resumed a session, as its packets show.</summary>
    public bool Resumed => Connections.All(connection => connection.Ledger.SessionResumed);

    /// <summary>
    /// What became of early data, in every run: clients and packets agree about it, or the race fails.
    /// </summary>
    public EarlyDataStatus EarlyData => Typical.Run.EarlyData;

    /// <summary>Bytes of data in the SYN of the typical run.</summary>
    public int SynPayloadBytes => Typical.Ledger.SynPayloadBytes;

    /// <summary>
    /// Milliseconds to the first byte that a part of the runs did not exceed, by the nearest-rank method.
    /// </summary>
    /// <param name="percent">The part, 1 to 100 percent.</param>
    public double FirstByteMilliseconds(int percent) =>
        _firstBytes[(((percent * _firstBytes.Count) + 99) / 100) - 1].TotalMilliseconds;

    /// <summary>Sorts a lane's packets to its runs and counts.</summary>
    public static RaceRow Of(
        RaceScheme scheme, IReadOnlyList<RaceRun> runs, IReadOnlyList<WirePacket> packets, TimeSpan startedAt)
    {
        ILookup<(IPAddress, int), WirePacket> byConnection = packets.ToLookup(ConnectionOf);
        return new RaceRow(scheme, [.. runs.Select(run =>
            RaceConnection.Of(scheme, run, byConnection[(run.Server, run.ClientPort)], startedAt))]);
    }

    // The far end's address and the client's port. The wire's packets are IPv4, and show the client's view in both
    // directions.
    private static (IPAddress Server, int ClientPort) ConnectionOf(WirePacket packet)
    {
        ReadOnlySpan<byte> ip = packet.Bytes.Span;
        ReadOnlySpan<byte> tcp = ip[((ip[0] & 0xF) * 4)..];
        return packet.Direction == PacketDirection.ClientToServer
            ? (new IPAddress(ip.Slice(16, 4)), BinaryPrimitives.ReadUInt16BigEndian(tcp))
            : (new IPAddress(ip.Slice(12, 4)), BinaryPrimitives.ReadUInt16BigEndian(tcp[2..]));
    }
}
