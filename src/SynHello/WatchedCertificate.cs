using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Microsoft.Extensions.Logging;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello;

/// <summary>One certificate's files, and what was loaded of them last. Not thread-safe.</summary>
internal sealed class WatchedCertificate
{
    private readonly CertificateFile _file;
    private readonly Func<X509Credential, TlsCredential>? _prepare;
    private readonly bool _canBeReadAgain;
    private Func<TlsCredential, TlsCredential>? _decorate;

    /// <summary>What was loaded and is not shown yet, because clients would refuse it; null when there is no such thing.</summary>
    private (TlsCredential Prepared, HostCertificate Certificate)? _awaiting;
    private Action<TlsCredential>? _dropped;
    private byte[] _loaded;
    private byte[] _seen;
    private string? _complaint;

    /// <summary>Loads the files.</summary>
    /// <inheritdoc cref="CertificateFiles(IEnumerable{CertificateFile}, CertificateFilesOptions?)" path="/exception"/>
    public WatchedCertificate(CertificateFile file, Func<X509Credential, TlsCredential>? prepare)
    {
        _file = file;
        _prepare = prepare;
        using CertificateFileContent content = CertificateFileContent.Read(file);
        _canBeReadAgain = content.CanBeReadAgain;
        _loaded = _seen = content.Digest;
        Current = Load(content);
        Prepared = Current.Credential;
    }

    /// <summary>The file that names it in the log.</summary>
    public string Path => _file.CertificatePath;

    /// <summary>What is shown.</summary>
    public HostCertificate Current { get; private set; }

    /// <summary>What is shown, before it was decorated.</summary>
    public TlsCredential Prepared { get; private set; }

    /// <summary>Has what is shown, now and later, made of what was loaded; where that fails, what was loaded is shown.</summary>
    /// <param name="decorate">Makes what is shown.</param>
    /// <param name="dropped">Is told of what it made that was never shown.</param>
    /// <param name="logger">Where failures are told of.</param>
    public void Decorate(Func<TlsCredential, TlsCredential> decorate, Action<TlsCredential> dropped, ILogger logger)
    {
        (_decorate, _dropped) = (decorate, dropped);
        Current = Decorate(Current, logger);
    }

    /// <summary>Reads the files, and loads what is new in them.</summary>
    /// <param name="atOnce">Whether what is new is taken up although it may be changing still.</param>
    /// <param name="logger">Where it is said what cannot be used, once.</param>
    /// <returns>What was shown before; null when it is still.</returns>
    public TlsCredential? Look(bool atOnce, ILogger logger)
    {
        if (!_canBeReadAgain)
            return null;
        byte[] digest = [];
        try
        {
            using CertificateFileContent content = CertificateFileContent.Read(_file);
            digest = content.Digest;
            if (digest.AsSpan().SequenceEqual(_loaded))
            {
                _seen = digest;
                _complaint = null;
                return _awaiting is var (ready, loadedBefore) && IsPresentable(loadedBefore.Credential) ? Show(ready, loadedBefore) : null;
            }

            if (!IsSettled(digest, atOnce))
                return null;
            HostCertificate loaded = Load(content);
            HostCertificate decorated = Decorate(loaded, logger);
            _loaded = digest;
            _complaint = null;
            if (_awaiting is var (_, superseded))
                _dropped?.Invoke(superseded.Credential);
            _awaiting = null;
            if (IsPresentable(decorated.Credential))
                return Show(loaded.Credential, decorated);
            _awaiting = (loaded.Credential, decorated);
            Log.CertificateAwaitsResponse(logger, Path);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            if (IsSettled(digest, atOnce))
                Complain(exception, logger);
            return null;
        }
        catch (Exception exception)
        {
            Complain(exception, logger);
            return null;
        }
    }

    /// <summary>
    /// Whether the files are as they were at the last look. Two files are never replaced at one instant, and a file that is being
    /// written may look like a shorter one that is whole.
    /// </summary>
    private bool IsSettled(byte[] digest, bool atOnce)
    {
        bool isSettled = atOnce || digest.AsSpan().SequenceEqual(_seen);
        _seen = digest;
        return isSettled;
    }

    private TlsCredential Show(TlsCredential prepared, HostCertificate certificate)
    {
        TlsCredential before = Current.Credential;
        Prepared = prepared;
        Current = certificate;
        _awaiting = null;
        return before;
    }

    /// <summary>
    /// Whether clients take it: one that demands an OCSP response (RFC 7633), and has none yet, they refuse. One whose response is not
    /// fetched at all is its owner's business.
    /// </summary>
    private bool IsPresentable(TlsCredential credential)
    {
        if (_decorate is null || credential is not StapledCredential || credential.OcspResponses.Count > 0)
            return true;
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(credential.CertificateChain[0].Span);
        try
        {
            return !TlsFeature.RequiresStaple(certificate);
        }
        catch (AsnContentException)
        {
            return true;
        }
    }

    private HostCertificate Load(CertificateFileContent content)
    {
        X509Credential loaded = content.Load();
        return new HostCertificate(_prepare is null ? loaded : _prepare(loaded), _file.HostNames) { IsDefault = _file.IsDefault };
    }

    private HostCertificate Decorate(HostCertificate certificate, ILogger logger)
    {
        if (_decorate is null)
            return certificate;
        try
        {
            return new HostCertificate(_decorate(certificate.Credential), certificate.HostNames) { IsDefault = certificate.IsDefault };
        }
        catch (Exception exception)
        {
            Log.CertificateReplacementFailed(logger, Path, exception);
            return certificate; // better without than not at all
        }
    }

    private void Complain(Exception exception, ILogger logger)
    {
        if (_complaint == exception.Message)
            return;
        _complaint = exception.Message;
        Log.CertificateKept(logger, Path, exception.Message);
    }
}
