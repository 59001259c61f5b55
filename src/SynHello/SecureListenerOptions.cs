using System.Diagnostics.Metrics;
using System.Net;
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

/// <summary>How a <see cref="SecureListener"/> listens. Read when the listener is made; changes afterwards have no effect on it.</summary>
public sealed class SecureListenerOptions
{
    /// <summary>The address and port to listen on; port 0 takes a free one. Must be set.</summary>
    public IPEndPoint? ListenEndPoint { get; set; }

    /// <summary>
    /// The certificates with their keys, best first: the first that the client can check is used. At least one, unless there is a
    /// <see cref="CredentialSelector"/> or a <see cref="CredentialCallback"/>, which decide instead; even then these are what the listener
    /// looks at when it starts, to warn of what is wrong with a chain or of what it weighs, and renewing them ends sessions.
    /// </summary>
    public IList<TlsCredential> Credentials { get; set; } = [];

    /// <summary>
    /// Chooses the certificates to show by the host that the client asks for, best first; none refuses the client
    /// (unrecognized_name), and null asks <see cref="CredentialCallback"/>. It is called inside the handshake: it must not wait. Null,
    /// the default, shows one of <see cref="Credentials"/>, whatever the host. What only a selector knows of, nobody is warned of: give
    /// <see cref="Credentials"/> too where they are known (<see cref="HostCertificates.Credentials"/>,
    /// <see cref="CertificateFiles.Credentials"/>).
    /// </summary>
    public Func<TlsCredentialRequest, IReadOnlyList<TlsCredential>?>? CredentialSelector { get; set; }

    /// <summary>
    /// As <see cref="CredentialSelector"/>, for what takes its time; the handshake waits, for <see cref="HandshakeTimeout"/> at most.
    /// What it throws ends the handshake. Until its first await it runs on a loop that accepts connections, of which there are as many as
    /// cores: what blocks there keeps clients waiting.
    /// </summary>
    public Func<TlsCredentialRequest, CancellationToken, ValueTask<IReadOnlyList<TlsCredential>>>? CredentialCallback { get; set; }

    /// <summary>Whether clients are asked for a certificate; by default they are not.</summary>
    public TlsClientCertificateMode ClientCertificateMode { get; set; }

    /// <summary>
    /// Roots of clients' certificates; their names are sent to clients, each once, to help them choose: 65,000 bytes at most, two more for
    /// each name counted; all of them are part of every full handshake's first flight. Roots means certificates that are
    /// self-signed: an intermediate authority is no end of a chain to .NET, so that nobody is trusted for being issued under it, and the
    /// log warns of it (event 96). Null or empty, the default, trusts the system's roots, which is seldom what is meant: anybody has
    /// a certificate of one of those.
    /// </summary>
    public X509Certificate2Collection? TrustedClientRoots { get; set; }

    /// <summary>
    /// How clients' chains are built and judged; null, the default, means <see cref="TrustedClientRoots"/>, client authentication, no
    /// revocation check. Whatever the policy says, no certificate is fetched from where a client's certificate points: anybody could make
    /// the server ask for anything.
    /// </summary>
    public X509ChainPolicy? ClientCertificateChainPolicy { get; set; }

    /// <summary>
    /// How it is found out whether clients' certificates were revoked; not at all by default, because clients send no OCSP responses
    /// with them. <see cref="RevocationMode.Online"/> and <see cref="RevocationMode.Crl"/> ask, while the handshake waits, whom the certificate
    /// names once it leads to one of <see cref="TrustedClientRoots"/>.
    /// </summary>
    public RevocationOptions ClientCertificateRevocation { get; set; } = new() { Mode = RevocationMode.Off };

