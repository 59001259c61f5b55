using System.Net.Security;

using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>Sessions for stores, told apart by a name.</summary>
internal static class SampleSessions
{
    public static SessionKey Key(
        string host = "example.com",
        int port = 443,
        string? serverName = null,
        SslApplicationProtocol[]? protocols = null,
        string trust = "trust") =>
        new(host, port, serverName ?? host, protocols ?? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11], trust);

    public static StoredSession Session(
        string name,
        DateTimeOffset now,
        TimeSpan? lifetime = null,
        TimeSpan? verifiedFor = null) => new(
            TestSessions.Create(name, now, lifetime ?? TimeSpan.FromHours(2)),
            new ChainVerification
            {
                VerifiedAt = now,
                EndsAt = now + (verifiedFor ?? TimeSpan.FromHours(24)),
                PolicyErrors = SslPolicyErrors.RemoteCertificateChainErrors,
            });

    public static string? Name(StoredSession? session) => session is null ? null : TestSessions.TicketOf(session.Session);
}
