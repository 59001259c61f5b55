using System.Net;
using System.Net.Security;

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
    /// The certificates with their keys, best first: the first that the client can check is used. At least one.
    /// </summary>
    public IList<TlsCredential> Credentials { get; set; } = [];

    /// <summary>
    /// Whether ClientHellos that ride in a SYN are taken. <see cref="FastOpenMode.Cookie"/> by default; where the system does not
    /// allow it the listener says so in its log and serves plain handshakes. <see cref="FastOpenMode.Cookieless"/> answers addresses
    /// that have not proven themselves: only where nobody can spoof them, until that is budgeted.
    /// </summary>
    public FastOpenMode FastOpen { get; set; } = FastOpenMode.Cookie;

    /// <summary>The application protocols, best first (RFC 7301); empty negotiates none.</summary>
    public IList<SslApplicationProtocol> ApplicationProtocols { get; set; } = [];

    /// <summary>
    /// The longest time from accept to the end of the handshake; 10 seconds by default.
    /// <see cref="Timeout.InfiniteTimeSpan"/> sets no limit.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many connections may be between accept and <see cref="SecureListener.AcceptAsync"/> at a time, 1,024 by default. When there
    /// are more, the oldest handshake gives way; when all are complete and wait for the application, further ones wait in the kernel.
    /// </summary>
    public int MaximumPendingConnections { get; set; } = 1024;

    /// <summary>How many connections may wait in the kernel; 512 by default.</summary>
    public int Backlog { get; set; } = 512;

    /// <summary>The cipher suites to take, best first; null, the default, means all.</summary>
    public IReadOnlyList<CipherSuite>? CipherSuites { get; set; }

    /// <summary>The key exchange groups to take, best first; null, the default, means all.</summary>
    public IReadOnlyList<NamedGroup>? Groups { get; set; }

    /// <summary>The largest record to receive, 64 to 16,385 bytes (RFC 8449); null, the default, means 16,385.</summary>
    public int? RecordSizeLimit { get; set; }

    /// <summary>Records are padded to a multiple of this many bytes; 1, the default, does not pad.</summary>
    public int RecordPadding { get; set; } = 1;

    /// <summary>Receives SSLKEYLOGFILE lines; for debugging only, because whoever has them can read the traffic.</summary>
    public Action<string>? KeyLog { get; set; }

    /// <summary>Where failures and decisions are logged; nowhere by default.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>The clock of timeouts and timings.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The cryptography; the default is .NET's with libcrypto's key agreement.</summary>
    public TlsCryptoProvider CryptoProvider { get; set; } = DefaultCryptoProvider.Instance;
}
