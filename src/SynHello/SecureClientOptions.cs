using System.Diagnostics.Metrics;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

using SynHello.Crypto;
using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// How a <see cref="SecureClient"/> connects. Read when the client is made; changes afterwards have no effect on it.
/// </summary>
public sealed class SecureClientOptions
{
    /// <summary>
    /// Whether the ClientHello rides in the SYN. <see cref="FastOpenMode.Cookie"/> by default: it takes effect from the
    /// second connection to a server on, and a server or system without it costs nothing. A path that loses such SYNs
    /// costs a quarter of a second once (see <see cref="FastOpenPaths"/>).
    /// <see cref="FastOpenMode.Cookieless"/> rides on the very first visit, with servers that allow it. A ClientHello
    /// is safe to deliver twice, so this is no matter of replay.
    /// </summary>
    public FastOpenMode FastOpen { get; set; } = FastOpenMode.Cookie;

    /// <summary>
    /// What Fast Open did on which path, so that a path which does not carry it is left alone; null, the default, means a
    /// memory of the client's own. Clients can share one.
    /// </summary>
    public FastOpenPaths? FastOpenPaths { get; set; }

    /// <summary>The application protocols to offer, best first (RFC 7301); empty offers none.</summary>
    public IList<SslApplicationProtocol> ApplicationProtocols { get; set; } = [];

    /// <summary>
    /// How the server's chain is built and judged; null, the default, means the system's trusted roots, server
    /// authentication, no revocation check of X509Chain's own, and no certificate fetched from elsewhere while somebody waits.
    /// A policy of .NET's makes has <see cref="X509ChainPolicy.DisableCertificateDownloads"/> off: it fetches a missing intermediate from
    /// where the server's certificate says, on a thread that waits for it. A revocation mode of this policy's comes on top of <see cref="Revocation"/>, and blocks a thread.
    /// </summary>
    public X509ChainPolicy? CertificateChainPolicy { get; set; }

    /// <summary>
    /// How it is found out whether the server's certificates were revoked; by default by the OCSP responses that come with them, which
    /// servers are asked for, and nobody else.
    /// </summary>
    public RevocationOptions Revocation { get; set; } = new();

    /// <summary>
    /// Roots to trust instead of the system's; null or empty, the default, trusts the system's. Roots means certificates that are
    /// self-signed: no chain ends, for .NET, with an intermediate authority that is among them.
    /// </summary>
    public X509Certificate2Collection? TrustedRoots { get; set; }

    /// <summary>
    /// Decides on the server's certificate after it was checked, knowing what was found wrong; null, the default, takes
    /// only a certificate that nothing is wrong with. The sender is the <see cref="SecureClient"/>. The certificate and
    /// the chain are disposed of when the callback returns: copy what is to outlive it. It is not
    /// asked about what <see cref="Revocation"/> refuses: that is refused. A weak key or signature below the root, and a key usage that does
    /// not allow to sign, are <see cref="SslPolicyErrors.RemoteCertificateChainErrors"/> without a status in the chain: a callback that
    /// overlooks the statuses that it knows has to see that there is one.
    /// For a connection that is to resume a session it is asked before anything is sent, about the chain that the
    /// session's server proved itself with; where it refuses, the handshake is a full one, and it is asked about that.
    /// </summary>
    public RemoteCertificateValidationCallback? RemoteCertificateValidationCallback { get; set; }

    /// <summary>What is shown to servers that ask for a certificate, best first; none by default.</summary>
    public IList<TlsCredential> Credentials { get; set; } = [];

    /// <summary>
    /// Chooses what to show by what the server asks for, instead of <see cref="Credentials"/>; the handshake waits for it. None shows
    /// none. Null by default. What it throws ends the handshake, and so does the handshake's timeout. A connection that showed what it has
    /// chosen is not resumed, because nobody would ask it then, and sessions are shared with no other client.
    /// Until its first await it runs on the thread that reads the connection, and must not block.
    /// </summary>
    public Func<TlsCredentialRequest, CancellationToken, ValueTask<IReadOnlyList<TlsCredential>>>? CredentialCallback { get; set; }

    /// <summary>
    /// Whether the client comes back as a returning visitor: it takes the servers' tickets and resumes sessions with
    /// them (RFC 8446 section 2.2), which saves the certificate's work and is what early data needs. True by default.
    /// </summary>
    public bool AllowResumption { get; set; } = true;

    /// <summary>
    /// Where sessions are kept between connections; null, the default, means a <see cref="MemorySessionStore"/> of the
    /// client's own.
    /// </summary>
    public SessionStore? SessionStore { get; set; }

    /// <summary>
    /// How many tickets servers are asked for (RFC 9149), 1 to 255; null, the default, does not ask, which leaves it to
    /// the server and saves 6 bytes of the SYN. Each connection uses one up.
    /// </summary>
    public int? TicketRequest { get; set; }

