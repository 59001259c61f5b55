using System.Net;

namespace SynHello.Capture;

/// <summary>One TCP connection of a capture file.</summary>
/// <param name="Client">
/// The end that sent the SYN; without a SYN in the capture the end with the higher port.
/// </param>
/// <param name="Server">The other end.</param>
/// <param name="Packets">
/// The packets in the order of the file, ready for <see cref="RoundTripLedger.Read"/>. Times count from the file's
/// first packet.
/// </param>
public sealed record PcapFlow(IPEndPoint Client, IPEndPoint Server, IReadOnlyList<CapturedPacket> Packets);
