namespace SynHello.Capture;

/// <summary>What <see cref="PcapReader"/> found in a capture file.</summary>
/// <param name="Flows">The TCP connections, in the order of their first packets.</param>
/// <param name="OtherPackets">
/// Packets that are not whole TCP segments: other protocols, fragments, cut by the capture's length limit.
/// </param>
/// <param name="PacketsBeyondLimits">
/// TCP packets that were left out because of a limit in <see cref="PcapReaderOptions"/>.
/// </param>
public sealed record PcapCapture(IReadOnlyList<PcapFlow> Flows, long OtherPackets, long PacketsBeyondLimits);
