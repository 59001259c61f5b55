using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

using Microsoft.Extensions.Logging;

using SynHello.Wire;

namespace SynHello;

/// <summary>
/// Finds out whether the certificates of a chain that was judged before were revoked: by the responses that came with it, and online
/// where the options say so. Thread-safe.
/// </summary>
internal sealed class RevocationChecker
{
    private readonly RevocationMode _mode;
    private readonly RevocationFailureMode _failureMode;
    private readonly X509RevocationFlag _flag;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly string _peer;

    /// <summary>Nobody asks clients for responses, so their certificates cannot demand that one comes.</summary>
    private readonly bool _asksForStaples;
    private readonly OcspClient? _client;
    private readonly RevocationCache _staples;
    private readonly RevocationCache _online;

    /// <summary>Makes a checker.</summary>
    /// <param name="options">How it checks.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Where it is said that nothing could be found out.</param>
    /// <param name="peer">Whose chains are judged, for people: a server's or a client's.</param>
    /// <exception cref="ArgumentException">The options say what is not allowed.</exception>
    public RevocationChecker(RevocationOptions options, TimeProvider timeProvider, ILogger logger, string peer = "server")
    {
        RevocationOptions.Validate(options);
        _mode = options.Mode;
        _failureMode = options.FailureMode;
        _flag = options.RevocationFlag;
        _timeout = options.Timeout;
        _timeProvider = timeProvider;
        _logger = logger;
        _peer = peer;
        _asksForStaples = peer == "server";
        _staples = new RevocationCache(timeProvider);
        _online = new RevocationCache(timeProvider);
        if (_mode == RevocationMode.Online)
            _client = new OcspClient(options.HttpInvoker, _timeout, timeProvider);
    }

    /// <summary>Whether servers are asked for OCSP responses.</summary>
    public bool AsksForStaples => _mode != RevocationMode.Off;

    /// <summary>Judges a chain. Completes at once unless somebody has to be asked.</summary>
    /// <param name="chain">
    /// The chain as it was built: the server's certificate, then each one's issuer. Not needed any more when the call returns, though
    /// its task may go on.
    /// </param>
    /// <param name="sent">The DER of the certificates as the server sent them.</param>
    /// <param name="staples">The OCSP response that came with each of <paramref name="sent"/>; empty where none did.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether the chain is taken, and for how long that holds.</returns>
    public ValueTask<RevocationOutcome> CheckAsync(
        IReadOnlyList<X509Certificate2> chain,
        IReadOnlyList<ReadOnlyMemory<byte>> sent,
        IReadOnlyList<ReadOnlyMemory<byte>> staples,
        CancellationToken cancellationToken)
    {
        var outcome = RevocationOutcome.Taken;
        if (_mode == RevocationMode.Off)
            return ValueTask.FromResult(outcome);
        var questions = new List<Question>();
        for (int i = 0; i < chain.Count; i++)
        {
            X509Certificate2? issuer = IssuerOf(chain, i);
            RevocationVerdict? verdict = issuer is not null && StapleOf(chain[i], sent, staples) is { } staple
                ? Judge(staple, chain[i], issuer)
                : null;
            bool isLookedUp = IsLookedUp(chain, i);
            if (Refuse(i, verdict, _asksForStaples ? RequiresStaple(chain[i], i) : false, isLookedUp) is { } refusal)
                return ValueTask.FromResult(RevocationOutcome.Refused(refusal));
            if (verdict is { Status: RevocationStatus.Good })
                outcome = outcome.ProvenUntil(verdict.Until);
            else if (isLookedUp)
                questions.Add(new Question(i, verdict));
        }

        if (questions.Count == 0)
            return ValueTask.FromResult(outcome);
        ReadOnlyMemory<byte>[] encoded = [.. chain.Select(certificate => certificate.RawDataMemory)];
        return new ValueTask<RevocationOutcome>(LookUpAsync(encoded, questions, outcome, cancellationToken));
    }

