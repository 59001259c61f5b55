namespace SynHello.Tests;

/// <summary>Rings of ticket keys, and tickets of theirs.</summary>
internal static class TicketRings
{
    public static readonly byte[] Content = Exchange.Bytes(150);

    public static SessionTicketKeyRing MakeRing(TimeProvider clock, Action<SessionTicketKeyRingOptions>? configure)
    {
        var options = new SessionTicketKeyRingOptions { TimeProvider = clock };
        configure?.Invoke(options);
        return new SessionTicketKeyRing(options);
    }

    public static byte[] Seal(SessionTicketKeyRing ring)
    {
        byte[] ticket = new byte[Content.Length + ring.MaximumOverhead];
        Assert.Equal(ticket.Length, ring.Seal(Content, ticket));
        return ticket;
    }

    public static bool Opens(SessionTicketKeyRing ring, byte[] ticket)
    {
        byte[] content = new byte[ticket.Length];
        bool opened = ring.TryOpen(ticket, content, out int length);
        Assert.Equal(opened ? Content : [], content[..length]);
        return opened;
    }

    public static byte[] NameOf(byte[] ticket) => ticket[..16];

    public static TicketKey[] Keys(SessionTicketKeyRing ring) => ring.Entries;
}
