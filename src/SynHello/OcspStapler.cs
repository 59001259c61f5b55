using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Microsoft.Extensions.Logging;

using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// Fetches OCSP responses for a server's certificates in the background (RFC 6960), so that they can be shown with them (RFC 8446
/// section 4.4.2.1): no client has to ask anybody, and no handshake ever waits for a responder. Responses are verified before they are shown,
/// renewed halfway through their time or after twelve hours, and shown until they end, whatever becomes of the responder meanwhile. Thread-safe.
/// </summary>
public sealed class OcspStapler : IAsyncDisposable
{
    /// <summary>The first pause after a failure; each further one is twice as long.</summary>
    internal static readonly TimeSpan ShortestRetry = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause after a failure.</summary>
    internal static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    /// <summary>How late a response is renewed at the latest, however long it lives: a revocation has to be heard of.</summary>
    private static readonly TimeSpan LatestRenewal = TimeSpan.FromHours(12);

    /// <summary>How soon a response is renewed at the earliest, and how late the clock is looked at again at the latest.</summary>
    private static readonly TimeSpan ShortestRenewal = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _timeProvider;
    private readonly Func<double> _jitter;
    private readonly ILogger _logger;
    private readonly OcspClient _client;
    private readonly StapleFile? _file;
    private readonly List<StapledCertificate> _certificates;
    private readonly int _chainLength;
    private readonly Task _running;
    private volatile Staples _staples = new([], DateTimeOffset.MaxValue);

    /// <summary>Starts fetching. Responses of the file that still hold are shown from the beginning.</summary>
    /// <param name="credential">The server's chain and key; stays the caller's.</param>
    /// <param name="issuers">
    /// Certificates among which the issuer of the chain's last one is looked for: the root that the chain leaves out, where the
    /// server's certificate was issued by the root itself, or where the whole chain is asked about. Not needed otherwise.
    /// </param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// The issuer of the server's certificate is not known, or the certificate names no responder and the options give none; a
    /// timeout or an address is none.
    /// </exception>
    /// <exception cref="CryptographicException">A certificate cannot be read.</exception>
    public OcspStapler(TlsCredential credential, X509Certificate2Collection? issuers = null, OcspStaplerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(credential);
        options ??= new OcspStaplerOptions();
        OcspStaplerOptions.Validate(options);
        _timeProvider = options.TimeProvider;
        _jitter = options.Jitter;
        _logger = options.LoggerFactory.CreateLogger("SynHello.OcspStapler");
        _chainLength = credential.CertificateChain.Count;
        _certificates = Collect(credential, issuers ?? [], options);
        _client = new OcspClient(options.HttpInvoker, options.Timeout, _timeProvider);
        Credential = new StapledCredential(credential, this);
        if (options.FilePath is { } path)
        {
            _file = new StapleFile(Path.GetFullPath(path), _logger);
            Load(_file.Read());
        }

        _running = Task.WhenAll(_certificates.Select(certificate => Task.Run(() => RunAsync(certificate))));
    }

    /// <summary>The credential to give to a server: the one that the stapler was made of, with the responses that it has at the moment.</summary>
    public TlsCredential Credential { get; }

    /// <summary>
    /// The DER of the response for each certificate of the chain; empty where there is none. The same list until one of them changes.
    /// </summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> Responses
    {
        get
        {
            Staples staples = _staples;
            return _timeProvider.GetUtcNow() < staples.Until ? staples.Responses : Renew().Responses;
        }
    }

    /// <summary>
    /// Waits until there is a good response for each certificate that is asked about. For a server that does not want to open before
    /// that, because its certificate demands a response (RFC 7633); a handshake does not wait.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OperationCanceledException">It was given up, or the stapler was disposed of.</exception>
    /// <exception cref="CryptographicException">A certificate was revoked.</exception>
    public Task WaitForResponsesAsync(CancellationToken cancellationToken = default) => _complete.Task.WaitAsync(cancellationToken);

