using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <content>What the engine asks during the handshake, and the answers.</content>
public sealed partial class SecureStream
{
    /// <summary>How the peer's chain was verified; null when none was.</summary>
    private ChainVerification? _verification;

    /// <summary>Answers everything that the engine asks, and lets it go on with what was received.</summary>
    /// <param name="answers">Who answers.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private async ValueTask AnswerAllAsync(HandshakeAnswers answers, CancellationToken cancellationToken)
    {
        while (_engine.TryRead(out TlsEvent tlsEvent))
        {
            bool isAnswered = true;
            switch (tlsEvent)
            {
                case TlsEvent.NeedCertificateVerdict:
                    await JudgeAsync(answers, cancellationToken).ConfigureAwait(false);
                    break;
                case TlsEvent.NeedCredential:
                    await ChooseCredentialAsync(answers, _engine.CredentialRequest!, cancellationToken).ConfigureAwait(false);
                    break;
                case TlsEvent.NeedSignature:
                    await SignAsync(_engine.SignatureRequest!, cancellationToken).ConfigureAwait(false);
                    break;
                case TlsEvent.NeedSession:
                    await FindSessionAsync(answers, (TlsServerEngine)_engine, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    isAnswered = false;
                    break;
            }

            if (isAnswered)
                ContinueEngine();
        }
    }

    private async ValueTask JudgeAsync(HandshakeAnswers answers, CancellationToken cancellationToken)
    {
        (TlsProtocolException? refusal, _verification) =
            await answers.Verify(_engine.Negotiated, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested(); // judging may have taken its time
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            if (refusal is null)
                _engine.AcceptCertificate(_verification?.EndsAt);
            else
                _engine.RefuseCertificate(refusal, _output);
        }

        if (refusal is not null)
            throw refusal;
    }

    private async ValueTask ChooseCredentialAsync(
        HandshakeAnswers answers, TlsCredentialRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<TlsCredential> credentials = [];
        try
        {
            if (answers.ChooseCredentials is { } choose)
                credentials = await LateAnswer.WaitAsync(choose(request, cancellationToken), cancellationToken).ConfigureAwait(false) ?? [];
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Fail("The certificate could not be chosen.", exception);
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            _engine.UseCredentials(credentials, _output);
        }
    }

    private async ValueTask SignAsync(TlsSignatureRequest request, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> signature;
        try
        {
            signature = request.Credential is IRemoteSigner signer
                ? await LateAnswer.WaitAsync(signer.SignAsync(request.Scheme, request.Content, cancellationToken), cancellationToken)
                    .ConfigureAwait(false)
                : throw new NotSupportedException($"{request.Credential.GetType().Name} does not say who signs.");
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Fail("The signature could not be made.", exception);
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            _engine.UseSignature(signature.Span, _output);
        }
    }

    /// <summary>
    /// Asks the cache that servers share; whatever goes wrong with it means a full handshake. Nobody is asked for an address that may be
    /// forged.
    /// </summary>
    private async ValueTask FindSessionAsync(HandshakeAnswers answers, TlsServerEngine engine, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> session = default;
        if (answers.FindSession is { } find && IsRemoteAddressProven)
        {
            try
            {
                session = await LateAnswer.WaitAsync(
                    unwanted => find(engine.SessionLookup, unwanted), AnswerTime, _timeProvider, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                Log.SessionCacheFailed(answers.Logger, RemoteEndPoint, exception);
            }
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            engine.UseSession(session.Span, _output);
        }
    }

    /// <summary>This side has failed; the peer is told that much.</summary>
    private TlsProtocolException Fail(string message, Exception exception)
    {
        var failure = new TlsProtocolException(TlsErrorCause.InternalError, message, exception);
        lock (_lock)
            _engine.Abort(failure, _output);
        return failure;
    }

    private void ContinueEngine()
    {
        int consumed;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            consumed = _engine.Receive(_received.Span, _plaintext, _output);
        }

        _received.Consume(consumed);
    }
}
