using System.Buffers.Binary;

using SynHello.Tls;

namespace SynHello.Fuzz.Transparent;

/// <summary>Tickets that can be read: their content and a tag, which counts only where cryptography binds.</summary>
internal sealed class TransparentTicketProtector(bool binds) : SessionTicketProtector
{
    public override int MaximumOverhead => sizeof(ulong);

    public override int Seal(ReadOnlySpan<byte> content, Span<byte> ticket)
    {
        content.CopyTo(ticket);
        BinaryPrimitives.WriteUInt64LittleEndian(ticket[content.Length..], Mixer.Absorb(Mixer.Start, content));
        return content.Length + MaximumOverhead;
    }

    public override bool TryOpen(ReadOnlySpan<byte> ticket, Span<byte> content, out int length)
    {
        length = 0;
        if (ticket.Length < MaximumOverhead)
            return false;
        ReadOnlySpan<byte> inside = ticket[..^MaximumOverhead];
        if (binds && BinaryPrimitives.ReadUInt64LittleEndian(ticket[inside.Length..]) != Mixer.Absorb(Mixer.Start, inside))
            return false;
        inside.CopyTo(content);
        length = inside.Length;
        return true;
    }
}
