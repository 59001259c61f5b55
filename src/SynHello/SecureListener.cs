using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;

using Microsoft.Extensions.Logging;

using SynHello.Crypto;
using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// Accepts TLS connections, taking ClientHellos out of SYNs. Handshakes run beside each other, so one that stalls holds up nobody;
/// what fails is logged and closed. Thread-safe.
/// </summary>
public sealed class SecureListener : IAsyncDisposable
{
    /// <summary>
    /// What certificate_authorities has room for beside a CertificateRequest's other extensions, which share 65,535 bytes with it (RFC
    /// 8446 section 4.3.2).
    /// </summary>
    private const int LongestNames = 65_000;

    private readonly TlsServerConfiguration _configuration;
    private readonly CertificateVerification _clients;
    private readonly FastOpenListener _listener;
    private readonly ServerHandshakeSettings _settings;
    private readonly Channel<SecureStream> _ready;
    private readonly PendingConnections _pending;
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _timeProvider;
    private readonly RecordSizing _recordSizing;
    private readonly ILogger _logger;
    private readonly HandshakeMetrics _metrics;
    private readonly FastOpenMetrics _fastOpenMetrics;
    private readonly Task _accepting;
    private int _disposed;

    /// <summary>Starts listening.</summary>
    /// <param name="options">How to listen.</param>
    /// <exception cref="ArgumentException">
    /// No address, or no certificate, is set, or early data is to be taken and no ticket given, or the replay register has no scope, or
    /// a Fast Open key is none, or the revocation options say what is not allowed, or a version is neither TLS 1.2 nor TLS 1.3, or the
    /// names of the roots of clients' certificates are too many for a handshake message.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A timeout or a limit is out of its range.</exception>
    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public SecureListener(SecureListenerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        IPEndPoint endPoint = options.ListenEndPoint ?? throw new ArgumentException("ListenEndPoint is not set.", nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumPendingConnections, 1, nameof(options));
        Timeouts.Check(options.HandshakeTimeout, nameof(options));
        if (options.Credentials.Count == 0 && options.CredentialSelector is null && options.CredentialCallback is null)
            throw new ArgumentException("There is no certificate to show.", nameof(options));
        TlsCryptoProvider provider = options.CryptoProvider;
        _clients = new CertificateVerification(options);
        IReadOnlyList<ProtocolVersion> versions = ProtocolVersions.Of(options.EnabledSslProtocols, nameof(options));
        _configuration = new TlsServerConfiguration(provider, [.. options.Credentials])
        {
            Versions = versions,
            RequireExtendedMasterSecret = options.RequireExtendedMasterSecret,
            CipherSuites = [.. options.CipherSuites ?? provider.CipherSuites],
            Groups = [.. options.Groups ?? provider.Groups],
            ApplicationProtocols = [.. options.ApplicationProtocols],
            RecordSizeLimit = options.RecordSizeLimit,
            RecordPadding = options.RecordPadding,
            KeyLog = options.KeyLog,
            CredentialSelector = options.CredentialSelector ?? (options.CredentialCallback is null ? null : static _ => null),
            ClientCertificateMode = options.ClientCertificateMode,
            ClientCertificateAuthorities = NamesOf(options),
            Resumption = MakeResumption(options, _clients.TrustSettings, out ReplayRegister? register),
        };
        _timeProvider = options.TimeProvider;
        _recordSizing = RecordSizing.For(options.RecordSizing, options.RecordPadding);
        _logger = options.LoggerFactory.CreateLogger<SecureListener>();
        _metrics = HandshakeMetrics.OfListeners(options.MeterFactory);
        _fastOpenMetrics = FastOpenMetrics.Of(_metrics.Meter);
        _pending = new PendingConnections(options.MaximumPendingConnections);
        _ready = Channel.CreateUnbounded<SecureStream>(); // bounded by the pending connections, which are counted until accepted
        _listener = new FastOpenListener(endPoint, new FastOpenListenerOptions
        {
            Mode = options.FastOpen,
            Backlog = options.Backlog,
            QueueLength = Math.Min(options.FastOpenQueueLength, Math.Max(options.MaximumPendingConnections / 2, 1)),
            RetreatsUnderLoad = options.RetreatsUnderLoad,
            ModeChanged = OnModeChanged,
            CookieKeys = options.FastOpenKeys,
            TimeProvider = options.TimeProvider,
            AcceptFailed = exception => Log.AcceptFailed(_logger, LocalEndPoint, exception.Message),
        });
        _settings = new ServerHandshakeSettings(
            options.HandshakeTimeout,
            register,
            new HandshakeAnswers(
                VerifyClient, options.CredentialCallback, _logger, options.SessionCache is SharedSessionCache shared ? shared.FindAsync : null),
            options.AddressValidation,
            _metrics,
            _logger);
        if (_listener.FastOpenLimitation is { } limitation)
            Log.FastOpenLimited(_logger, LocalEndPoint, _listener.ActiveMode, limitation);
        if (_listener.FastOpenActive && _listener.QueueLength < options.FastOpenQueueLength)
            Log.FastOpenQueueLimited(_logger, LocalEndPoint, _listener.QueueLength, options.FastOpenQueueLength);
        ChainInspection.Warn(
            _logger,
            LocalEndPoint.AddressFamily,
            _listener.ActiveMode == FastOpenMode.Cookieless,
            _timeProvider,
            provider,
            options.Credentials,
            ChainWeight.RequestLength(_configuration));
        WarnOfRootsThatAreNone(options);
        _fastOpenMetrics.Add(_listener);

        // As many loops as cores: each runs the handshake it accepted as far as it goes without waiting, and costs no hop to
        // another thread; a signature being made holds up one loop, not all.
        _accepting = Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(AcceptAllAsync)));
    }

    /// <summary>The address that is listened on, with the port that was taken for port 0.</summary>
    public IPEndPoint LocalEndPoint => _listener.LocalEndPoint;

    /// <summary>Why Fast Open is not active although it was asked for; null when it is, or was not.</summary>
    public string? FastOpenLimitation => _listener.FastOpenLimitation;

    /// <summary>
    /// What is taken from SYNs now: what was asked for and the system allows, or less under load. See
    /// <see cref="FastOpenListener.CurrentMode"/>.
    /// </summary>
    public FastOpenMode CurrentFastOpen => _listener.CurrentMode;

    /// <summary>How many handshakes are under way.</summary>
    internal int HandshakesUnderWay => _pending.HandshakesUnderWay;

    /// <summary>
    /// Takes the next connection whose handshake is complete, or, where <see cref="SecureListenerOptions.MaximumEarlyData"/> is set,
    /// whose early data was accepted: of those <see cref="SecureStream.IsHandshakeComplete"/> is false at first. Nothing of early data
    /// is handed out unless it is asked for by <see cref="SecureStream.ReadEarlyDataAsync"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The connection; the caller disposes it.</returns>
    /// <exception cref="ObjectDisposedException">The listener was disposed, or stopped because accepting failed for good.</exception>
    public async ValueTask<SecureStream> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            SecureStream stream = await _ready.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            _pending.Leave();
            return stream;
        }
        catch (ChannelClosedException exception)
        {
            throw new ObjectDisposedException("The listener is closed.", exception.InnerException);
        }
    }

    /// <summary>
    /// <inheritdoc cref="FastOpenListener.SetCookieKeys" path="/summary/node()"/>
    /// </summary>
    /// <param name="primary">16 bytes; new cookies are made with it.</param>
    /// <param name="backup"><inheritdoc cref="FastOpenListener.SetCookieKeys" path="/param[@name='backup']/node()"/></param>
    /// <inheritdoc cref="FastOpenListener.SetCookieKeys" path="/exception"/>
    public void SetFastOpenKeys(ReadOnlySpan<byte> primary, ReadOnlySpan<byte> backup = default) =>
        _listener.SetCookieKeys(primary, backup);

    /// <summary>Stops listening, and closes the connections that nobody has accepted. Accepted ones go on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _fastOpenMetrics.Remove(_listener);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);

        // Nothing is added any more, and each handshake ends promptly, because its wait was canceled.
        while (_ready.Reader.TryRead(out SecureStream? stream))
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            _pending.Leave();
        }

        await _pending.CloseAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private void OnModeChanged(FastOpenModeChange change)
    {
        try
        {
            _fastOpenMetrics.Stepped(change);
            if (change.IsDown)
                Log.SteppedDown(_logger, LocalEndPoint, change.To, change.From, change.Reason, change.UnprovenConnections, _listener.QueueLength);
            else
                Log.SteppedUp(_logger, LocalEndPoint, change.To, change.From);
        }
        catch (Exception)
        {
            // Whoever listens to logs and meters and fails at it: that must end neither the watch nor the accepting.
        }
    }

    private async Task AcceptAllAsync()
    {
        try
        {
            while (true)
            {
                AcceptedSocket accepted = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                try
                {
                    await _pending.EnterAsync(_stop.Token).ConfigureAwait(false);
                }
                catch
                {
                    accepted.Dispose();
                    throw;
                }

                _ = HandshakeAsync(accepted);
            }
        }
        catch (Exception exception) when (_stop.IsCancellationRequested && exception is OperationCanceledException or ObjectDisposedException)
        {
            _ready.Writer.TryComplete();
        }
        catch (Exception exception)
        {
            Log.AcceptStopped(_logger, LocalEndPoint, exception);
            _ready.Writer.TryComplete(exception);
            _fastOpenMetrics.Remove(_listener);
            _listener.Dispose(); // nobody takes connections any more: clients are to be told, not to be kept waiting
        }
    }

    private async Task HandshakeAsync(AcceptedSocket accepted)
    {
        EndPoint? remote = null;
        SecureStream? stream = null;
        Exception? problem = null;
        bool handedOver = false;
        long start = _timeProvider.GetTimestamp();
        _metrics.Begin();
        using var timeout = new CancellationTokenSource(_settings.HandshakeTimeout, _timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
        LinkedListNode<PendingConnections.Handshake> pending = _pending.Begin(linked);
        try
        {
            remote = accepted.Socket.RemoteEndPoint;
            stream = new SecureStream(accepted.Socket, new TlsServerEngine(_configuration), _timeProvider)
            {
                RemoteEndPoint = remote,
                RecordSizing = _recordSizing,
            };
            await stream.CompleteServerHandshakeAsync(accepted, _settings, linked.Token).ConfigureAwait(false);
            if (stream.IsHandshakeComplete)
                accepted.NoticeProof(); // by the Finished
            Log.Accepted(_logger, remote, accepted.SynDataTaken, stream.Report.SynDataBytes);
            _pending.End(pending);
            _metrics.Completed(stream.Report, _timeProvider.GetElapsedTime(start));
            handedOver = _ready.Writer.TryWrite(stream);
        }
        catch (TlsProtocolException failure) when (failure.Cause == TlsErrorCause.InternalError)
        {
            problem = failure;
            Log.HandshakeCrashed(_logger, remote, failure);
        }
        catch (TlsProtocolException failure)
        {
            problem = failure;
            Log.HandshakeFailed(_logger, remote, failure.Cause, failure.Message);
        }
        catch (OperationCanceledException exception) when (_stop.IsCancellationRequested)
        {
            problem = exception; // the listener is being closed
        }
        catch (OperationCanceledException)
        {
            var failure = new TlsProtocolException(
                TlsErrorCause.HandshakeTimeout,
                timeout.IsCancellationRequested
                    ? _settings.TimeoutMessage
                    : $"The handshake gave way to a newer connection: {_pending.Maximum} are pending, the most there may be.");
            problem = failure;
            Log.HandshakeFailed(_logger, remote, failure.Cause, failure.Message);
            stream?.AbandonHandshake(failure);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            problem = exception;
            Log.HandshakeBroke(_logger, remote, exception.Message);
        }
        catch (Exception exception)
        {
            problem = exception;
            Log.HandshakeCrashed(_logger, remote, exception);
        }
        finally
        {
            if (problem is not null)
                _metrics.Failed(problem, _timeProvider.GetElapsedTime(start));
            _pending.End(pending);
            if (!handedOver)
            {
                stream?.AbandonHandshake(failure: null);
                accepted.Dispose();
                _pending.Leave();
            }
        }
    }

    private ValueTask<(TlsProtocolException?, ChainVerification?)> VerifyClient(
        TlsNegotiation negotiated, CancellationToken cancellationToken) =>
        _clients.CheckAsync(
            this, negotiated.PeerCertificates, negotiated.PeerOcspResponses, targetHost: null, cancellationToken);

    /// <summary>The names of the roots that clients are told of, each once: authorities keep their name when they change their key.</summary>
    private static ReadOnlyMemory<byte>[] NamesOf(SecureListenerOptions options)
    {
        if (options.ClientCertificateMode == TlsClientCertificateMode.None || options.TrustedClientRoots is not { } roots)
            return [];
        ReadOnlyMemory<byte>[] names =
            [.. roots.Select(root => (ReadOnlyMemory<byte>)root.SubjectName.RawData).DistinctBy(name => Convert.ToHexString(name.Span))];
        int length = names.Sum(name => sizeof(ushort) + name.Length);
        return length <= LongestNames
            ? names
            : throw new ArgumentException(
                $"The names of TrustedClientRoots take {length} bytes, and a CertificateRequest holds {LongestNames} of them.", nameof(options));
    }

    private void WarnOfRootsThatAreNone(SecureListenerOptions options)
    {
        if (options.ClientCertificateMode == TlsClientCertificateMode.None)
            return;
        foreach (X509Certificate2 root in options.TrustedClientRoots ?? [])
        {
            if (!CertificateOrder.IsSelfSigned(root))
                Log.ClientRootIsNone(_logger, root.Subject);
        }
    }

    private static TlsServerResumption? MakeResumption(SecureListenerOptions options, string trustSettings, out ReplayRegister? register)
    {
        register = null;
        bool speaksTls12 = ProtocolVersions.Of(options.EnabledSslProtocols, nameof(options)).Contains(ProtocolVersion.Tls12);
        if (options.TicketCount == 0)
        {
            if (options.MaximumEarlyData != 0)
                throw new ArgumentException("Early data needs tickets: TicketCount is 0.", nameof(options));
            if (!speaksTls12 || options.SessionCache is null)
                return null;
        }

        if (options.MaximumEarlyData > 0)
        {
            register = options.ReplayRegister ?? new StrikeRegister(new StrikeRegisterOptions
            {
                TimeProvider = options.TimeProvider,
                CryptoProvider = options.CryptoProvider,
            });
            if (register.Scope == Guid.Empty) // what tickets name that were given out without a register
                throw new ArgumentException("ReplayRegister has no Scope.", nameof(options));
        }

        SessionTicketProtector keys = options.TicketKeys ?? new SessionTicketKeyRing(new SessionTicketKeyRingOptions
        {
            TicketLifetime = options.TicketLifetime,
            TimeProvider = options.TimeProvider,
            CryptoProvider = options.CryptoProvider,
        });
        return new TlsServerResumption(keys, options.TimeProvider)
        {
            TicketLifetime = options.TicketLifetime,
            TicketCount = options.TicketCount,
            SessionCache = speaksTls12 ? options.SessionCache ?? new SessionIdCache(timeProvider: options.TimeProvider) : null,
            MaximumEarlyData = options.MaximumEarlyData,
            EarlyDataWindow = options.EarlyDataWindow,
            ReplayScope = register?.Scope ?? Guid.Empty,
            TrustContext = DigestOf(options, trustSettings),
            AllowPskKeyExchange = options.AllowPskKeyExchange,
        };
    }

    /// <summary>
    /// The end-entity certificates, in order: who renews or withdraws one ends the sessions that it vouched for. And whom clients'
    /// certificates have to come from, where they are asked for: nobody comes back on the word of an authority of yesterday.
    /// </summary>
    private static byte[] DigestOf(SecureListenerOptions options, string trustSettings)
    {
        using TranscriptHash hash = options.CryptoProvider.CreateTranscriptHash(HashAlgorithmName.SHA256);
        foreach (TlsCredential credential in options.Credentials)
            hash.Append(credential.CertificateChain[0].Span);
        if (options.ClientCertificateMode != TlsClientCertificateMode.None)
            hash.Append(System.Text.Encoding.ASCII.GetBytes(trustSettings));
        byte[] digest = new byte[SHA256.HashSizeInBytes];
        hash.GetCurrentHash(digest);
        return digest;
    }
}
