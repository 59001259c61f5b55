namespace SynHello.Lab;

/// <summary>
/// Sees the packets of an <see cref="EmulatedWire"/>. Every packet is first sent; then it is delivered (twice, when a
/// rule duplicated it) or dropped, or is still in flight when the wire ends.
/// </summary>
/// <remarks>
/// The methods are called on the wire's own thread, one at a time and in the order of time. Whatever they take delays
/// the packets that follow, so they should copy and return. An exception from them ends the wire and is reported by
/// <see cref="EmulatedWire.Completion"/>. The calls precede their effect: whoever reads a byte from a socket can be
/// sure that the packet that brought it was already reported as delivered.
/// </remarks>
public interface IWireObserver
{
    /// <summary>A packet entered the wire. Its bytes are what the sender sent.</summary>
    /// <param name="packet">The packet; its bytes are valid during the call.</param>
    void OnSent(in WirePacket packet)
    {
    }

    /// <summary>A packet is about to leave the wire. Its bytes are what the receiver receives.</summary>
    /// <param name="packet">
    /// The packet, with <see cref="WirePacket.DeliveredAt"/>; its bytes are valid during the call.
    /// </param>
    void OnDelivered(in WirePacket packet)
    {
    }

    /// <summary>A packet that entered the wire will not be delivered.</summary>
    /// <param name="packet">
    /// The packet, with <see cref="WirePacket.DropReason"/>; its bytes are valid during the call.
    /// </param>
    void OnDropped(in WirePacket packet)
    {
    }
}
