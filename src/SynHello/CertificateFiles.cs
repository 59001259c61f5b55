using System.Security.Cryptography;

using Microsoft.Extensions.Logging;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// Certificates and keys in files, chosen by host, and loaded anew when the files change, without a connection noticing. A file that
/// cannot be used, such as a certificate whose key is not there yet, changes nothing: what was loaded before is shown on, the log says
/// why, and the next look tries again. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Give a listener both: <see cref="Select"/> as <see cref="SecureListenerOptions.CredentialSelector"/>, which decides, and
/// <see cref="Credentials"/> as <see cref="SecureListenerOptions.Credentials"/>, of which it says at its start what is wrong with them.
/// </para>
/// <para>
/// Of several certificates for a host those with ECDSA keys are shown to all clients that can check them, and those with RSA keys to
/// the others, in whatever order the files were given, and also where one names the host and another has a wildcard for it.
/// </para>
/// <para>
/// Files are compared by their content, which their times and sizes need not tell of. A credential that was replaced is never disposed
/// of: handshakes may be about to sign with it. Its key is freed and cleared when the last connection that knows it is gone and
/// the garbage collector has found out. Pipes are read once.
/// </para>
/// </remarks>
public sealed class CertificateFiles : IAsyncDisposable
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly HostCertificates _hosts = new();
    private readonly WatchedCertificate[] _files;
    private readonly bool _refuseUnknownHosts;
    private readonly Action<TlsCredential>? _replaced;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly PeriodicTimer? _timer;
    private readonly Task _watching = Task.CompletedTask;
    private readonly OcspStaplers? _staplers;
    private bool _isDisposed;

    /// <summary>Loads the certificates, and watches their files until it is disposed of.</summary>
    /// <param name="files">The files, the preferred certificate first.</param>
    /// <param name="options">How they are watched; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no file, or a host name is none, or the options for OCSP say what is not allowed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The interval is out of its range.</exception>
    /// <exception cref="IOException">A file is missing, cannot be read, or is larger than 1 MB.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="CryptographicException">
    /// A file does not hold what it should, or a key is not its certificate's; the message names the file.
    /// </exception>
    public CertificateFiles(IEnumerable<CertificateFile> files, CertificateFilesOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        options ??= new CertificateFilesOptions();
        if (options.Interval != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(options.Interval, TimeSpan.FromSeconds(1), nameof(options));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Interval, LongestInterval, nameof(options));
        }

        if (options.OcspStapling is { } ocsp)
        {
            OcspStaplerOptions.Validate(ocsp);
            if (ocsp.FilePath is not null)
                throw new ArgumentException("Several certificates cannot share a file of OCSP responses.", nameof(options));
        }

        if (options.OcspDirectory is { } directory && !Directory.Exists(directory))
            throw new DirectoryNotFoundException($"There is no directory {directory} to keep OCSP responses in.");
        _files = [.. files.Select(file => new WatchedCertificate(file, options.Prepare))];
        if (_files.Length == 0)
            throw new ArgumentException("There is no certificate.", nameof(files));
        _refuseUnknownHosts = options.RefuseUnknownHosts;
        _replaced = options.Replaced;
        _timeProvider = options.TimeProvider;
        _logger = new GuardedLogger(options.LoggerFactory.CreateLogger<CertificateFiles>());
        if (options.OcspStapling is { } stapling)
        {
            _staplers = new OcspStaplers(stapling, options.OcspDirectory, _logger);
            foreach (WatchedCertificate file in _files)
                file.Decorate(_staplers.Add, _staplers.Remove, _logger);
        }

        Show();
        if (options.Interval != Timeout.InfiniteTimeSpan)
        {
            _timer = new PeriodicTimer(options.Interval, options.TimeProvider);
            _watching = Task.Run(WatchAsync);
        }
    }

    /// <summary>The certificates that are shown now.</summary>
    public IReadOnlyList<TlsCredential> Credentials => _hosts.Credentials;

    /// <summary>Finds the certificates for the host that a client asks for, as <see cref="HostCertificates"/> does.</summary>
    /// <param name="request">What the client asks for.</param>
    /// <returns>Best first; empty when there is none for that host, and unknown hosts are refused.</returns>
    public IReadOnlyList<TlsCredential> Select(TlsCredentialRequest request) => _hosts.Select(request);

    /// <summary>
    /// Looks at the files now, and takes up what is new at once: for whoever knows that they are complete, on SIGHUP for instance. Blocks
    /// while it reads them.
    /// </summary>
    /// <returns>Whether another certificate is shown than before.</returns>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public bool Reload()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return Look(atOnce: true);
        }
    }

    /// <summary>
    /// Waits until the OCSP responses that are fetched (<see cref="CertificateFilesOptions.OcspStapling"/>) are there: before a server opens
    /// whose certificates demand them (RFC 7633). When such a certificate is loaded anew, the one before is shown until its response is there.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OperationCanceledException">It was given up, or the certificates were disposed of.</exception>
    /// <exception cref="CryptographicException">A certificate was revoked.</exception>
    public Task WaitForResponsesAsync(CancellationToken cancellationToken = default) =>
        _staplers is null ? Task.CompletedTask : _staplers.WaitForResponsesAsync(cancellationToken);

    /// <summary>Watches the files no longer, and fetches no OCSP responses any more. What was loaded stays usable.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock) // what is being loaded gets its stapler before the staplers end
            _isDisposed = true;
        _timer?.Dispose();
        await _watching.ConfigureAwait(false);
        if (_staplers is not null)
            await _staplers.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Looks at the files, as is done from time to time.</summary>
    internal bool Look()
    {
        lock (_lock)
            return !_isDisposed && Look(atOnce: false);
    }

    /// <summary>The certificates for a host.</summary>
    internal IReadOnlyList<TlsCredential> Find(string? hostName) => _hosts.Find(hostName);

    private async Task WatchAsync()
    {
        while (await _timer!.WaitForNextTickAsync().ConfigureAwait(false))
        {
            try
            {
                Look();
            }
            catch (Exception exception)
            {
                Log.CertificateLookFailed(_logger, exception);
            }
        }
    }

    private bool Look(bool atOnce)
    {
        var replaced = new List<(WatchedCertificate File, TlsCredential Prepared, TlsCredential Shown)>();
        foreach (WatchedCertificate file in _files)
        {
            TlsCredential prepared = file.Prepared;
            if (file.Look(atOnce, _logger) is { } shown)
                replaced.Add((file, prepared, shown));
        }

        if (replaced.Count == 0)
            return false;
        Show();

        // They are shown: from here on nothing that fails may hold up the rest.
        foreach ((WatchedCertificate file, TlsCredential prepared, TlsCredential shown) in replaced)
        {
            Guard(() => _staplers?.Remove(shown), file);
            Guard(() => _replaced?.Invoke(prepared), file);
            Guard(() => Tell(file), file);
        }

        return true;
    }

    private void Tell(WatchedCertificate file)
    {
        var report = ChainReport.Of(file.Current.Credential, timeProvider: _timeProvider);
        Log.CertificateReloaded(_logger, report.Subject, file.Path, report.NotAfter);
        ChainInspection.Warn(_logger, report);
    }

    private void Guard(Action action, WatchedCertificate file)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            Log.CertificateReplacementFailed(_logger, file.Path, exception);
        }
    }

    private void Show()
    {
        HostCertificate[] certificates = [.. _files.Select(file => file.Current)];
        if (!_refuseUnknownHosts && !certificates.Any(certificate => certificate.IsDefault))
        {
            IReadOnlyList<string> first = _files[0].Current.HostNames;
            certificates = Array.ConvertAll(certificates, certificate => IsFor(certificate, first) ? certificate.ToDefault() : certificate);
        }

        _hosts.Replace(certificates, comesLater: IsRsa);
    }

    private static bool IsFor(HostCertificate certificate, IReadOnlyList<string> firstHosts)
    {
        if (firstHosts is not [var first, ..])
            return certificate.HostNames.Count == 0;
        int dot = first.IndexOf('.', StringComparison.Ordinal);
        return certificate.HostNames.Any(name =>
            name == first || (dot > 0 && HostName.WildcardDomain(name) is { } domain && domain == first[(dot + 1)..]));
    }

    private static bool IsRsa(TlsCredential credential) => credential.SignatureSchemes.Any(scheme =>
        scheme == SignatureScheme.RsaPssRsaeSha256
        || scheme == SignatureScheme.RsaPssRsaeSha384
        || scheme == SignatureScheme.RsaPssRsaeSha512);
}
