using System.Buffers;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>Answers an engine's questions as the runner's flags say, and remembers what else it had to tell.</summary>
internal sealed class QuestionDesk(ShimFlags flags, IReadOnlyList<TlsCredential> credentials, ShimSessionCache? sessions)
{
    /// <summary>Whether a chain was judged.</summary>
    public bool IsPeerVerified { get; private set; }

    /// <summary>The sessions that a client was given, the newest last.</summary>
    public List<TlsSession> Sessions { get; } = [];

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
            case TlsEvent.SessionReceived:
                while (((TlsClientEngine)engine).TryReadSession(out TlsSession? session))
                    Sessions.Add(session);
                return false;
            default:
                return false;
        }
    }

    private void Judge(TlsEngine engine, IBufferWriter<byte> output)
    {
        IsPeerVerified = true;
        bool isStapleRefused = !flags.IsServer && flags.UseOcspCallback && flags.FailsOcspCallback
            && engine.Negotiated.PeerOcspResponses.Any(response => !response.IsEmpty);
        TlsErrorCause? refusal = flags.FailsVerification ? TlsErrorCause.CertificateRefused
            : isStapleRefused ? TlsErrorCause.BadCertificateStatus
            : null;
        if (refusal is not { } cause)
        {
            engine.AcceptCertificate();
            return;
        }

        var failure = new TlsProtocolException(cause);
        engine.RefuseCertificate(failure, output);
        throw failure;
    }
}