    /// <summary>
    /// How many tickets servers are asked for on a connection that resumes a session (RFC 9149), 0 to 255, where <see
    /// cref="TicketRequest"/> asks at all; null, the default, asks for as many as on any other. Who asks for many on a first visit, for
    /// several connections at once, needs no more than two on each of these to have as many again.
    /// </summary>
    public int? ResumptionTicketRequest { get; set; }

    /// <summary>
    /// Whether a session may be resumed without a new key exchange (psk_ke, RFC 8446 section 4.2.9), if the server
    /// wants that. Whoever learns the session's secret can then read the connection. False by default.
    /// </summary>
    public bool AllowPskKeyExchange { get; set; }

    /// <summary>
    /// For how long after a server's chain was verified its sessions may be resumed, and those that come of resuming
    /// them; 24 hours by default. A resumed connection shows no certificate, so that nothing asks the policy, the
    /// roots, a revocation check or the callback again until then, or until a certificate of the chain, or an OCSP response that
    /// vouched for it, ends. Whoever cannot wait a day to hear of a revocation sets this lower, or turns resumption off.
    /// </summary>
    public TimeSpan MaximumSessionAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// A name for what <see cref="RemoteCertificateValidationCallback"/> stands for: clients whose callbacks judge
    /// alike, and who say so by the same name, can share sessions. Null, the default, keeps the sessions of a client
    /// with a callback from every other client, because nobody can tell what a callback does.
    /// </summary>
    public string? SessionTrustName { get; set; }

    /// <summary>
    /// The longest time from the SYN to the end of the handshake; 10 seconds by default.
    /// <see cref="Timeout.InfiniteTimeSpan"/> sets no limit.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The versions of TLS that are offered, of which the server takes its newest: by default TLS 1.2 and TLS 1.3, which are all that
    /// there are here.
    /// </summary>
    public SslProtocols EnabledSslProtocols { get; set; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>
    /// Whether, in TLS 1.2, a connection is handed out and takes its first request before the server's Finished has come (False Start,
    /// RFC 7918), which saves a round trip; true by default. It is done only with suites and groups that are strong enough, and
    /// where an application protocol was chosen, or none was offered. Nothing that the server sends is handed out before its
    /// Finished was checked: <see cref="SecureStream.IsHandshakeComplete"/>. Whoever only writes calls <see
    /// cref="SecureStream.CompleteHandshakeAsync"/> before disposing, and whoever exports keying material before that.
    /// </summary>
    public bool AllowFalseStart { get; set; } = true;

    /// <summary>
    /// Whether TLS 1.2 is spoken only with servers that bind the session's secret to the handshake (RFC 7627); true by default. Without
    /// that nothing is resumed, and no keying material exported.
    /// </summary>
    public bool RequireExtendedMasterSecret { get; set; } = true;

    /// <summary>The cipher suites to offer, best first; null, the default, means all.</summary>
    public IReadOnlyList<CipherSuite>? CipherSuites { get; set; }

    /// <summary>
    /// The key exchange groups to offer, best first; null, the default, means all. The ClientHello carries one key
    /// share, of the first.
    /// </summary>
    public IReadOnlyList<NamedGroup>? Groups { get; set; }

    /// <summary>
    /// Whether the handshake looks like TLS 1.2 to middleboxes (RFC 8446 appendix D.4); true by default.
    /// </summary>
    public bool MiddleboxCompatibility { get; set; } = true;

    /// <summary>
    /// The largest record to receive, 64 to 16,385 bytes (RFC 8449); null, the default, does not say.
    /// </summary>
    public int? RecordSizeLimit { get; set; }

    /// <summary>Records of TLS 1.3 are padded to a multiple of this many bytes; 1, the default, does not pad. TLS 1.2 cannot.</summary>
    public int RecordPadding { get; set; } = 1;

    /// <summary>How large the records of application data are; by default small ones first, and after a silence.</summary>
    public RecordSizing RecordSizing { get; set; } = new();

    /// <summary>
    /// Receives SSLKEYLOGFILE lines; for debugging only, because whoever has them can read the traffic.
    /// </summary>
    public Action<string>? KeyLog { get; set; }

    /// <summary>Where failures and decisions are logged; nowhere by default.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>
    /// Makes the meter "SynHello" whose instruments tell of handshakes; null, the default, uses one of the process's own.
    /// See docs/deploying.md for their names.
    /// </summary>
    public IMeterFactory? MeterFactory { get; set; }

    /// <summary>The clock of timeouts and timings.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The cryptography; the default is .NET's with libcrypto's key agreement.</summary>
    public TlsCryptoProvider CryptoProvider { get; set; } = DefaultCryptoProvider.Instance;

    /// <summary>A copy, whose lists are the same.</summary>
    internal SecureClientOptions Clone() => (SecureClientOptions)MemberwiseClone();
}
