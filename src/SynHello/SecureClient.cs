using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

using Microsoft.Extensions.Logging;

using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// Opens TLS connections whose ClientHello rides in the TCP SYN where the system and the server allow it. One client
/// serves many connections at once; thread-safe.
/// </summary>
public sealed class SecureClient
{
    /// <summary>
    /// How long a first flight without a cookie is made, in bytes: three times that holds the answer with a typical chain (see
    /// docs/design.md), and with the headers that Linux gives such a SYN it has just the least MTU of IPv6, 1,280.
    /// </summary>
    internal const int CookielessFlight = 1200;

    /// <summary>
    /// How long a server's first byte may take, at most, before a path that has not carried Fast Open yet is suspected.
    /// </summary>
    private static readonly TimeSpan s_longestPatience = TimeSpan.FromSeconds(3);

    private readonly TlsClientConfiguration _configuration;
    private readonly SslApplicationProtocol[] _sessionProtocols;
    private readonly CertificateVerification _verification;
    private readonly TimeSpan _maximumSessionAge;
    private readonly Func<TlsCredentialRequest, CancellationToken, ValueTask<IReadOnlyList<TlsCredential>>>? _credentialCallback;
    private readonly FastOpenDialer _dialer;
    private readonly HeldFlights _heldFlights;
    private readonly FastOpenMode _fastOpen;
    private readonly TimeSpan _handshakeTimeout;
    private readonly TimeProvider _timeProvider;
    private readonly RecordSizing _recordSizing;
    private readonly SessionStore? _sessions;
    private readonly ILogger _logger;
    private readonly HandshakeMetrics _metrics;
    private readonly TimeSpan _patience;

    /// <summary>Makes a client.</summary>
    /// <param name="options">How it connects; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A timeout, an age or a limit is out of its range.</exception>
    /// <exception cref="ArgumentException">The revocation options say what is not allowed, or a version is neither TLS 1.2 nor TLS 1.3.</exception>
    public SecureClient(SecureClientOptions? options = null)
        : this(options ?? new SecureClientOptions(), sharing: null)
    {
    }

    /// <summary>Makes a client.</summary>
    /// <param name="options">How it connects.</param>
    /// <param name="sharing">
    /// One of the same options but for its application protocols, whose verification and sessions it shares; null for none. For who knows
    /// that a server chooses this one's protocol of what that one offers: a session is good for early data in the protocol that was chosen
    /// (RFC 8446 section 4.2.10), whatever was offered beside it.
    /// </param>
    internal SecureClient(SecureClientOptions options, SecureClient? sharing)
    {
        Timeouts.Check(options.HandshakeTimeout, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.MaximumSessionAge, TimeSpan.Zero, nameof(options));
        TlsCryptoProvider provider = options.CryptoProvider;
        _verification = sharing?._verification ?? new CertificateVerification(options);
        _maximumSessionAge = options.MaximumSessionAge;
        _configuration = new TlsClientConfiguration(provider)
        {
            Versions = ProtocolVersions.Of(options.EnabledSslProtocols, nameof(options)),
            AllowFalseStart = options.AllowFalseStart,
            RequireExtendedMasterSecret = options.RequireExtendedMasterSecret,
            RequestOcspResponses = _verification.AsksForStaples,
            CipherSuites = [.. options.CipherSuites ?? provider.CipherSuites],
            Groups = [.. options.Groups ?? provider.Groups],
            ApplicationProtocols = [.. options.ApplicationProtocols],
            MiddleboxCompatibility = options.MiddleboxCompatibility,
            RecordSizeLimit = options.RecordSizeLimit,
            RecordPadding = options.RecordPadding,
            KeyLog = options.KeyLog,
            TimeProvider = options.AllowResumption ? options.TimeProvider : null,
            TicketRequest = options.AllowResumption ? options.TicketRequest : null,
            ResumptionTicketRequest = options.ResumptionTicketRequest,
            AllowPskKeyExchange = options.AllowPskKeyExchange,
            Credentials = [.. options.Credentials],
            CredentialSelector = options.CredentialCallback is null ? null : static _ => null,
        };
        _sessionProtocols = sharing?._sessionProtocols ?? [.. options.ApplicationProtocols];
        _credentialCallback = options.CredentialCallback;
        _fastOpen = options.FastOpen;
        _handshakeTimeout = options.HandshakeTimeout;
        _patience = _handshakeTimeout == Timeout.InfiniteTimeSpan || _handshakeTimeout / 3 > s_longestPatience
            ? s_longestPatience
            : _handshakeTimeout / 3;
        _timeProvider = options.TimeProvider;
        _recordSizing = RecordSizing.For(options.RecordSizing, options.RecordPadding);
        _dialer = new FastOpenDialer(options.FastOpenPaths, _timeProvider);
        if (options.AllowResumption)
            _sessions = options.SessionStore ?? sharing?._sessions ?? new MemorySessionStore(timeProvider: options.TimeProvider);
        _heldFlights = new HeldFlights(_timeProvider);
        _logger = options.LoggerFactory.CreateLogger<SecureClient>();
        _metrics = HandshakeMetrics.OfClients(options.MeterFactory);
    }

