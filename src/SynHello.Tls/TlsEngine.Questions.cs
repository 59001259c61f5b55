using System.Buffers;

using SynHello.Wire;

namespace SynHello.Tls;

/// <content>Answers to the Need... events that both sides have.</content>
public abstract partial class TlsEngine
{
    /// <summary>What <see cref="TlsEvent.NeedCredential"/> asks with; null when nothing is asked.</summary>
    public TlsCredentialRequest? CredentialRequest => Context.CredentialRequest;

    /// <summary>What <see cref="TlsEvent.NeedSignature"/> asks for; null when nothing is asked.</summary>
    public TlsSignatureRequest? SignatureRequest => Context.SignatureRequest;

    /// <summary>
    /// Answers <see cref="TlsEvent.NeedCertificateVerdict"/>: the chain is trusted. Call <see cref="Receive"/> next, with whatever
    /// was not consumed, to go on.
    /// </summary>
    /// <param name="until">
    /// On a server: until when the client may come back with a ticket as who it is; null for as long as tickets live.
    /// </param>
    /// <exception cref="InvalidOperationException">No verdict is waited for.</exception>
    public void AcceptCertificate(DateTimeOffset? until = null)
    {
        ThrowIfUnusable();
        ThrowIfNoVerdictIsDue();
        OnCertificateAccepted(until);
        Context.IsQuestionOpen = false;
    }

    /// <summary>Answers <see cref="TlsEvent.NeedCertificateVerdict"/>: the chain is refused, and the connection is over.</summary>
    /// <param name="failure">Why; its alert is what the peer is told.</param>
    /// <param name="output">The alert is appended here.</param>
    /// <exception cref="InvalidOperationException">No verdict is waited for.</exception>
    public void RefuseCertificate(TlsProtocolException failure, IBufferWriter<byte> output)
    {
        ThrowIfUnusable();
        ThrowIfNoVerdictIsDue();
        Abort(failure, output);
    }

    /// <summary>
    /// Answers <see cref="TlsEvent.NeedCredential"/>. Call <see cref="Receive"/> next, with whatever was not consumed, to go on.
    /// </summary>
    /// <param name="credentials">
    /// The credentials, best first. None: a client shows no certificate, and a server refuses the client.
    /// </param>
    /// <param name="output">Bytes for the peer are appended here.</param>
    /// <exception cref="InvalidOperationException">No credential is waited for.</exception>
    /// <exception cref="TlsProtocolException">The connection is over: no credential fits what the peer takes.</exception>
    public void UseCredentials(IReadOnlyList<TlsCredential> credentials, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        ArgumentNullException.ThrowIfNull(output);
        ThrowIfUnusable();
        if (Context.CredentialRequest is null)
            throw new InvalidOperationException("No credential is waited for.");
        Context.Output = output;
        try
        {
            Answer(credentials);
        }
        catch (Exception exception)
        {
            throw Failed(exception);
        }
        finally
        {
            Context.Output = null;
        }
    }

    /// <summary>
    /// Answers <see cref="TlsEvent.NeedSignature"/>. Call <see cref="Receive"/> next, with whatever was not consumed, to go on. A
    /// signature that is wrong makes the peer end the connection.
    /// </summary>
    /// <param name="signature">The signature.</param>
    /// <param name="output">Bytes for the peer are appended here.</param>
    /// <exception cref="InvalidOperationException">No signature is waited for.</exception>
    public void UseSignature(ReadOnlySpan<byte> signature, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ThrowIfUnusable();
        if (Context.SignatureRequest is null)
            throw new InvalidOperationException("No signature is waited for.");
        Context.Output = output;
        try
        {
            Answer(signature);
        }
        catch (Exception exception)
        {
            throw Failed(exception);
        }
        finally
        {
            Context.Output = null;
        }
    }

    /// <summary>Goes on with the credentials that were asked for.</summary>
    private protected abstract void Answer(IReadOnlyList<TlsCredential> credentials);

    /// <summary>Goes on with the signature that was asked for.</summary>
    private protected abstract void Answer(ReadOnlySpan<byte> signature);

    /// <summary>Takes notice of how long the verdict holds.</summary>
    private protected virtual void OnCertificateAccepted(DateTimeOffset? until)
    {
    }

    private void ThrowIfNoVerdictIsDue()
    {
        if (!Context.IsVerdictDue)
            throw new InvalidOperationException("No verdict is waited for.");
    }
}
