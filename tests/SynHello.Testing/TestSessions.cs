using System.Net.Security;
using System.Text;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Testing;

/// <summary>Sessions that no server gave out.</summary>
public static class TestSessions
{
    /// <summary>A session whose ticket is the text.</summary>
    public static TlsSession Create(string ticket, DateTimeOffset receivedAt, TimeSpan lifetime) =>
        new(Enumerable.Repeat((byte)7, 32).ToArray(), Encoding.UTF8.GetBytes(ticket))
        {
            CipherSuite = new CipherSuite(0x1301), // TLS_AES_128_GCM_SHA256
            ServerName = "example.com",
            ApplicationProtocol = SslApplicationProtocol.Http2,
            ReceivedAt = receivedAt,
            Lifetime = lifetime,
            MaximumEarlyData = 16384,
            PeerCertificates = [new byte[] { 1, 2, 3 }, new byte[] { 4, 5 }],
            AgeAdd = 0x12345678,
        };

    /// <summary>The same session, as a client keeps it that shows its ticket to another host; null for a host without a name.</summary>
    public static TlsSession Claim(TlsSession session, string? serverName)
    {
        ArgumentNullException.ThrowIfNull(session);
        return new TlsSession(session.Secret, session.Ticket)
        {
            CipherSuite = session.CipherSuite,
            ServerName = serverName,
            ApplicationProtocol = session.ApplicationProtocol,
            ReceivedAt = session.ReceivedAt,
            Lifetime = session.Lifetime,
            MaximumEarlyData = session.MaximumEarlyData,
            PeerCertificates = session.PeerCertificates,
            AgeAdd = session.AgeAdd,
            RecordSizeLimit = session.RecordSizeLimit,
        };
    }

    /// <summary>The text that <see cref="Create"/> was given.</summary>
    public static string TicketOf(TlsSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Encoding.UTF8.GetString(session.Ticket);
    }
}
