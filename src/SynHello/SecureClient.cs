using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

using Microsoft.Extensions.Logging;

using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// Opens TLS connections whose ClientHello rides in the TCP SYN where the system and the server allow it. One client serves many
/// connections at once; thread-safe.
/// </summary>
public sealed class SecureClient
{
    private readonly TlsClientConfiguration _configuration;
    private readonly CertificateVerification _verification;
    private readonly FastOpenDialer _dialer = new();
    private readonly HeldFlights _heldFlights;
    private readonly FastOpenMode _fastOpen;
    private readonly TimeSpan _handshakeTimeout;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    /// <summary>Makes a client.</summary>
    /// <param name="options">How it connects; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A timeout or a limit is out of its range.</exception>
    public SecureClient(SecureClientOptions? options = null)
    {
        options ??= new SecureClientOptions();
        Timeouts.Check(options.HandshakeTimeout, nameof(options));
        TlsCryptoProvider provider = options.CryptoProvider;
        _configuration = new TlsClientConfiguration(provider)
        {
            CipherSuites = [.. options.CipherSuites ?? provider.CipherSuites],
            Groups = [.. options.Groups ?? provider.Groups],
            ApplicationProtocols = [.. options.ApplicationProtocols],
            MiddleboxCompatibility = options.MiddleboxCompatibility,
            RecordSizeLimit = options.RecordSizeLimit,
            RecordPadding = options.RecordPadding,
            KeyLog = options.KeyLog,
        };
        _verification = new CertificateVerification(options);
        _fastOpen = options.FastOpen;
        _handshakeTimeout = options.HandshakeTimeout;
        _timeProvider = options.TimeProvider;
        _heldFlights = new HeldFlights(_timeProvider);
        _logger = options.LoggerFactory.CreateLogger<SecureClient>();
    }

    /// <summary>Connects to a host by name or IP address, and asks for its certificate.</summary>
    /// <param name="host">The host name, in Unicode or punycode, or an IP address.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The connection; the handshake is complete.</returns>
    /// <inheritdoc cref="ConnectAsync(EndPoint, string, CancellationToken)" path="/exception"/>
    public ValueTask<SecureStream> ConnectAsync(string host, int port, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        EndPoint endPoint = IPAddress.TryParse(host, out IPAddress? address)
            ? new IPEndPoint(address, port)
            : new DnsEndPoint(host, port);
        return ConnectAsync(endPoint, host, cancellationToken);
    }

    /// <summary>Connects to an address, and asks for the certificate of a host.</summary>
    /// <param name="endPoint">Where to connect: an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>.</param>
    /// <param name="targetHost">The host name or IP address that the certificate has to be for.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The connection; the handshake is complete.</returns>
    /// <exception cref="ArgumentException">The host is no host name.</exception>
    /// <exception cref="SocketException">The host could not be reached, or the connection broke during the handshake.</exception>
    /// <exception cref="AuthenticationException">
    /// The server's certificate was refused or the handshake failed; the inner <see cref="TlsProtocolException"/> says why.
    /// </exception>
    /// <exception cref="TimeoutException">The handshake took longer than <see cref="SecureClientOptions.HandshakeTimeout"/>.</exception>
    /// <exception cref="OperationCanceledException">The attempt was canceled.</exception>
    public async ValueTask<SecureStream> ConnectAsync(
        EndPoint endPoint,
        string targetHost,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentException.ThrowIfNullOrEmpty(targetHost);
        string asciiHost = ToAscii(targetHost);
        var engine = new TlsClientEngine(_configuration, asciiHost);
        using var timeout = new CancellationTokenSource(_handshakeTimeout, _timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        SecureStream? stream = null;
        try
        {
            long start = _timeProvider.GetTimestamp();
            DialedSocket dialed = await DialAsync(engine, endPoint, linked.Token).ConfigureAwait(false);
            stream = MakeStream(dialed, engine);
            await stream.CompleteClientHandshakeAsync(
                dialed, _heldFlights, chain => _verification.Check(this, chain, asciiHost, out _), start, linked.Token).ConfigureAwait(false);
            Log.Connected(_logger, endPoint, stream.Report.FastOpen, stream.Report.SynDataBytes, stream.Report.RoundTripsUntilRequest);
            return stream;
        }
        catch (TlsProtocolException failure)
        {
            stream?.AbandonHandshake(failure: null);
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
        finally
        {
            if (stream is null)
                engine.Dispose();
        }
    }

    private SecureStream MakeStream(DialedSocket dialed, TlsClientEngine engine)
    {
        try
        {
            return new SecureStream(dialed.Socket, engine, _timeProvider) { RemoteEndPoint = dialed.RemoteEndPoint };
        }
        catch
        {
            dialed.Dispose();
            throw;
        }
    }

    private async ValueTask<DialedSocket> DialAsync(TlsClientEngine engine, EndPoint endPoint, CancellationToken cancellationToken)
    {
        var hello = new PooledBuffer();
        try
        {
            engine.Start(hello);
            return await _dialer.ConnectAsync(endPoint, _fastOpen, hello.Memory, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            hello.Release();
        }
    }

    /// <summary>The name as it stands in server_name and in certificates: punycode (RFC 5891), no trailing dot.</summary>
    private static string ToAscii(string host)
    {
        string name = host.TrimEnd('.');
        if (name.Length == 0)
            throw new ArgumentException("The host name is empty.", nameof(host));
        return System.Text.Ascii.IsValid(name) ? name : new System.Globalization.IdnMapping().GetAscii(name);
    }
}