    /// <summary>
    /// Whether a response that came with a chain proves a certificate of it revoked: of a chain that does not lead to a trusted root, which
    /// somebody may take all the same.
    /// </summary>
    /// <inheritdoc cref="CheckAsync" path="/param[@name!='cancellationToken']"/>
    /// <returns>Null when none does.</returns>
    public TlsProtocolException? FindRevoked(
        IReadOnlyList<X509Certificate2> chain, IReadOnlyList<ReadOnlyMemory<byte>> sent, IReadOnlyList<ReadOnlyMemory<byte>> staples)
    {
        for (int i = 0; _mode != RevocationMode.Off && i < chain.Count; i++)
        {
            if (IssuerOf(chain, i) is { } issuer
                && StapleOf(chain[i], sent, staples) is { } staple
                && Judge(staple, chain[i], issuer) is { Status: RevocationStatus.Revoked } verdict)
            {
                return Revoked(i, verdict);
            }
        }

        return null;
    }

    private static X509Certificate2? IssuerOf(IReadOnlyList<X509Certificate2> chain, int index)
    {
        if (index + 1 < chain.Count)
            return chain[index + 1];

        // Trusted by itself, it may vouch for itself. Of one whose issuer is not known nothing can be verified.
        return index == 0 && IsSelfIssued(chain[0]) ? chain[0] : null;
    }

