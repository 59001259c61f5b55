using System.Net;

namespace SynHello.Lab;

/// <summary>Which addresses lie at the far end of the wire.</summary>
internal static class FarEnd
{
    /// <summary>Whether a destination is a unicast address of the network. Allocates nothing.</summary>
    public static bool Contains(IPNetwork network, ReadOnlySpan<byte> destination)
    {
        Span<byte> start = stackalloc byte[16];
        if (!network.BaseAddress.TryWriteBytes(start, out int length) || length != destination.Length)
            return false;
        bool isBroadcast = length == 4;
        for (int i = 0; i < length; i++)
        {
            int networkBits = Math.Clamp(network.PrefixLength - 8 * i, 0, 8);
            byte hostMask = (byte)(0xFF >> networkBits);
            if ((byte)(destination[i] & ~hostMask) != start[i])
                return false;
            isBroadcast &= (destination[i] & hostMask) == hostMask;
        }

        return !isBroadcast;
    }
}