    /// <summary>Connects to a host by name or IP address, and asks for its certificate.</summary>
    /// <param name="host">The host name, in Unicode or punycode, or an IP address.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>
    /// The connection; the handshake is complete, or, after a False Start in TLS 1.2, all but the server's last message (see <see
    /// cref="SecureStream.IsHandshakeComplete"/>).
    /// </returns>
    /// <inheritdoc cref="ConnectAsync(EndPoint, string, CancellationToken)" path="/exception"/>
    public ValueTask<SecureStream> ConnectAsync(string host, int port, CancellationToken cancellationToken = default) =>
        ConnectAsync(ToEndPoint(host, port), host, cancellationToken);

    /// <summary>
    /// Connects to a host by name or IP address, and sends it bytes that are safe to replay, early if possible.
    /// </summary>
    /// <param name="host">The host name, in Unicode or punycode, or an IP address.</param>
    /// <param name="port">The port.</param>
    /// <param name="earlyData"><inheritdoc
    /// cref="ConnectAsync(EndPoint, string, ReadOnlyMemory{byte}, CancellationToken)"
    /// path="/param[@name='earlyData']/node()"/></param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>
    /// The connection; the handshake is complete, or, after a False Start in TLS 1.2, all but the server's last message (see <see
    /// cref="SecureStream.IsHandshakeComplete"/>).
    /// </returns>
    /// <inheritdoc cref="ConnectAsync(EndPoint, string, ReadOnlyMemory{byte}, CancellationToken)" path="/remarks"/>
    /// <inheritdoc cref="ConnectAsync(EndPoint, string, CancellationToken)" path="/exception"/>
    public ValueTask<SecureStream> ConnectAsync(
        string host, int port, ReadOnlyMemory<byte> earlyData, CancellationToken cancellationToken = default) =>
        ConnectAsync(ToEndPoint(host, port), host, earlyData, cancellationToken);

    /// <summary>Connects to an address, and asks for the certificate of a host.</summary>
    /// <param name="endPoint">Where to connect: an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>.</param>
    /// <param name="targetHost">The host name or IP address that the certificate has to be for.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>
    /// The connection; the handshake is complete, or, after a False Start in TLS 1.2, all but the server's last message (see <see
    /// cref="SecureStream.IsHandshakeComplete"/>).
    /// </returns>
    /// <exception cref="ArgumentException">The host is no host name.</exception>
    /// <exception cref="SocketException">
    /// The host could not be reached, or the connection broke during the handshake.
    /// </exception>
    /// <exception cref="AuthenticationException">
    /// The server's certificate was refused or the handshake failed; the inner <see cref="TlsProtocolException"/> says
    /// why.
    /// </exception>
    /// <exception cref="TimeoutException">
    /// The handshake took longer than <see cref="SecureClientOptions.HandshakeTimeout"/>.
    /// </exception>
    /// <exception cref="OperationCanceledException">The attempt was canceled.</exception>
    public ValueTask<SecureStream> ConnectAsync(
        EndPoint endPoint, string targetHost, CancellationToken cancellationToken = default) =>
        ConnectAsync(endPoint, targetHost, request: default, isReplaySafe: false, cancellationToken);

