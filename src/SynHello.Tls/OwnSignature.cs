using System.Buffers;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>This side's CertificateVerify (RFC 8446 section 4.4.3).</summary>
internal static class OwnSignature
{
    /// <summary>Signs and writes it, or asks for the signature where the key is elsewhere.</summary>
    /// <param name="context">The connection, its transcript at the end of the Certificate message.</param>
    /// <param name="credential">Whose key signs.</param>
    /// <param name="scheme">How.</param>
    /// <param name="label">The context string of this side.</param>
    /// <returns>False when the signature is waited for.</returns>
    public static bool TryWrite(
        ConnectionContext context, TlsCredential credential, SignatureScheme scheme, ReadOnlySpan<byte> label)
    {
        Span<byte> hash = stackalloc byte[context.Transcript.HashLength];
        context.Transcript.GetHash(hash);
        Span<byte> content = stackalloc byte[SignatureContent.MaximumLength];
        content = content[..SignatureContent.Write(label, hash, content)];
        return TrySign(context, credential, scheme, content);
    }

    /// <summary>Signs content and writes CertificateVerify, or asks for the signature where the key is elsewhere.</summary>
    /// <param name="context">The connection.</param>
    /// <param name="credential">Whose key signs.</param>
    /// <param name="scheme">How.</param>
    /// <param name="content">What is signed, before hashing.</param>
    /// <returns>False when the signature is waited for.</returns>
    public static bool TrySign(
        ConnectionContext context, TlsCredential credential, SignatureScheme scheme, ReadOnlySpan<byte> content)
    {
        if (credential.SignsElsewhere)
        {
            Ask(context, credential, scheme, content);
            return false;
        }

        byte[] signature = ArrayPool<byte>.Shared.Rent(credential.MaximumSignatureLength);
        try
        {
            int length = credential.Sign(scheme, content, signature);
            Write(context, scheme, signature.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(signature);
        }

        return true;
    }

    /// <summary>Asks for a signature.</summary>
    public static void Ask(
        ConnectionContext context, TlsCredential credential, SignatureScheme scheme, ReadOnlySpan<byte> content)
    {
        context.SignatureRequest = new TlsSignatureRequest(credential, scheme, content.ToArray());
        context.IsQuestionOpen = true;
        context.Raise(TlsEvent.NeedSignature);
    }

    /// <summary>Writes it with a signature that was waited for.</summary>
    public static void WriteAwaited(ConnectionContext context, ReadOnlySpan<byte> signature)
    {
        TlsSignatureRequest request = context.SignatureRequest ?? throw new InvalidOperationException("No signature is waited for.");
        context.SignatureRequest = null;
        context.IsQuestionOpen = false;
        Write(context, request.Scheme, signature);
    }

    private static void Write(ConnectionContext context, SignatureScheme scheme, ReadOnlySpan<byte> signature)
    {
        int start = context.Flight.Length;
        new CertificateVerify { Algorithm = scheme, Signature = signature }.Write(context.Flight);
        context.AppendFlight(start);
    }
}
