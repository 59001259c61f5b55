using SynHello.Capture;
using SynHello.Lab;
using SynHello.Tls;

using Direction = SynHello.Capture.PacketDirection;

namespace SynHello.Cli.Race;

/// <summary>One measured connection: its packets, and what is counted from them.</summary>
internal sealed class RaceConnection
{
    private RaceConnection(RaceScheme scheme, RaceRun run, IReadOnlyList<CapturedPacket> packets)
    {
        Run = run;
        Packets = packets;
        Ledger = RoundTripLedger.Read(
            packets, new RoundTripLedgerOptions { MinimumResponseRecordLength = RaceExchange.SmallestResponseRecord });
        if (Ledger.TlsVersion != scheme.Protocol)
            throw new RaceException($"{scheme.Name}: a connection was set up with {Ledger.TlsVersion}.");
        if (Ledger.SessionResumed != scheme.Resumes)
        {
            throw new RaceException(
                scheme.Resumes
                    ? $"{scheme.Name}: the packets of a connection show that it did not resume a session."
                    : $"{scheme.Name}: the packets of a connection show that it resumed a session.");
        }

        RequireEarlyData(scheme);
        RequestSentRoundTrips = Ledger.RequestSentRoundTrips ?? throw NotFound(scheme, "request");
        FirstByteRoundTrips = Ledger.FirstByteRoundTrips ?? throw NotFound(scheme, "response");
    }

    public RaceRun Run { get; }

    public IReadOnlyList<CapturedPacket> Packets { get; }

    public RoundTripLedger Ledger { get; }

    public int RequestSentRoundTrips { get; }

    public int FirstByteRoundTrips { get; }

    /// <summary>Whether the whole ClientHello was in the SYN and the server took it from there.</summary>
    public bool ClientHelloInSyn => Ledger.ClientHelloInSynTaken
        && Ledger.Entries.Count(entry => entry.Contents.HasFlag(PacketContents.ClientHello)) == 1;

    /// <summary>Reads a run's packets.</summary>
    /// <param name="scheme">How it connected.</param>
    /// <param name="run">The run.</param>
    /// <param name="packets">Its packets.</param>
    /// <param name="zero">The wire's time that counts as zero.</param>
    public static RaceConnection Of(
        RaceScheme scheme, RaceRun run, IEnumerable<WirePacket> packets, TimeSpan zero) => new(
        scheme,
        run,
        [.. packets.Select(packet => new CapturedPacket(
            packet.SentAt - zero,
            packet.DeliveredAt - zero,
            packet.Direction == Lab.PacketDirection.ClientToServer
                ? Direction.ClientToServer
                : Direction.ServerToClient,
            packet.Bytes))]);

    /// <summary>The client has to say what the scheme wants, and the packets what the client says.</summary>
    private void RequireEarlyData(RaceScheme scheme)
    {
        EarlyDataStatus wanted = scheme.SendsEarlyData ? EarlyDataStatus.Accepted : EarlyDataStatus.None;
        if (Run.EarlyData != wanted)
        {
            throw new RaceException(
                $"{scheme.Name}: the client says of a connection's early data: {Run.EarlyData}, not {wanted}.");
        }

        EarlyDataUse shown = scheme.SendsEarlyData ? EarlyDataUse.Accepted : EarlyDataUse.None;
        if (Ledger.EarlyData != shown)
        {
            throw new RaceException(
                $"{scheme.Name}: the packets say of a connection's early data: {Ledger.EarlyData}, not {shown}.");
        }
    }

    private static RaceException NotFound(RaceScheme scheme, string what) =>
        new($"{scheme.Name}: the {what} could not be found among the packets of a connection.");
}