    /// <summary>Connects to an address, and sends it bytes that are safe to replay, early if possible.</summary>
    /// <remarks>
    /// The bytes go right behind the ClientHello, into the SYN as far as it has room, if there is a session whose
    /// server takes so many in the first of <see cref="SecureClientOptions.ApplicationProtocols"/>. Otherwise, and when
    /// the server does not take them, they are sent as soon as the handshake is complete, in one write with its last
    /// message: the server's application gets them exactly once on this connection. Only when the server chooses
    /// another application protocol than the first offered are they not sent at all: see
    /// <see cref="HandshakeReport.EarlyDataSent"/>.
    /// <para>Whoever sees early data on the wire can send it again, to the same server or to another one that has the
    /// same keys, and a network can deliver a SYN twice; servers stop that as well as they can (RFC 8446 section 8). The
    /// client itself sends the bytes again, on another connection and not as early data, when nothing comes of the first. It
    /// is not forward secret either: the session's secret, which the client keeps and the server's ticket keys open, is
    /// enough to read it (appendix E.5). So give only what does no harm when it is done twice, a GET without side
    /// effects for instance, and nothing that has to stay secret for years.</para>
    /// </remarks>
    /// <param name="endPoint">Where to connect: an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>.</param>
    /// <param name="targetHost">The host name or IP address that the certificate has to be for.</param>
    /// <param name="earlyData">
    /// What the caller declares safe to replay. It must not change until the call ends. Nothing is early when it is
    /// empty.
    /// </param>
    /// <param name="cancellationToken">Ends the attempt. The bytes may have been sent then.</param>
    /// <returns>
    /// The connection; the handshake is complete, or, after a False Start in TLS 1.2, all but the server's last message (see <see
    /// cref="SecureStream.IsHandshakeComplete"/>).
    /// </returns>
    /// <inheritdoc cref="ConnectAsync(EndPoint, string, CancellationToken)" path="/exception"/>
    public ValueTask<SecureStream> ConnectAsync(
        EndPoint endPoint,
        string targetHost,
        ReadOnlyMemory<byte> earlyData,
        CancellationToken cancellationToken = default) =>
        ConnectAsync(endPoint, targetHost, earlyData, isReplaySafe: true, cancellationToken);

    /// <summary>
    /// Gives a stream that connects to a host by name or IP address when it is first written to or read from.
    /// </summary>
    /// <param name="host">The host name, in Unicode or punycode, or an IP address.</param>
    /// <param name="port">The port.</param>
    /// <param name="firstWriteIsReplaySafe">
    /// <inheritdoc cref="DeferredSecureStream.FirstWriteIsReplaySafe" path="/summary/node()"/>
    /// </param>
    /// <returns>The stream. Nothing has been sent yet.</returns>
    public DeferredSecureStream OpenStream(string host, int port, bool firstWriteIsReplaySafe = false) =>
        OpenStream(ToEndPoint(host, port), host, firstWriteIsReplaySafe);

    /// <summary>Gives a stream that connects to an address when it is first written to or read from.</summary>
    /// <param name="endPoint">Where to connect: an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>.</param>
    /// <param name="targetHost">The host name or IP address that the certificate has to be for.</param>
    /// <param name="firstWriteIsReplaySafe">
    /// <inheritdoc cref="DeferredSecureStream.FirstWriteIsReplaySafe" path="/summary/node()"/>
    /// </param>
    /// <returns>The stream. Nothing has been sent yet.</returns>
    public DeferredSecureStream OpenStream(EndPoint endPoint, string targetHost, bool firstWriteIsReplaySafe = false) =>
        OpenStream(endPoint, targetHost, firstWriteIsReplaySafe, demandsProtocol: false);

    /// <summary>What verifies the servers' certificates.</summary>
    internal CertificateVerification Verification => _verification;

