using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The client's second flight in a full handshake of TLS 1.2: its certificate where that was asked for, ClientKeyExchange,
/// CertificateVerify, change_cipher_spec and Finished, in one piece.
/// </summary>
internal static class Tls12ClientFlight
{
    /// <summary>Writes the flight, or asks for what it lacks.</summary>
    public static HandshakeState<ClientContext> Send(ClientContext context)
    {
        if (context.CertificateRequest is not { } request)
        {
            context.Transcript.ForgetMessages();
            return Exchange(context);
        }

        return context.AskForCredentials(request) is { } credentials
            ? Show(context, request, credentials)
            : ExpectAnswer<ClientContext>.Instance;
    }

    /// <summary>Goes on, once a credential was named.</summary>
    public static HandshakeState<ClientContext> Continue(ClientContext context, IReadOnlyList<TlsCredential> credentials) =>
        Show(context, context.TakeCredentialRequest(), credentials);

    /// <summary>Goes on, once the signature is there.</summary>
    public static HandshakeState<ClientContext> Continue(ClientContext context, ReadOnlySpan<byte> signature)
    {
        OwnSignature.WriteAwaited(context, signature);
        return Complete(context);
    }

    private static HandshakeState<ClientContext> Show(
        ClientContext context, TlsCredentialRequest request, IReadOnlyList<TlsCredential> credentials)
    {
        int start = context.Flight.Length;
        if (request.Choose(credentials, out SignatureScheme scheme) is { } credential)
        {
            context.Credential = (credential, scheme);
            context.Negotiated.LocalCredential = credential;
            Tls12Certificate.Write(context.Flight, credential.CertificateChain);
        }
        else
        {
            Tls12Certificate.Write(context.Flight, []); // says that there is none (RFC 5246 section 7.4.6)
        }

        context.AppendFlight(start);
        return Exchange(context);
    }

    private static HandshakeState<ClientContext> Exchange(ClientContext context)
    {
        NamedGroup group = context.Negotiated.Group;
        KeyExchange? offered = context.FindKeyExchange(group); // in key_share, which nobody has answered
        KeyExchange exchange = offered ?? context.Provider.CreateKeyExchange(group);
        try
        {
            int start = context.Flight.Length;
            ClientKeyExchange.Write(context.Flight, exchange.PublicKey);
            context.AppendFlight(start);
            Tls12Secrets.Agree(context, exchange, context.ServerPublicKey, isClient: true);
        }
        finally
        {
            if (offered is null)
                exchange.Dispose();
        }

        context.DropKeyExchanges();
        if (context.Credential is not var (credential, scheme))
            return Complete(context);
        return OwnSignature.TrySign(context, credential, scheme, context.Transcript.Unhashed)
            ? Complete(context)
            : ExpectAnswer<ClientContext>.Instance;
    }

    private static HandshakeState<ClientContext> Complete(ClientContext context)
    {
        context.Transcript.ForgetMessages();
        Tls12Secrets.WriteFinished(context, isClient: true);
        if (MayFalseStart(context))
        {
            context.MaySend = true;
            context.Negotiated.IsFalseStarted = true;
        }

        return context.IsTicketPromised ? ExpectNewSessionTicket.Instance : ExpectServerChangeCipherSpec.Instance;
    }

    /// <summary>
    /// RFC 7918 section 4: data may leave before the server's Finished when whoever answers with a weaker choice than the server's own
    /// gains nothing by it. Every suite here is forward secret and authenticated (section 5.1), every group strong (5.2), the version is
    /// the newest that has False Start; what is left is the application protocol, which an attacker could have cut out of the hello.
    /// </summary>
    private static bool MayFalseStart(ClientContext context) =>
        context.Configuration.AllowFalseStart
        && (context.Configuration.ApplicationProtocols.Count == 0 || !context.Negotiated.ApplicationProtocol.Protocol.IsEmpty);
}
