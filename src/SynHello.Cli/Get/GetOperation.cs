using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello.Cli;

/// <summary>One request over one connection: HttpClient's HTTP/1.1 over a <see cref="SecureStream"/>.</summary>
internal sealed class GetOperation : IDisposable
{
    /// <summary>The longest wait for tickets behind a response that was early.</summary>
    private static readonly TimeSpan MaximumTicketTime = TimeSpan.FromSeconds(1);

    /// <summary>How long a refusal may take to be read, before its connection is given up instead.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    private readonly GetOptions _options;
    private readonly KeyLogFile? _keyLog;
    private readonly X509Certificate2Collection _roots = [];
    private readonly ArrivingSessions? _sessions;
    private readonly SecureClient _client;
    private readonly SocketsHttpHandler _handler;
    private FirstByteStream? _connection;
    private long _start;

    /// <exception cref="CommandFailure">A file that was named cannot be used.</exception>
    public GetOperation(GetOptions options)
    {
        _options = options;
        if (options.CaCertificateFile is { } file)
            _roots = RootCertificates.Load(file);
        _keyLog = KeyLogFile.Open(options.KeyLogFile);
        if (options.SessionFile is { } sessionFile)
            _sessions = new ArrivingSessions(new FileSessionStore(sessionFile, new WarningLogger()));
        _client = new SecureClient(new SecureClientOptions
        {
            FastOpen = options.FastOpen,
            EnabledSslProtocols = options.Tls,
            ApplicationProtocols = options.ApplicationProtocols,
            Credentials = options.CertificateFile is { } certificate ? [LoadCredential(certificate, options.KeyFile!)] : [],
            Revocation = new RevocationOptions
            {
                Mode = options.Insecure ? RevocationMode.Off : options.Revocation,
                FailureMode = RevocationFailureMode.HardFail,
            },
            TrustedRoots = options.CaCertificateFile is null ? null : _roots,
#pragma warning disable CA5359 // that is what --insecure says
            RemoteCertificateValidationCallback = options.Insecure ? TakeAny : null,
#pragma warning restore CA5359
            KeyLog = _keyLog is null ? null : _keyLog.Write,
            SessionStore = _sessions,

            // Sessions of servers that nobody checked are of use to nobody else than this.
            SessionTrustName = options.Insecure ? "synhello get --insecure" : null,
        });
        _handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = ConnectAsync,
        };
    }

    private string Host => _options.Url.IdnHost;

    /// <exception cref="CommandFailure">It did not work out.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        if (_options.Timeout is { } limit)
            timeout.CancelAfter(limit);
        try
        {
            using var client = new HttpClient(_handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
            _start = TimeProvider.System.GetTimestamp();
            using HttpResponseMessage first = await SendAsync(client, linked.Token);
            if (!IsTooEarly(first))
            {
                await ReceiveAsync(first, earlierRoundTrips: 0, linked.Token);
                return;
            }

            // RFC 8470 section 5.2: once more, and not as early data. The handshake is complete by now.
            int earlierRoundTrips = _connection!.Connection.Report.RoundTripsUntilFirstByte;
            FirstByteStream early = _connection;
            early.StartOver();
            await DrainAsync(first, linked.Token);
            first.Dispose();
            using HttpResponseMessage second = await SendAsync(client, linked.Token);
            if (_connection == early)
                earlierRoundTrips -= early.Connection.Report.RoundTripsUntilRequest; // it is set up already
            await ReceiveAsync(second, earlierRoundTrips, linked.Token);
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested)
        {
            throw new CommandFailure(
                $"{_options.Url}: not done within {_options.Timeout!.Value.TotalSeconds:0.###} s.", exception);
        }
        catch (OperationCanceledException exception)
        {
            throw new CommandFailure($"{_options.Url}: canceled.", exception);
        }
        catch (Exception exception) when (exception
            is HttpRequestException or IOException or AuthenticationException or SocketException or TimeoutException)
        {
            throw new CommandFailure(
                $"{_options.Url}: {FailureText.Explain(exception, Host, _options.Url.Port)}", exception);
        }
    }

    public void Dispose()
    {
        _handler.Dispose();
        _keyLog?.Dispose();
        foreach (X509Certificate2 root in _roots)
            root.Dispose();
    }

    private static bool TakeAny(
        object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => true;

    private static X509Credential LoadCredential(string certificateFile, string keyFile)
    {
        try
        {
            return X509Credential.FromPemFiles(certificateFile, keyFile);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandFailure($"cannot use the certificate in {certificateFile}: {exception.Message}", exception);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpClient client, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = CreateRequest();
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private bool IsTooEarly(HttpResponseMessage response) =>
        response.StatusCode == (HttpStatusCode)425
        && _connection!.Connection.Report.EarlyData == EarlyDataStatus.Accepted;

    /// <summary>
    /// Reads a response that nobody wants, so that its connection can be used again; if it is long, or slow, or cut
    /// short, another connection is better.
    /// </summary>
    private static async Task DrainAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        const int Most = 1 << 16;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(DrainTime);
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(limit.Token);
            byte[] buffer = new byte[4096];
            int drained = 0;
            while (drained < Most && await body.ReadAsync(buffer, limit.Token) is > 0 and int count)
                drained += count;
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or IOException or HttpRequestException
                && !cancellationToken.IsCancellationRequested)
        {
            // Disposing of the response closes its connection.
        }
    }

    /// <summary>The request as HTTPS would have it; to HttpClient it is plain HTTP over a stream of our own.</summary>
    private HttpRequestMessage CreateRequest()
    {
        Uri url = _options.Url;
        var request = new HttpRequestMessage(
            HttpMethod.Get, new UriBuilder(url) { Scheme = Uri.UriSchemeHttp, Port = url.Port }.Uri)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        string host = url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost;
        request.Headers.Host = url.IsDefaultPort ? host : $"{host}:{url.Port}";
        request.Headers.UserAgent.ParseAdd($"synhello/{typeof(GetOperation).Assembly.GetName().Version!.ToString(3)}");
        request.Headers.Accept.ParseAdd("*/*");
        return request;
    }

    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        // The first protocol on offer is the one that early data is in. A second connection comes after a 425.
        bool isHttp11 = _options.ApplicationProtocols is []
            || _options.ApplicationProtocols[0] == SslApplicationProtocol.Http11;
        if (_options.EarlyData && isHttp11 && _connection is null)
        {
            DeferredSecureStream deferred = _client.OpenStream(Host, _options.Url.Port, firstWriteIsReplaySafe: true);
            return _connection = new FirstByteStream(deferred, TimeProvider.System);
        }

        SecureStream stream = await _client.ConnectAsync(Host, _options.Url.Port, cancellationToken);
        SslApplicationProtocol chosen = stream.NegotiatedApplicationProtocol;
        if (chosen != default && chosen != SslApplicationProtocol.Http11)
        {
            await stream.DisposeAsync();
            throw new IOException($"The server chose the application protocol {chosen}, and get speaks http/1.1 only.");
        }

        _connection = new FirstByteStream(stream, TimeProvider.System);
        return _connection;
    }

    private async Task ReceiveAsync(
        HttpResponseMessage response, int earlierRoundTrips, CancellationToken cancellationToken)
    {
        FirstByteStream connection = _connection!;
        TimeSpan firstByte = TimeProvider.System.GetElapsedTime(_start, connection.FirstByteTimestamp);
        if (_options.Verbose && !_options.Json)
            ConnectionAccount.Write(Console.Error, connection.Connection, response, firstByte, earlierRoundTrips);

        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using Stream output = _options.Json ? Stream.Null : Console.OpenStandardOutput();
        await CopyAsync(body, output, cancellationToken);
        await AwaitTicketsAsync(connection.Connection, firstByte, cancellationToken);

        if (_options.Json)
        {
            HandshakeReport report = connection.Connection.Report;
            Console.Out.WriteLine(GetDocument.Create((int)response.StatusCode, report, firstByte, earlierRoundTrips));
        }
        else if (response.Headers.Location is { } location && (int)response.StatusCode is >= 300 and < 400)
        {
            ErrorLine.Write(
                $"note: status {(int)response.StatusCode} points to {location.OriginalString}; "
                + "get does not follow redirects.");
        }
    }

    /// <summary>
    /// Waits for the tickets of a server that sends them behind the client's Finished: a response to early data outruns
    /// them, and the visitor would be a stranger once the earlier ones are used up. Not for longer than the response
    /// took, because a server need not send any (RFC 8446 section 4.6.1).
    /// </summary>
    private async Task AwaitTicketsAsync(
        SecureStream connection, TimeSpan firstByte, CancellationToken cancellationToken)
    {
        if (_sessions is not { Arrived.IsCompleted: false } sessions
            || connection.Report.EarlyData != EarlyDataStatus.Accepted)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(firstByte < MaximumTicketTime ? firstByte : MaximumTicketTime);
        try
        {
            // The response is read and nothing else is asked for: what comes now is tickets, or the end.
            Task reading = connection.ReadAsync(Memory<byte>.Empty, limit.Token).AsTask();
            await Task.WhenAny(reading, sessions.Arrived);
            await limit.CancelAsync();
            await reading;
        }
        catch (Exception exception) when (exception
            is OperationCanceledException or IOException or ObjectDisposedException or NotSupportedException)
        {
            // The body is there; a visitor who comes back as a stranger is served all the same.
        }
    }

    private static async Task CopyAsync(Stream body, Stream output, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 16];
        while (await body.ReadAsync(buffer, cancellationToken) is > 0 and int count)
        {
            try
            {
                await output.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                await output.FlushAsync(cancellationToken);
            }
            catch (IOException exception)
            {
                throw new CommandFailure($"cannot write to standard output: {exception.Message}", exception);
            }
        }
    }
}