    /// <param name="endPoint">Where to connect.</param>
    /// <param name="targetHost">The host that the certificate has to be for.</param>
    /// <param name="firstWriteIsReplaySafe">Whether the first write may be early data.</param>
    /// <param name="demandsProtocol">
    /// Whether a first write that may be early data is sent only to a server that chooses its protocol by ALPN, and not to one that chooses none.
    /// </param>
    internal DeferredSecureStream OpenStream(
        EndPoint endPoint, string targetHost, bool firstWriteIsReplaySafe, bool demandsProtocol)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentException.ThrowIfNullOrEmpty(targetHost);
        return new DeferredSecureStream(
            (request, isReplaySafe, cancellationToken) =>
                ConnectAsync(endPoint, targetHost, request, isReplaySafe, cancellationToken, demandsProtocol))
        {
            FirstWriteIsReplaySafe = firstWriteIsReplaySafe,
        };
    }

    /// <summary>The application protocol of the session that the next connection would offer; null where there is none.</summary>
    internal async ValueTask<SslApplicationProtocol?> FindSessionProtocolAsync(EndPoint endPoint, string targetHost)
    {
        if (SessionsFor(endPoint, ToAscii(targetHost)) is not { } sessions
            || await sessions.TakeAsync().ConfigureAwait(false) is not { } session)
        {
            return null;
        }

        await sessions.ReturnAsync(session).ConfigureAwait(false);
        return session.Session.ApplicationProtocol;
    }

    /// <param name="endPoint">Where to connect.</param>
    /// <param name="targetHost">The host that the certificate has to be for.</param>
    /// <param name="request">What is sent first.</param>
    /// <param name="isReplaySafe">Whether it may be early data.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <param name="demandsProtocol"><inheritdoc cref="ClientAttempt.DemandsProtocol" path="/summary/node()"/></param>
    private async ValueTask<SecureStream> ConnectAsync(
        EndPoint endPoint,
        string targetHost,
        ReadOnlyMemory<byte> request,
        bool isReplaySafe,
        CancellationToken cancellationToken,
        bool demandsProtocol = false)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentException.ThrowIfNullOrEmpty(targetHost);
        string asciiHost = ToAscii(targetHost);
        long start = _timeProvider.GetTimestamp();
        _metrics.Begin();
        using Activity? activity = ConnectionActivity.Start(endPoint, asciiHost);
        SecureStream stream;
        try
        {
            stream = await HandshakeAsync(
                endPoint, targetHost, asciiHost, request, isReplaySafe, demandsProtocol, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _metrics.Failed(exception, _timeProvider.GetElapsedTime(start));
            if (activity is not null)
                ConnectionActivity.Failed(activity, exception);
            throw;
        }

        if (activity is not null)
            ConnectionActivity.Completed(activity, stream);
        _metrics.Completed(stream.Report, _timeProvider.GetElapsedTime(start));
        return stream;
    }

    private async ValueTask<SecureStream> HandshakeAsync(
        EndPoint endPoint,
        string targetHost,
        string asciiHost,
        ReadOnlyMemory<byte> request,
        bool isReplaySafe,
        bool demandsProtocol,
        CancellationToken cancellationToken)
    {
        using var attempt = new ClientAttempt(
            _configuration, asciiHost, SessionsFor(endPoint, asciiHost), request, isReplaySafe)
        {
            DemandsProtocol = demandsProtocol,
            PaddedLength = _fastOpen == FastOpenMode.Cookieless ? CookielessFlight : 0,
        };
        using var timeout = new CancellationTokenSource(_handshakeTimeout, _timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        SecureStream? stream = null;
        try
        {
            await attempt.PrepareAsync().ConfigureAwait(false);
            long start = _timeProvider.GetTimestamp();
            DialedSocket dialed = await DialAsync(endPoint, attempt, linked.Token).ConfigureAwait(false);
            attempt.ReleaseFlight();
            stream = MakeStream(dialed, attempt.HandOverEngine());
            await stream.CompleteClientHandshakeAsync(
                dialed, attempt, _heldFlights, new HandshakeAnswers(Verify, _credentialCallback, _logger, FindSession: null), _handshakeTimeout, start, linked.Token).ConfigureAwait(false);
            LogConnected(endPoint, stream.Report);
            return stream;
        }
        catch (TlsProtocolException failure)
        {
            stream?.AbandonHandshake(failure: null);
            if (attempt.OfferedSession is not null)
                attempt.Sessions?.Forget();
            Log.ConnectFailed(_logger, endPoint, failure.Cause, failure.Message);
            throw new AuthenticationException(failure.Message, failure);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var failure = new TlsProtocolException(
                TlsErrorCause.HandshakeTimeout, $"The handshake with {targetHost} took longer than {_handshakeTimeout.TotalSeconds:0.###} s.");
            stream?.AbandonHandshake(failure);
            Log.ConnectFailed(_logger, endPoint, failure.Cause, failure.Message);
            throw new TimeoutException(failure.Message, failure);
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            stream?.AbandonHandshake(failure: null);
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
        catch (SocketException exception)
        {
            stream?.AbandonHandshake(failure: null);
            Log.ConnectBroke(_logger, endPoint, exception.Message);
            throw;
        }
        catch
        {
            stream?.AbandonHandshake(failure: null);
            throw;
        }

        ValueTask<(TlsProtocolException?, ChainVerification?)> Verify(TlsNegotiation negotiated, CancellationToken verifying) =>
            _verification.CheckAsync(this, negotiated.PeerCertificates, negotiated.PeerOcspResponses, asciiHost, verifying);
    }

    /// <summary>
    /// Connects, and once more without Fast Open where a connection with it dies before the server has said anything.
    /// </summary>
    private async ValueTask<DialedSocket> DialAsync(
        EndPoint endPoint, ClientAttempt attempt, CancellationToken cancellationToken)
    {
        DialedSocket dialed = await _dialer.ConnectAsync(
            endPoint, _fastOpen, attempt.MakeFirstFlight, cancellationToken).ConfigureAwait(false);
        attempt.ConnectedAt = _timeProvider.GetTimestamp();
        try
        {
            if (dialed.Fallback is { } unanswered)
                NoteFallback(dialed.RemoteEndPoint, unanswered);
            if (await dialed.ConfirmFastOpenAsync(_patience, cancellationToken).ConfigureAwait(false) is not { } killed)
                return dialed;
            NoteFallback(dialed.RemoteEndPoint, killed);
        }
        catch
        {
            dialed.Dispose();
            throw;
        }

        DialedSocket plain = await _dialer.ConnectAgainAsync(
            dialed, attempt.MakeFirstFlight, cancellationToken).ConfigureAwait(false);
        attempt.ConnectedAt = _timeProvider.GetTimestamp();
        return plain;
    }

    private void NoteFallback(EndPoint endPoint, in FastOpenFallback fallback)
    {
        _metrics.FellBack(fallback.Reason);
        Log.FastOpenFellBack(_logger, endPoint, fallback.Reason, fallback.Waited, fallback.LeftAloneUntil);
    }

    private void LogConnected(EndPoint endPoint, HandshakeReport report)
    {
        Log.Connected(_logger, endPoint, report.FastOpen, report.SynDataBytes, report.RoundTripsUntilRequest);
        Log.FirstFlight(
            _logger,
            endPoint,
            report.FirstFlightBytes,
            report.SynRoom,
            report.SynOverflowBytes,
            report.IsResumed ? "resumed" : report.SessionDropped ? "left out" : "not resumed",
            report.EarlyDataBytes,
            report.EarlyData,
            report.EarlyDataReason);
    }

    private SessionKeeper? SessionsFor(EndPoint endPoint, string asciiHost)
    {
        (string Host, int Port)? dialed = endPoint switch
        {
            IPEndPoint { Address: { IsIPv4MappedToIPv6: true } address, Port: var port } =>
                (address.MapToIPv4().ToString(), port),
            IPEndPoint { Address: var address, Port: var port } => (address.ToString(), port),
            DnsEndPoint { Host: var host, Port: var port } => (ToAscii(host), port),
            _ => null, // which the dialer refuses
        };
        return _sessions is null || dialed is not { } known
            ? null
            : new SessionKeeper(
                _sessions,
                new SessionKey(
                    known.Host,
                    known.Port,
                    asciiHost,
                    _sessionProtocols,
                    _verification.TrustSettings),
                _maximumSessionAge,
                _timeProvider,
                _verification.AsksEachTime ? chain => _verification.IsStillTrusted(this, chain, asciiHost) : null,
                _logger);
    }

    private SecureStream MakeStream(DialedSocket dialed, TlsClientEngine engine)
    {
        try
        {
            return new SecureStream(dialed.Socket, engine, _timeProvider)
            {
                RemoteEndPoint = dialed.RemoteEndPoint,
                RecordSizing = _recordSizing,
            };
        }
        catch
        {
            dialed.Dispose();
            throw;
        }
    }

    private static EndPoint ToEndPoint(string host, int port)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        return IPAddress.TryParse(host, out IPAddress? address)
            ? new IPEndPoint(address, port)
            : new DnsEndPoint(host, port);
    }

    /// <summary>
    /// The name as it stands in server_name and in certificates: punycode (RFC 5891), no trailing dot.
    /// </summary>
    private static string ToAscii(string host)
    {
        string name = host.TrimEnd('.');
        if (name.Length == 0)
            throw new ArgumentException("The host name is empty.", nameof(host));
        if (name.AsSpan().ContainsAnyInRange('\0', ' '))
            throw new ArgumentException("There is a space or a control character in the host name.", nameof(host));
        return System.Text.Ascii.IsValid(name) ? name : new System.Globalization.IdnMapping().GetAscii(name.ToLowerInvariant());
    }
}
