using System.Net;

using SynHello.Tls;

namespace SynHello.Cli.Race;

/// <summary>One connection of the race, told from its client.</summary>
/// <param name="ClientPort">The client's port, which tells the connection's packets from others.</param>
/// <param name="Server">The address that was dialed.</param>
/// <param name="FirstByte">The time from before the connect to the first byte of the response.</param>
internal sealed record RaceRun(int ClientPort, IPAddress Server, TimeSpan FirstByte)
{
    /// <summary>What the client says became of early data.</summary>
    public EarlyDataStatus EarlyData { get; init; }

    /// <summary>
    /// Whether the machine stood still during the run, so that another one was made for its time. Its round trips
    /// count.
    /// </summary>
    public bool IsRepeated { get; init; }
}
