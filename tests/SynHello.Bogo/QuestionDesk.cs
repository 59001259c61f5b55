using System.Buffers;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>Answers an engine's questions as the runner's flags say, and remembers what else it had to tell.</summary>
internal sealed class QuestionDesk(
    ShimFlags flags,
    IReadOnlyList<TlsCredential> credentials,
    ShimSessionCache? sessions = null,
    TlsSession? offered = null,
    ShimFlags? retry = null)
{
    /// <summary>The new sessions that a client was given, the newest last.</summary>
    public List<TlsSession> Sessions { get; } = [];

    /// <summary>The session to offer next: the newest, or in TLS 1.2 the one that was offered and stays good.</summary>
    public TlsSession? NextSession { get; private set; }

    /// <summary>Answers all that is asked.</summary>
    /// <returns>Whether anything was.</returns>
    public bool AnswerAll(TlsEngine engine, IBufferWriter<byte> output)
    {
        bool isAnswered = false;
        while (engine.TryRead(out TlsEvent tlsEvent))
            isAnswered |= Answer(engine, tlsEvent, output);
        return isAnswered;
    }

    private bool Answer(TlsEngine engine, TlsEvent tlsEvent, IBufferWriter<byte> output)
    {
        var server = engine as TlsServerEngine;
        switch (tlsEvent)
        {
            case TlsEvent.NeedCertificateVerdict:
                Judge(engine, output);
                return true;
            case TlsEvent.NeedCredential:
                engine.UseCredentials(credentials, output);
                return true;
            case TlsEvent.NeedSignature:
                TlsSignatureRequest request = engine.SignatureRequest!;
                byte[] signature = new byte[request.Credential.MaximumSignatureLength];
                int length = request.Credential.Sign(request.Scheme, request.Content.Span, signature);
                engine.UseSignature(signature.AsSpan(0, length), output);
                return true;
            case TlsEvent.NeedSession:
                server!.UseSession(sessions!.Find(server.SessionLookup.Span).Span, output);
                return true;
            case TlsEvent.NeedEarlyDataVerdict:
                server!.AcceptEarlyData(output);
                return true;
            case TlsEvent.HandshakeCompleted when flags.Expected.HandshakeNeverDone:
                throw new ExpectationException("The handshake is complete, and should never be.");
            case TlsEvent.HandshakeCompleted when flags.VerifiesResumedPeer && engine.Negotiated.IsResumed:
                if (Refusal(engine) is { } refusal)
                {
                    engine.Abort(refusal, output);
                    throw refusal;
                }

                return false;
            case TlsEvent.SessionReceived:
                while (((TlsClientEngine)engine).TryReadSession(out TlsSession? session))
                    Take(session);
                return false;
            default:
                return false;
        }
    }

    private void Take(TlsSession session)
    {
        NextSession = session;
        if (!ReferenceEquals(session, offered))
            Sessions.Add(session);
    }

    private void Judge(TlsEngine engine, IBufferWriter<byte> output)
    {
        if (Refusal(engine) is not { } refusal)
        {
            engine.AcceptCertificate();
            return;
        }

        engine.RefuseCertificate(refusal, output);
        throw refusal;
    }

    /// <summary>What is held against the peer's chain; null for nothing.</summary>
    private TlsProtocolException? Refusal(TlsEngine engine)
    {
        // Once early data was refused, the runner's flags for the retry are in force.
        ShimFlags current = engine.Negotiated.EarlyData == EarlyDataStatus.Rejected ? retry ?? flags : flags;
        bool isJudged = current.VerifiesPeer || current.RequiresClientCertificate;
        if (current.FailsVerification && isJudged)
            return new TlsProtocolException(TlsErrorCause.CertificateRefused);
        bool isStapleRefused = !current.IsServer && current.UseOcspCallback && current.FailsOcspCallback;
        return isStapleRefused ? new TlsProtocolException(TlsErrorCause.BadCertificateStatus) : null;
    }
}