    /// <summary>
    /// Decides on a client's certificate after it was checked, knowing what was found wrong; null, the default, takes only a certificate
    /// that nothing is wrong with. Not asked about what <see cref="ClientCertificateRevocation"/> refuses; weak keys and signatures are chain
    /// errors without a status in the chain. The sender is the <see cref="SecureListener"/>. The certificate and the chain are disposed of when
    /// the callback returns. It is not asked about a client that comes back with a ticket, and no other listener takes such tickets.
    /// </summary>
    public RemoteCertificateValidationCallback? ClientCertificateValidationCallback { get; set; }

    /// <summary>
    /// Whether ClientHellos that ride in a SYN are taken. <see cref="FastOpenMode.Cookie"/> by default; where the system does not
    /// allow it the listener says so in its log and serves plain handshakes. <see cref="FastOpenMode.Cookieless"/> answers addresses
    /// that have not proven themselves, with three times the bytes of their SYN at most (headers and all): a chain that does not fit
    /// costs a round trip, and is warned of in the log.
    /// </summary>
    public FastOpenMode FastOpen { get; set; } = FastOpenMode.Cookie;

    /// <summary>
    /// The versions of TLS that are spoken; by default TLS 1.2 and TLS 1.3, which are all that there are here. Each client gets the newest
    /// that it speaks too.
    /// </summary>
    public SslProtocols EnabledSslProtocols { get; set; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>
    /// Whether TLS 1.2 is spoken only with clients that bind the session's secret to the handshake (RFC 7627); true by default. Without
    /// that nothing is resumed, and no keying material exported.
    /// </summary>
    public bool RequireExtendedMasterSecret { get; set; } = true;

    /// <summary>
    /// Keeps the sessions of clients that speak TLS 1.2 and take no tickets, and all of TLS 1.2 where <see cref="TicketCount"/> is 0. Null,
    /// the default, makes the listener a <see cref="SessionIdCache"/> of its own; a <see cref="SharedSessionCache"/> is for many
    /// servers, which need the same <see cref="TicketKeys"/> then.
    /// </summary>
    public TlsSessionCache? SessionCache { get; set; }

    /// <summary>The application protocols, best first (RFC 7301); empty negotiates none.</summary>
    public IList<SslApplicationProtocol> ApplicationProtocols { get; set; } = [];

    /// <summary>
    /// Seals the tickets that clients come back with (RFC 8446 section 4.6.1). Null, the default, makes the listener a
    /// <see cref="SessionTicketKeyRing"/> of its own, whose tickets end with it; listeners that are given the same one take each
    /// other's tickets.
    /// </summary>
    public SessionTicketProtector? TicketKeys { get; set; }

    /// <summary>How long a ticket may be used, one second to seven days; 12 hours by default.</summary>
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>
    /// How many tickets a connection is given, 2 by default and 16 at most; a client can ask for another number (RFC 9149). 0 gives
    /// out none; then only TLS 1.2 is resumed, and only where a <see cref="SessionCache"/> is given.
    /// </summary>
    public int TicketCount { get; set; } = 2;

    /// <summary>
    /// Whether a client that sends no key share of this server's may resume by the pre-shared key alone (psk_ke), without forward
    /// secrecy: whoever gets the ticket keys later can read what was recorded (RFC 8446 section 2.2). False by default.
    /// </summary>
    public bool AllowPskKeyExchange { get; set; }

    /// <summary>
    /// The most bytes of early data that are taken of a connection (RFC 8446 section 4.2.10); 0, the default, takes none. Early data
    /// comes before the client has shown that it is there. Whoever has recorded it can send it again: this listener takes each
    /// ClientHello once (<see cref="ReplayRegister"/>), but an attacker can hold the first copy back and deliver it later, within
    /// <see cref="EarlyDataWindow"/>, or to another server whose register does not know it, and a client whose early data was refused
    /// or lost sends the same again after the handshake. And it is not forward secret: whoever gets <see cref="TicketKeys"/> later can
    /// read it. So it is for requests that do no harm when they run twice, GET for instance (RFC 8446 section 8, appendix E.5, RFC
    /// 8470). An application reads it with <see cref="SecureStream.ReadEarlyDataAsync"/>, or after the handshake with the rest.
    /// </summary>
    public int MaximumEarlyData { get; set; }

    /// <summary>
    /// How far the age that a client gives for its ticket may be off before its early data is not taken (RFC 8446 section 8.3), one
    /// second to one hour; 10 seconds by default. For twice that long an attacker could deliver a ClientHello that it held back.
    /// Tickets that were given out under another window resume without early data.
    /// </summary>
    public TimeSpan EarlyDataWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Remembers the ClientHellos whose early data was taken, so that none is taken twice. Null, the default, makes the listener a
    /// <see cref="StrikeRegister"/> of its own, if <see cref="MaximumEarlyData"/> is not 0. Whatever it throws means that early data
    /// is not taken, and so does an answer that takes longer than a second.
    /// </summary>
    public ReplayRegister? ReplayRegister { get; set; }

    /// <summary>
    /// The longest time from accept to the end of the handshake, also where a connection is handed out before that; 10 seconds by default.
    /// <see cref="Timeout.InfiniteTimeSpan"/> sets no limit.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many connections may be between accept and <see cref="SecureListener.AcceptAsync"/> at a time, 1,024 by default. When there
    /// are more, the oldest handshake gives way; when all are complete and wait for the application, further ones wait in the kernel.
    /// </summary>
    public int MaximumPendingConnections { get; set; } = 1024;

    /// <summary>
    /// Whether answers are held back from addresses that are not proven. To be switched off by tests alone, which show that they would
    /// see what this prevents.
    /// </summary>
    internal bool AddressValidation { get; set; } = true;

    /// <summary>Whether the listener steps down under load. To be switched off by tests of something else alone.</summary>
    internal bool RetreatsUnderLoad { get; set; } = true;

    /// <summary>How many connections may wait in the kernel; 512 by default.</summary>
    public int Backlog { get; set; } = 512;

    /// <summary>
    /// How many connections whose address is not proven yet may have been opened by the data of their SYN at a time (RFC 7413
    /// section 5.1), 256 by default; above it the kernel makes plain handshakes. As many private key operations may be made for addresses
    /// that nobody has proven within three seconds. It should be twice what ordinary times bring: connections a second times their
    /// round trip. It is made no more than half of <see cref="Backlog"/> and of <see cref="MaximumPendingConnections"/>, which the log
    /// says; when three quarters of it are taken, the listener steps down (<see cref="SecureListener.CurrentFastOpen"/>).
    /// </summary>
    public int FastOpenQueueLength { get; set; } = 256;

    /// <summary>
    /// The keys of the kernel's Fast Open cookies (RFC 7413 section 4.1.2): 16 bytes, or 32 for a second key that old cookies are still
    /// taken under. Servers behind one address share them. Empty, the default, leaves it to the kernel. See
    /// <see cref="SecureListener.SetFastOpenKeys"/> for changing them later.
    /// </summary>
    public ReadOnlyMemory<byte> FastOpenKeys { get; set; }

    /// <summary>The cipher suites to take, best first; null, the default, means all.</summary>
    public IReadOnlyList<CipherSuite>? CipherSuites { get; set; }

    /// <summary>The key exchange groups to take, best first; null, the default, means all.</summary>
    public IReadOnlyList<NamedGroup>? Groups { get; set; }

    /// <summary>The largest record to receive, 64 to 16,385 bytes (RFC 8449); null, the default, means 16,385.</summary>
    public int? RecordSizeLimit { get; set; }

    /// <summary>Records of TLS 1.3 are padded to a multiple of this many bytes; 1, the default, does not pad. TLS 1.2 cannot.</summary>
    public int RecordPadding { get; set; } = 1;

    /// <summary>How large the records of application data are; by default small ones first, and after a silence.</summary>
    public RecordSizing RecordSizing { get; set; } = new();

    /// <summary>Receives SSLKEYLOGFILE lines; for debugging only, because whoever has them can read the traffic.</summary>
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
}
