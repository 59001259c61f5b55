using System.Security.Cryptography;

using Microsoft.Extensions.Logging;

using SynHello.Tls;

namespace SynHello;

/// <summary>The staplers of the certificates that are shown at the moment. Thread-safe.</summary>
/// <param name="options">How each fetches.</param>
/// <param name="directory">Where each keeps what it fetched; null for nowhere.</param>
/// <param name="logger">Where it is said which certificate is shown without.</param>
internal sealed class OcspStaplers(OcspStaplerOptions options, string? directory, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TlsCredential, OcspStapler> _staplers = [];
    private readonly List<Task> _stopping = [];
    private bool _isDisposed;

    /// <summary>Starts fetching for a credential. Never fails for what a certificate is like.</summary>
    /// <returns>What to show: the credential with its responses, or as it was.</returns>
    public TlsCredential Add(TlsCredential credential)
    {
        OcspStapler stapler;
        try
        {
            stapler = new OcspStapler(credential, options: new OcspStaplerOptions
            {
                ResponderUri = options.ResponderUri,
                FilePath = directory is null ? null : PathOf(credential),
                RevocationFlag = options.RevocationFlag,
                Timeout = options.Timeout,
                HttpInvoker = options.HttpInvoker,
                LoggerFactory = options.LoggerFactory,
                TimeProvider = options.TimeProvider,
                Jitter = options.Jitter,
            });
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            string reason = exception.Message.Split(" (Parameter '")[0];
            Log.StaplingImpossible(logger, ChainReport.Of(credential).Subject, reason);
            return credential;
        }

        lock (_lock)
        {
            if (_isDisposed)
                _ = stapler.DisposeAsync().AsTask(); // what it has read from its file is shown
            else
                _staplers.Add(stapler.Credential, stapler);
        }

        return stapler.Credential;
    }

    /// <summary>Waits until each has a response for each certificate that it asks about.</summary>
    public Task WaitForResponsesAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.WhenAll(_staplers.Values.Select(stapler => stapler.WaitForResponsesAsync(cancellationToken)));
    }

    /// <summary>Fetches no longer for what was shown. What it has is shown for as long as it holds.</summary>
    public void Remove(TlsCredential shown)
    {
        lock (_lock)
        {
            if (!_staplers.Remove(shown, out OcspStapler? stapler))
                return;
            _stopping.RemoveAll(task => task.IsCompleted);
            _stopping.Add(stapler.DisposeAsync().AsTask());
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] stopping;
        lock (_lock)
        {
            _isDisposed = true;
            stopping = [.. _stopping, .. _staplers.Values.Select(stapler => stapler.DisposeAsync().AsTask())];
            _staplers.Clear();
            _stopping.Clear();
        }

        await Task.WhenAll(stopping).ConfigureAwait(false);
    }

    private string PathOf(TlsCredential credential) => Path.Combine(
        directory!, Convert.ToHexStringLower(SHA256.HashData(credential.CertificateChain[0].Span)) + ".ocsp");
}
