using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>The client's certificate in its last flight (RFC 8446 section 4.4.2).</summary>
internal static class ClientCredential
{
    /// <summary>Shows a certificate, or asks which.</summary>
    public static HandshakeState<ClientContext> Show(ClientContext context, TlsCredentialRequest request) =>
        context.AskForCredentials(request) is { } credentials
            ? Show(context, request, credentials)
            : ExpectAnswer<ClientContext>.Instance;

    /// <summary>Goes on, once a credential was named.</summary>
    public static HandshakeState<ClientContext> Continue(ClientContext context, IReadOnlyList<TlsCredential> credentials) =>
        Show(context, context.TakeCredentialRequest(), credentials);

    /// <summary>Goes on, once the signature is there.</summary>
    public static HandshakeState<ClientContext> Continue(ClientContext context, ReadOnlySpan<byte> signature)
    {
        OwnSignature.WriteAwaited(context, signature);
        return ExpectServerFinished.Complete(context);
    }

    private static HandshakeState<ClientContext> Show(
        ClientContext context, TlsCredentialRequest request, IReadOnlyList<TlsCredential> credentials)
    {
        int start = context.Flight.Length;
        if (request.Choose(credentials, out SignatureScheme scheme) is not { } credential)
        {
            // No certificate to show: an empty list says so (RFC 8446 section 4.4.2).
            Certificate.Write(context.Flight, context: [], chain: []);
            context.AppendFlight(start);
            return ExpectServerFinished.Complete(context);
        }

        context.Negotiated.LocalCredential = credential;
        context.Flight.WriteBytes(CertificateMessages.Of(credential).Get(
            credential, context.Provider, withOcspResponses: false, context.CertificateCompression));
        context.AppendFlight(start);
        return OwnSignature.TryWrite(context, credential, scheme, SignatureContent.Client)
            ? ExpectServerFinished.Complete(context)
            : ExpectAnswer<ClientContext>.Instance;
    }
}
