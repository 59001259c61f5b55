using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Microsoft.Extensions.Logging;

using SynHello.Wire;

namespace SynHello;

/// <summary>
/// The verdict on a peer's chain: X509Chain under the caller's policy, the host name (RFC 9525) where a server is meant, revocation,
/// then the caller's callback. Fetches nothing unless the caller's policy or revocation options say so. Thread-safe.
/// </summary>
internal sealed class CertificateVerification
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly string _peer;
    private readonly string _usage;
    private readonly bool _isOfClients;
    private readonly X509ChainPolicy? _policy;
    private readonly X509Certificate2Collection? _roots;
    private readonly RemoteCertificateValidationCallback? _callback;
    private readonly TimeSpan _maximumAge;
    private readonly TimeProvider _timeProvider;
    private readonly RevocationChecker _revocation;

    /// <summary>
    /// Null where a verdict cannot be kept: a callback wants to be asked each time, and a revocation check or a time of
    /// the caller's own means that the same chain can be judged differently the next time.
    /// </summary>
    private readonly VerifiedChains? _verified;

    /// <summary>Judges servers.</summary>
    public CertificateVerification(SecureClientOptions options)
        : this(
            "server",
            ServerAuthentication,
            options.CertificateChainPolicy,
            options.TrustedRoots,
            options.RemoteCertificateValidationCallback,
            options.SessionTrustName,
            options.MaximumSessionAge,
            options.TimeProvider,
            options.LoggerFactory.CreateLogger<SecureClient>(),
            options.Revocation,
            options.Credentials.Select(credential => credential.CertificateChain[0]),
            asksForIdentity: options.CredentialCallback is not null)
    {
    }

    /// <summary>Judges clients.</summary>
    public CertificateVerification(SecureListenerOptions options)
        : this(
            "client",
            ClientAuthentication,
            options.ClientCertificateChainPolicy,
            options.TrustedClientRoots,
            options.ClientCertificateValidationCallback,
            sessionTrustName: null, // nobody knows what another listener's callback would say: its tickets are for nobody else
            options.TicketLifetime,
            options.TimeProvider,
            options.LoggerFactory.CreateLogger<SecureListener>(),
            options.ClientCertificateRevocation)
    {
    }

    private CertificateVerification(
        string peer,
        string usage,
        X509ChainPolicy? policy,
        X509Certificate2Collection? roots,
        RemoteCertificateValidationCallback? callback,
        string? sessionTrustName,
        TimeSpan maximumAge,
        TimeProvider timeProvider,
        ILogger logger,
        RevocationOptions revocation,
        IEnumerable<ReadOnlyMemory<byte>>? identity = null,
        bool asksForIdentity = false)
    {
        _peer = peer;
        _usage = usage;
        _isOfClients = usage == ClientAuthentication;
        _policy = policy?.Clone();
        _roots = roots is { Count: > 0 } ? [.. roots] : null;
        _callback = callback;
        _maximumAge = maximumAge;
        _timeProvider = timeProvider;
        _revocation = new RevocationChecker(revocation, timeProvider, logger, peer);
        if (callback is null && policy is null or { RevocationMode: X509RevocationMode.NoCheck, VerificationTimeIgnored: true })
            _verified = new VerifiedChains(timeProvider);

        // A name says what a callback stands for that judges servers, and nothing of one that says who the client is.
        TrustSettings = TrustDigest.Of(
            CreatePolicy(now: default),
            asksForIdentity ? null : sessionTrustName,
            callback is not null || asksForIdentity,
            revocation,
            identity);
    }

    /// <summary>Whether somebody wants to be asked about each connection, a resumed one too.</summary>
    public bool AsksEachTime => _callback is not null;

    /// <summary>Whether OCSP responses are wanted with the certificates.</summary>
    public bool AsksForStaples => _revocation.AsksForStaples;

    /// <summary>
    /// A digest of everything that decides a verdict: the policy as it is applied, the roots, and what stands for the
    /// callback. The system's own roots are not in it: they are looked at again when a session's verification ends.
    /// </summary>
    public string TrustSettings { get; }

    /// <summary>Judges a chain. Completes at once unless somebody has to be asked whether it was revoked.</summary>
    /// <param name="sender">What the callback is told that it is asked by.</param>
    /// <param name="chain">DER, the peer's own certificate first.</param>
    /// <param name="ocspResponses">The response that came with each; empty where none did.</param>
    /// <param name="targetHost">The host name or IP address that was dialed; null where a client is judged.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Why the certificate is refused, null when it is taken; and then when and how it was verified.</returns>
    public ValueTask<(TlsProtocolException? Refusal, ChainVerification? Verification)> CheckAsync(
        object sender,
        IReadOnlyList<ReadOnlyMemory<byte>> chain,
        IReadOnlyList<ReadOnlyMemory<byte>> ocspResponses,
        string? targetHost,
        CancellationToken cancellationToken)
    {
        VerifiedChains.Key key = default;
        if (_verified is not null)
        {
            key = VerifiedChains.Key.Of(chain, ocspResponses, targetHost ?? "");
            if (_verified.TryGet(key, out VerifiedChains.Verdict verdict))
            {
                return ValueTask.FromResult<(TlsProtocolException?, ChainVerification?)>(
                    (null, Describe(verdict.MadeAt, verdict.SessionEnd, SslPolicyErrors.None, verdict.Path)));
            }
        }

        return JudgeAsync(sender, chain, ocspResponses, targetHost, key, isNew: true, cancellationToken);
    }

    /// <summary>
    /// Judges a chain again that a session was made with: all but revocation, whose verdict stands until the session ends.
    /// </summary>
    /// <param name="sender"><inheritdoc cref="CheckAsync" path="/param[@name='sender']/node()"/></param>
    /// <param name="chain"><inheritdoc cref="CheckAsync" path="/param[@name='chain']/node()"/></param>
    /// <param name="targetHost"><inheritdoc cref="CheckAsync" path="/param[@name='targetHost']/node()"/></param>
    /// <returns>Whether it is taken still.</returns>
    public bool IsStillTrusted(object sender, IReadOnlyList<ReadOnlyMemory<byte>> chain, string? targetHost)
    {
        ValueTask<(TlsProtocolException? Refusal, ChainVerification?)> judged =
            JudgeAsync(sender, chain, [], targetHost, key: default, isNew: false, CancellationToken.None);
        Debug.Assert(judged.IsCompleted, "Nobody is asked.");
        return judged.GetAwaiter().GetResult().Refusal is null;
    }

    private async ValueTask<(TlsProtocolException? Refusal, ChainVerification? Verification)> JudgeAsync(
        object sender,
        IReadOnlyList<ReadOnlyMemory<byte>> chain,
        IReadOnlyList<ReadOnlyMemory<byte>> ocspResponses,
        string? targetHost,
        VerifiedChains.Key key,
        bool isNew,
        CancellationToken cancellationToken)
    {
        DateTimeOffset now = _timeProvider.GetUtcNow();
        var certificates = new X509Certificate2Collection();
        using var builder = new X509Chain();
        try
        {
            foreach (ReadOnlyMemory<byte> der in chain)
                certificates.Add(X509CertificateLoader.LoadCertificate(der.Span));
            X509Certificate2 certificate = certificates[0];

            // The engine took the key that signed from the same bytes. The loader looks for PEM where there is no DER, skips
            // what stands in front of it, and would judge another certificate than the one that the key is from.
            if (!certificate.RawDataMemory.Span.SequenceEqual(chain[0].Span))
            {
                return (
                    new TlsProtocolException(
                        TlsErrorCause.MalformedCertificate, $"The {_peer}'s certificate is not in its one DER form."),
                    null);
            }

            builder.ChainPolicy = CreatePolicy(now);
            for (int i = 1; i < certificates.Count; i++)
                builder.ChainPolicy.ExtraStore.Add(certificates[i]);

            TlsProtocolException? refusal = CheckChain(builder, certificate, targetHost, out SslPolicyErrors errors);

            // Nobody is asked about what is refused anyway.
            RevocationOutcome revocation = RevocationOutcome.Taken;
            if (isNew && (refusal is null || _callback is not null))
            {
                // Of a chain that leads nowhere only its own issuers can say something, and nobody else is asked.
                X509Certificate2[] path = [.. builder.ChainElements.Select(element => element.Certificate)];
                bool isTrusted = !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors);
                revocation = isTrusted
                    ? await _revocation.CheckAsync(path, chain, ocspResponses, cancellationToken).ConfigureAwait(false)
                    : RevocationOutcome.Taken with { Refusal = _revocation.FindRevoked(path, chain, ocspResponses) };

                // Not for a callback to overlook: the chain has no status that would tell it why, and many look at nothing else.
                if (revocation.Refusal is not null)
                    return (revocation.Refusal, null);
            }

            // Read before the callback can dispose of anything. A chain that could not be built may have no elements.
            DateTimeOffset notAfter = new(builder.ChainElements.Select(element => element.Certificate.NotAfter)
                .Append(certificate.NotAfter).Min());
            DateTimeOffset sessionEnd = Earlier(notAfter, revocation.SessionEnd);
            ReadOnlyMemory<byte>[] built = [.. builder.ChainElements.Select(element => element.Certificate.RawDataMemory)];
            if (_callback is null)
            {
                if (refusal is not null)
                    return (refusal, null);
                _verified?.Add(key, new VerifiedChains.Verdict(
                    _timeProvider.GetTimestamp(), now, Earlier(notAfter, revocation.HoldsUntil), sessionEnd, built));
            }
            else if (!_callback(sender, certificate, builder, errors))
            {
                return (
                    refusal ?? new TlsProtocolException(
                        TlsErrorCause.CertificateRefused, "The certificate was refused by the callback."),
                    null);
            }

            return (null, Describe(now, sessionEnd, errors, built));
        }
        catch (CryptographicException exception)
        {
            return (
                new TlsProtocolException(
                    TlsErrorCause.MalformedCertificate, $"A certificate of the {_peer}'s chain cannot be read.", exception),
                null);
        }
        finally
        {
            foreach (X509Certificate2 certificate in certificates)
                certificate.Dispose();
            foreach (X509ChainElement element in builder.ChainElements)
                element.Certificate.Dispose();
        }
    }

    /// <summary>Everything but revocation.</summary>
    private TlsProtocolException? CheckChain(
        X509Chain builder, X509Certificate2 certificate, string? targetHost, out SslPolicyErrors errors)
    {
        TlsProtocolException? refusal = null;
        errors = SslPolicyErrors.None;
        if (!builder.Build(certificate))
        {
            errors |= SslPolicyErrors.RemoteCertificateChainErrors;
            refusal = DescribeChain(certificate, builder);
        }

        if (CertificateStrength.Check(_peer, builder.ChainElements) is { } weak)
        {
            errors |= SslPolicyErrors.RemoteCertificateChainErrors;
            refusal ??= weak;
        }

        if (!MaySign(certificate))
        {
            errors |= SslPolicyErrors.RemoteCertificateChainErrors;
            refusal ??= new TlsProtocolException(
                TlsErrorCause.CertificateRefused, "The certificate's key usage does not allow it to sign.");
        }

        if (targetHost is not null && !Matches(certificate, targetHost))
        {
            errors |= SslPolicyErrors.RemoteCertificateNameMismatch;
            refusal ??= new TlsProtocolException(
                TlsErrorCause.CertificateNameMismatch,
                $"The certificate is not for {targetHost}; it {Names(certificate)}.");
        }

        return refusal;
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private ChainVerification Describe(
        DateTimeOffset verifiedAt, DateTimeOffset notAfter, SslPolicyErrors errors, IReadOnlyList<ReadOnlyMemory<byte>> path)
    {
        TimeSpan longest = DateTimeOffset.MaxValue - verifiedAt;
        TimeSpan age = longest < _maximumAge ? longest : _maximumAge;
        return new ChainVerification
        {
            VerifiedAt = verifiedAt,
            EndsAt = notAfter < verifiedAt + age ? notAfter : verifiedAt + age,
            PolicyErrors = errors,
            Path = path,
        };
    }

    private X509ChainPolicy CreatePolicy(DateTimeOffset now)
    {
        X509ChainPolicy policy = _policy?.Clone() ?? new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };

        // Whoever connects must not make a server fetch what its certificate names, before anybody has vouched for it.
        if (_isOfClients)
            policy.DisableCertificateDownloads = true;

        // UTC says what it is; a time without a kind would be taken for the system's own zone, which need not be the clock's.
        if (policy.VerificationTimeIgnored)
            policy.VerificationTime = now.UtcDateTime;
        if (policy.ApplicationPolicy.Count == 0)
            policy.ApplicationPolicy.Add(new Oid(_usage));
        if (_roots is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(_roots);
        }

        return policy;
    }

    /// <summary>A key usage, where there is one, has to hold digitalSignature (RFC 8446 section 4.4.2.2).</summary>
    private static bool MaySign(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509KeyUsageExtension>()
            .All(usage => usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature));

    /// <summary>
    /// The subject alternative names only, wildcards in the left label only; an IP address against IP names.
    /// </summary>
    private static bool Matches(X509Certificate2 certificate, string targetHost)
    {
        try
        {
            return certificate.MatchesHostname(targetHost.TrimEnd('.'), allowWildcards: true, allowCommonName: false);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            return false; // the dialed name is no host name, or the certificate's names cannot be read
        }
    }

    private TlsProtocolException DescribeChain(X509Certificate2 certificate, X509Chain chain)
    {
        X509ChainStatusFlags flags = X509ChainStatusFlags.NoError;
        foreach (X509ChainStatus status in chain.ChainStatus)
            flags |= status.Status;

        if (flags.HasFlag(X509ChainStatusFlags.Revoked))
            return new TlsProtocolException(TlsErrorCause.CertificateRevoked, $"A certificate of the {_peer}'s chain was revoked.");
        if (flags.HasFlag(X509ChainStatusFlags.NotTimeValid))
            return new TlsProtocolException(TlsErrorCause.CertificateExpired, DescribeTime(certificate, chain));
        if (flags.HasFlag(X509ChainStatusFlags.UntrustedRoot) || flags.HasFlag(X509ChainStatusFlags.PartialChain))
        {
            return new TlsProtocolException(
                TlsErrorCause.UnknownCertificateAuthority,
                certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)
                    ? "The certificate is self-signed and not trusted."
                    : $"The certificate was issued by {Printable(certificate.Issuer)}, which leads to no trusted root.");
        }

        string reasons = string.Join(
            " ", chain.ChainStatus.Select(status => status.StatusInformation.TrimEnd().TrimEnd('.') + ".").Distinct());
        return new TlsProtocolException(TlsErrorCause.CertificateRefused, $"The certificate is not valid: {reasons}");
    }

    private string DescribeTime(X509Certificate2 certificate, X509Chain chain)
    {
        DateTime at = chain.ChainPolicy.VerificationTime.ToUniversalTime();
        if (at > certificate.NotAfter.ToUniversalTime())
            return $"The certificate has expired on {Date(certificate.NotAfter)}.";
        if (at < certificate.NotBefore.ToUniversalTime())
            return $"The certificate is not valid before {Date(certificate.NotBefore)}.";
        return $"A certificate of the {_peer}'s chain has expired or is not valid yet.";
    }

    private static string Date(DateTime time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", System.Globalization.CultureInfo.InvariantCulture);

    private static string Names(X509Certificate2 certificate)
    {
        const int Most = 5;
        var names = new List<string>();
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension is X509SubjectAlternativeNameExtension alternative)
            {
                names.AddRange(alternative.EnumerateDnsNames());
                names.AddRange(alternative.EnumerateIPAddresses().Select(address => address.ToString()));
            }
        }

        if (names.Count == 0)
            return "names no host as a subject alternative name";
        return "is for " + string.Join(", ", names.Take(Most).Select(Printable)) + (names.Count > Most ? ", ..." : "");
    }

    /// <summary>What a peer wrote must not add lines to a log, nor fill it.</summary>
    private static string Printable(string text)
    {
        const int Most = 255;
        string cut = text.Length > Most ? text[..Most] + "..." : text;
        return string.Create(cut.Length, cut, static (destination, source) =>
        {
            for (int i = 0; i < source.Length; i++)
                destination[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) || source[i] is '\u2028' or '\u2029' ? '?' : source[i];
        });
    }
}
