namespace SynHello.Tls;

/// <content>What the server keeps in TLS 1.2.</content>
internal sealed partial class ServerContext
{
    /// <summary>The ID that a session is looked up by elsewhere; null when none is.</summary>
    public byte[]? SessionLookup { get; set; }

    protected override bool IsSessionAwaited => SessionLookup is not null;

    /// <summary>This side's key pair, from ServerKeyExchange to ClientKeyExchange.</summary>
    public KeyExchange? KeyExchange { get; set; }

    /// <summary>The ID of the session: of a new one, or of the one that is resumed; empty for none.</summary>
    public byte[] SessionId { get; set; } = [];

    /// <summary>Whether the session is kept under <see cref="SessionId"/>.</summary>
    public bool IsSessionCached { get; set; }

    /// <summary>Whether the client was told that a ticket would come.</summary>
    public bool IsTicketPromised { get; set; }

    /// <summary>When the session was made, in milliseconds of Unix time: it grows no younger by being resumed.</summary>
    public long SessionIssuedAt { get; set; }
}
