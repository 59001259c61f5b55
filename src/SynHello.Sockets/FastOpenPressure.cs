using System.Runtime.InteropServices;

namespace SynHello.Sockets;

/// <summary>What a <see cref="FastOpenRetreat"/> judges by.</summary>
/// <param name="Unproven">How many connections of the listener have an unproven address, or ended so of late.</param>
/// <param name="Overdue">How many have one for longer than any that was opened without a cookie lives.</param>
/// <param name="Overflows">How often the Fast Open queue of any listener was full since the last time.</param>
/// <param name="FullSynQueues">How often the queue of plain SYNs of any listener was full since the last time.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FastOpenPressure(
    int Unproven, int Overdue = 0, long Overflows = 0, long FullSynQueues = 0);