    /// <summary>Stops fetching. What the credential has is shown for as long as it holds.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _complete.TrySetCanceled(CancellationToken.None);
        _ = _complete.Task.Exception; // nobody has to have waited
        foreach (StapledCertificate certificate in _certificates)
            certificate.Dispose();
    }

    private static List<StapledCertificate> Collect(
        TlsCredential credential, X509Certificate2Collection issuers, OcspStaplerOptions options)
    {
        var chain = new List<X509Certificate2>();
        var found = new List<StapledCertificate>();
        try
        {
            foreach (ReadOnlyMemory<byte> encoded in credential.CertificateChain)
                chain.Add(X509CertificateLoader.LoadCertificate(encoded.Span));
            int count = options.RevocationFlag == X509RevocationFlag.EndCertificateOnly ? 1 : chain.Count;
            for (int i = 0; i < count; i++)
            {
                X509Certificate2 certificate = chain[i];
                X509Certificate2? issuer = chain.Skip(i + 1).Concat(issuers)
                    .FirstOrDefault(candidate => OcspVerifier.HasIssued(candidate, certificate));
                IReadOnlyList<Uri> responders = i == 0 && options.ResponderUri is { } given
                    ? [given]
                    : OcspClient.RespondersOf(certificate);
                if (issuer is not null && responders.Count > 0)
                {
                    found.Add(new StapledCertificate(i, Copy(certificate), Copy(issuer), responders));
                }
                else if (i == 0)
                {
                    throw issuer is null
                        ? new ArgumentException("The issuer of the server's certificate is not known: put its certificate behind the server's.", nameof(issuers))
                        : new ArgumentException("The server's certificate names no OCSP responder, and none is given.", nameof(options));
                }
            }

            return found;
        }
        catch
        {
            foreach (StapledCertificate certificate in found)
                certificate.Dispose();
            throw;
        }
        finally
        {
            foreach (X509Certificate2 certificate in chain)
                certificate.Dispose();
        }
    }

    private static X509Certificate2 Copy(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span);

    private void Load(IReadOnlyList<ReadOnlyMemory<byte>> responses)
    {
        DateTimeOffset now = _timeProvider.GetUtcNow();
        foreach (StapledCertificate certificate in _certificates)
        {
            foreach (ReadOnlyMemory<byte> response in responses)
                TryTake(certificate, response, OcspVerifier.Verify(response, certificate.Certificate, certificate.Issuer, now));
        }

        Renew();
    }

    private async Task RunAsync(StapledCertificate certificate)
    {
        CancellationToken stop = _stop.Token;
        int failures = 0;
        try
        {
            if (certificate.Verdict is { } kept)
                await SleepAsync(UntilRenewal(kept, _timeProvider.GetUtcNow()), stop).ConfigureAwait(false);
            while (true)
            {
                TimeSpan delay;
                try
                {
                    OcspAnswer answer = await _client
                        .AskAsync(certificate.Certificate, certificate.Issuer, certificate.Responders, stop).ConfigureAwait(false);
                    failures = answer.Verdict.Status == RevocationStatus.Good ? 0 : failures + 1;
                    delay = Settle(certificate, answer, failures);
                }
                catch (Exception exception) when (!stop.IsCancellationRequested)
                {
                    // Somebody's HTTP handler may throw anything; the next question may go well all the same.
                    delay = UntilRetry(++failures);
                    Log.StaplingCrashed(_logger, certificate.Subject, delay, exception);
                }

                await SleepAsync(delay, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed of.
        }
    }

    /// <summary>Draws the consequences of an answer.</summary>
    /// <returns>When to ask again.</returns>
    private TimeSpan Settle(StapledCertificate certificate, OcspAnswer answer, int failures)
    {
        TimeSpan delay;
        switch (answer.Verdict.Status)
        {
            case RevocationStatus.Good:
                if (TryTake(certificate, answer.Response, answer.Verdict))
                    Publish();
                delay = UntilRenewal(certificate.Verdict ?? answer.Verdict, _timeProvider.GetUtcNow());
                Log.StapleFetched(_logger, certificate.Subject, answer.Verdict.Until, delay);
                return delay;

            case RevocationStatus.Revoked:
                // The last good response would be a lie by now, though it has not ended.
                lock (_lock)
                {
                    certificate.Response = default;
                    certificate.Verdict = null;
                    certificate.RevokedSince = answer.Verdict.ThisUpdate;
                }

                _complete.TrySetException(new CryptographicException($"A certificate is of no use any more: {answer.Verdict.Description}."));
                Publish();
                Log.StapledCertificateRevoked(_logger, certificate.Subject, answer.Verdict.Description);
                return UntilRetry(failures);

            default:
                delay = UntilRetry(failures);
                Log.StapleFetchFailed(_logger, certificate.Subject, answer.Verdict.Description, delay);
                return delay;
        }
    }

    /// <summary>Takes a response that is good, and for longer than the one that is there.</summary>
    private bool TryTake(StapledCertificate certificate, ReadOnlyMemory<byte> response, RevocationVerdict verdict)
    {
        lock (_lock)
        {
            if (verdict.Status != RevocationStatus.Good
                || verdict.ThisUpdate <= certificate.RevokedSince
                || verdict.Until <= (certificate.Verdict?.Until ?? _timeProvider.GetUtcNow()))
            {
                return false;
            }

            certificate.Response = response;
            certificate.Verdict = verdict;
            return true;
        }
    }

    private void Publish()
    {
        Renew();
        Encode();
        if (_file is null)
            return;

        // A lock of its own: a handshake may need the other one, and does not wait for a disk.
        lock (_file)
        {
            ReadOnlyMemory<byte>[] responses;
            lock (_lock)
            {
                responses = [.. _certificates.Select(certificate => certificate.Response).Where(response => !response.IsEmpty)];
            }

            _file.Write(responses);
        }
    }

    /// <summary>
    /// Makes the messages that the next handshakes send: compressing takes milliseconds, and nobody is to wait for it. Who is there in
    /// between makes his own.
    /// </summary>
    private void Encode()
    {
        CertificateMessages messages = CertificateMessages.Of(Credential);
        TlsCryptoProvider provider = DefaultCryptoProvider.Instance;
        messages.Get(Credential, provider, withOcspResponses: true, algorithm: null);
        foreach (CertificateCompressionAlgorithm algorithm in provider.CertificateCompressionAlgorithms)
            messages.Get(Credential, provider, withOcspResponses: true, algorithm);
    }

    /// <summary>Makes a new list of what holds.</summary>
    private Staples Renew()
    {
        lock (_lock)
        {
            DateTimeOffset now = _timeProvider.GetUtcNow();
            DateTimeOffset until = DateTimeOffset.MaxValue;
            var responses = new ReadOnlyMemory<byte>[_chainLength];
            foreach (StapledCertificate certificate in _certificates)
            {
                if (certificate.Verdict is not { } verdict)
                    continue;
                if (now >= verdict.Until)
                {
                    Log.StapleExpired(_logger, certificate.Subject, verdict.Until);
                    certificate.Response = default;
                    certificate.Verdict = null;
                    continue;
                }

                responses[certificate.Index] = certificate.Response;
                until = verdict.Until < until ? verdict.Until : until;
            }

            var staples = new Staples(responses.Any(response => !response.IsEmpty) ? responses : [], until);
            _staples = staples;
            if (_certificates.TrueForAll(certificate => certificate.Verdict is not null))
                _complete.TrySetResult(); // now that they are shown
            return staples;
        }
    }

    /// <summary>
    /// Halfway through a response's time, or through what is left of it when that is over; up to a fifth sooner, so that servers which were started
    /// together do not ask together.
    /// </summary>
    private TimeSpan UntilRenewal(RevocationVerdict verdict, DateTimeOffset now)
    {
        TimeSpan left = verdict.ThisUpdate + ((verdict.Until - verdict.ThisUpdate) / 2) - now;
        if (left <= TimeSpan.Zero)
            left = (verdict.Until - now) / 2;
        left = (left < LatestRenewal ? left : LatestRenewal) * (1 - (_jitter() / 5));
        return left > ShortestRenewal ? left : ShortestRenewal;
    }

    private TimeSpan UntilRetry(int failures)
    {
        TimeSpan pause = ShortestRetry * Math.Pow(2, Math.Min(failures - 1, 16));
        return (pause < LongestRetry ? pause : LongestRetry) * (1 - (_jitter() / 5));
    }

    /// <summary>Sleeps by the time of day, in steps: a machine that was suspended has missed more than its timers know.</summary>
    private async Task SleepAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        DateTimeOffset due = _timeProvider.GetUtcNow() + delay;
        while (due - _timeProvider.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            // Timers count whole milliseconds: a part of one would be no wait at all.
            var step = TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
            await Task.Delay(step < LongestSleep ? step : LongestSleep, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <param name="Responses">The DER of the response for each certificate of the chain.</param>
    /// <param name="Until">Until when all of them hold.</param>
    private sealed record Staples(IReadOnlyList<ReadOnlyMemory<byte>> Responses, DateTimeOffset Until);
}
