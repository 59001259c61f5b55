namespace SynHello.Wire;

/// <summary>A PskIdentity with its binder (RFC 8446 section 4.2.11).</summary>
internal readonly ref struct PreSharedKeyIdentity
{
    /// <summary>The label of the key: a ticket.</summary>
    public ReadOnlySpan<byte> Identity { get; init; }

    /// <summary>The ticket's age in milliseconds, with ticket_age_add added modulo 2^32.</summary>
    public uint ObfuscatedTicketAge { get; init; }

    /// <summary>The HMAC that proves knowledge of the key, over the ClientHello in front of the binders.</summary>
    public ReadOnlySpan<byte> Binder { get; init; }
}
