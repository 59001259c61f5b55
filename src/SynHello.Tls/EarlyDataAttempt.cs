namespace SynHello.Tls;

/// <summary>Early data that a server could take, if it was not taken before (RFC 8446 section 8).</summary>
/// <param name="Identifier">
/// What tells this ClientHello from every other one, however often it is delivered: the PSK binder that was verified
/// (RFC 8446 section 8.2), 32 or 48 bytes. Known to the client and whoever sees the connection, and no secret.
/// </param>
/// <param name="FreshUntil">
/// From then on a copy is refused for its age alone: until then the identifier has to be remembered.
/// </param>
public sealed record EarlyDataAttempt(ReadOnlyMemory<byte> Identifier, DateTimeOffset FreshUntil);