    private static bool IsSelfIssued(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    /// <summary>The response that came with a certificate, wherever in the list that stood.</summary>
    private static ReadOnlyMemory<byte>? StapleOf(
        X509Certificate2 certificate, IReadOnlyList<ReadOnlyMemory<byte>> sent, IReadOnlyList<ReadOnlyMemory<byte>> staples)
    {
        for (int i = 0; i < sent.Count && i < staples.Count; i++)
        {
            if (!staples[i].IsEmpty && sent[i].Span.SequenceEqual(certificate.RawDataMemory.Span))
                return staples[i];
        }

        return null;
    }

    /// <returns>Null when the extension cannot be read.</returns>
    private static bool? RequiresStaple(X509Certificate2 certificate, int index)
    {
        try
        {
            // What it says in an issuer's certificate is about what that may issue (RFC 7633 section 4.2.2).
            return index == 0 && TlsFeature.RequiresStaple(certificate);
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private TlsProtocolException? Refuse(int index, RevocationVerdict? verdict, bool? requiresStaple, bool isLookedUp)
    {
        if (verdict is { Status: RevocationStatus.Revoked })
            return Revoked(index, verdict);
        if (requiresStaple is null)
        {
            return new TlsProtocolException(
                TlsErrorCause.MalformedCertificate, "The TLS features that the certificate demands cannot be read.");
        }

        if (verdict is null)
        {
            return requiresStaple.Value
                ? new TlsProtocolException(
                    TlsErrorCause.BadCertificateStatus, "The certificate demands an OCSP response with it, and none came (Must-Staple).")
                : null;
        }

        // An online check may say better, but not what the certificate has ruled out.
        return verdict.Status == RevocationStatus.Good || (isLookedUp && !requiresStaple.Value) ? null : BadStaple(index, verdict);
    }

    private TlsProtocolException Revoked(int index, RevocationVerdict verdict) =>
        new(TlsErrorCause.CertificateRevoked, $"{Name(index)} is refused: {verdict.Description}.");

    private TlsProtocolException BadStaple(int index, RevocationVerdict verdict) =>
        new(TlsErrorCause.BadCertificateStatus, $"{Name(index)} is refused: {verdict.Description}.");

    private string Name(int index) => index == 0 ? $"The {_peer}'s certificate" : $"A certificate of the {_peer}'s chain";

    /// <summary>Whether a certificate is one of those that are looked up; a root is not.</summary>
    private bool IsLookedUp(IReadOnlyList<X509Certificate2> chain, int index) =>
        _mode is RevocationMode.Online or RevocationMode.Crl
        && (index == 0 || _flag != X509RevocationFlag.EndCertificateOnly)
        && (index + 1 < chain.Count || !IsSelfIssued(chain[index]));

    private RevocationVerdict Judge(ReadOnlyMemory<byte> staple, X509Certificate2 certificate, X509Certificate2 issuer)
    {
        // Who comes back shows the same one for days.
        var key = RevocationCache.Key.Of(RevocationMode.Staple, [certificate.RawDataMemory, issuer.RawDataMemory], staple.Span);
        if (_staples.Find(key) is { } known)
            return known;
        RevocationVerdict verdict = OcspVerifier.Verify(staple, certificate, issuer, _timeProvider.GetUtcNow());
        if (verdict.Status == RevocationStatus.Good)
            _staples.Add(key, verdict);
        return verdict;
    }

    private async Task<RevocationOutcome> LookUpAsync(
        ReadOnlyMemory<byte>[] chain, List<Question> questions, RevocationOutcome outcome, CancellationToken cancellationToken)
    {
        // All at once: they share the time that the handshake may wait.
        Task<RevocationVerdict>[] asked = [.. questions.Select(question => WaitAsync(Ask(chain, question.Index), cancellationToken))];
        RevocationVerdict[] verdicts = await Task.WhenAll(asked).ConfigureAwait(false);
        return Decide(questions, verdicts, outcome);
    }

    private RevocationOutcome Decide(List<Question> questions, RevocationVerdict[] verdicts, RevocationOutcome outcome)
    {
        TlsProtocolException? refusal = null;
        for (int i = 0; i < questions.Count; i++)
        {
            RevocationVerdict verdict = verdicts[i];
            if (verdict.Status == RevocationStatus.Revoked)
                return RevocationOutcome.Refused(Revoked(questions[i].Index, verdict));
            if (verdict.Status == RevocationStatus.Good)
            {
                // A list is looked at again after a while, but says nothing of when it ends.
                outcome = _mode == RevocationMode.Online
                    ? outcome.ProvenUntil(verdict.Until)
                    : outcome.KnownUntil(verdict.Until);
                continue;
            }

            outcome = outcome.KnownUntil(_timeProvider.GetUtcNow() + RevocationCache.FailureLifetime);
            if (questions[i].Staple is { } staple)
            {
                refusal ??= BadStaple(questions[i].Index, staple);
            }
            else if (_failureMode == RevocationFailureMode.HardFail)
            {
                refusal ??= new TlsProtocolException(
                    TlsErrorCause.RevocationStatusUnknown,
                    $"{Name(questions[i].Index)} is refused, because nobody knows whether it was revoked: {verdict.Description}.");
            }
            else
            {
                Log.RevocationUnknown(_logger, verdict.Description);
            }
        }

        return refusal is null ? outcome : RevocationOutcome.Refused(refusal);
    }

    /// <summary>A handshake waits no longer than it is told to, whatever becomes of the question.</summary>
    private async Task<RevocationVerdict> WaitAsync(Task<RevocationVerdict> answer, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.WaitAsync(_timeout, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return RevocationVerdict.Unproven(RevocationProblem.Unavailable, "there was no answer in time");
        }
    }

    private Task<RevocationVerdict> Ask(ReadOnlyMemory<byte>[] chain, int index)
    {
        if (index + 1 >= chain.Length)
        {
            return Task.FromResult(RevocationVerdict.Unproven(
                RevocationProblem.Unavailable, "the certificate's issuer is not known"));
        }

        return _online.GetOrAskAsync(RevocationCache.Key.Of(_mode, chain.Skip(index)), () => AskAsync(chain.AsMemory(index)));
    }

    /// <summary>Nobody's giving up ends it: others may wait for the same answer.</summary>
    private async Task<RevocationVerdict> AskAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> encoded)
    {
        // Of its own, because the caller disposes of the chain.
        var chain = new X509Certificate2[encoded.Length];
        try
        {
            for (int i = 0; i < chain.Length; i++)
                chain[i] = X509CertificateLoader.LoadCertificate(encoded.Span[i].Span);
            if (_client is null)
                return await CrlCheck.RunAsync(chain, _timeout, _timeProvider.GetUtcNow()).ConfigureAwait(false);
            OcspAnswer answer = await _client
                .AskAsync(chain[0], chain[1], OcspClient.RespondersOf(chain[0]), CancellationToken.None).ConfigureAwait(false);
            return answer.Verdict;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Somebody's HTTP handler may throw anything.
            return RevocationVerdict.Unproven(RevocationProblem.Unavailable, $"asking failed: {exception.Message.TrimEnd('.')}");
        }
        finally
        {
            foreach (X509Certificate2? certificate in chain)
                certificate?.Dispose();
        }
    }

    /// <param name="Index">Which certificate of the chain.</param>
    /// <param name="Staple">What the response that came with it was worth; null when none came.</param>
    private readonly record struct Question(int Index, RevocationVerdict? Staple);
}
