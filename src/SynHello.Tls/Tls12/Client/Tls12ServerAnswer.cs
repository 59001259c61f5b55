using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// A ServerHello that chooses TLS 1.2 (RFC 5246 section 7.4.1.3), for a full handshake or for the session that was offered.
/// </summary>
internal static class Tls12ServerAnswer
{
    /// <summary>Whether it chooses TLS 1.2 and may.</summary>
    public static bool IsOne(ClientContext context, in ServerHello hello) =>
        hello.SelectedVersion == ProtocolVersion.Tls12
        && !hello.Present.Contains(ExtensionType.SupportedVersions)
        && !hello.IsHelloRetryRequest
        && context.Configuration.SpeaksTls12;

    public static HandshakeState<ClientContext> Take(ClientContext context, in HandshakeMessage message)
    {
        CheckPlace(context);
        Tls12ServerHello hello = Tls12ServerHello.Parse(message.Body, context.AnswerableInTls12);
        CheckDowngrade(context, hello);
        CheckChoice(context, hello);

        TlsNegotiation negotiated = context.Negotiated;
        negotiated.Version = ProtocolVersion.Tls12;
        negotiated.CipherSuite = hello.CipherSuite;
        context.WarningsAllowed = true;
        if (hello.Present.Contains(ExtensionType.ApplicationLayerProtocolNegotiation))
            negotiated.ApplicationProtocol = ExpectEncryptedExtensions.TakeProtocol(context, hello.ApplicationProtocol);
        if (hello.Present.Contains(ExtensionType.RecordSizeLimit))
            TakeSizeLimit(context, hello.RecordSizeLimit);
        context.IsTicketPromised = hello.Present.Contains(ExtensionType.SessionTicket);
        context.IsStatusPromised = hello.Present.Contains(ExtensionType.StatusRequest);
        bool isExtended = hello.Present.Contains(ExtensionType.ExtendedMasterSecret);
        if (!isExtended && context.Configuration.RequireExtendedMasterSecret)
            throw ExtendedMasterSecretMissing();

        var keys = new Tls12KeySchedule(context.Provider, hello.CipherSuite, context.Random, hello.Random);
        context.Tls12Keys = keys;
        context.UsesExtendedMasterSecret = isExtended;
        TlsSession? session = ResumedSession(context, hello, isExtended);
        context.Transcript.Start(context.Provider, keys.Hash, keepsMessages: session is null && MayShowCertificate(context));
        context.Transcript.Append(message.Encoded);
        context.Session = null;
        if (session is not null)
            return Resume(context, keys, session);
        context.Offer(null);
        context.NewSessionId = hello.SessionId.ToArray();
        return ExpectTls12ServerCertificate.Instance;
    }

    /// <summary>Whether messages may have to be signed: who has nothing to show keeps none of them.</summary>
    private static bool MayShowCertificate(ClientContext context) =>
        context.Configuration.CredentialSelector is not null || context.Configuration.Credentials.Count > 0;

    private static void CheckPlace(ClientContext context)
    {
        if (context.RetrySuite is not null)
        {
            throw new TlsProtocolException(
                TlsErrorCause.IllegalValue, "The server chose TLS 1.2 after a HelloRetryRequest, which is of 1.3.");
        }

        // RFC 8446 appendix D.3: who takes early data speaks 1.3.
        if (context.OffersEarlyData)
        {
            throw new TlsProtocolException(
                TlsErrorCause.UnsupportedVersion, "The server chose TLS 1.2 although early data was sent, which only 1.3 has.");
        }

        if (context.ChangeCipherSpecDropped)
        {
            throw new TlsProtocolException(
                TlsErrorCause.UnexpectedChangeCipherSpec, "A change_cipher_spec came in front of a ServerHello of TLS 1.2.");
        }
    }

    /// <summary>RFC 8446 section 4.1.3: a server that speaks 1.3 says so in its Random, which its signature covers.</summary>
    private static void CheckDowngrade(ClientContext context, in Tls12ServerHello hello)
    {
        if (!context.Configuration.SpeaksTls13)
            return;
        ReadOnlySpan<byte> mark = hello.Random[^8..];
        if (mark.SequenceEqual(Tls12ServerHello.DowngradeFromTls13) || mark.SequenceEqual(Tls12ServerHello.DowngradeFromTls12))
        {
            throw new TlsProtocolException(
                TlsErrorCause.DowngradeDetected,
                "The server chose TLS 1.2 and says that it speaks better: somebody has edited a hello.");
        }
    }

    private static void CheckChoice(ClientContext context, in Tls12ServerHello hello)
    {
        if (!context.Configuration.Tls12CipherSuites.Contains(hello.CipherSuite))
        {
            throw new TlsProtocolException(
                TlsErrorCause.CipherSuiteNotOffered, $"The server chose {hello.CipherSuite}, which was not offered for TLS 1.2.");
        }

        if (hello.CompressionMethod != 0)
            throw new TlsProtocolException(TlsErrorCause.IllegalCompression, "The server chose a compression method.");

        // RFC 5746 section 3.4: there, and empty, in a first handshake.
        if (!hello.Present.Contains(ExtensionType.RenegotiationInfo) || !hello.RenegotiatedConnection.IsEmpty)
        {
            throw new TlsProtocolException(
                TlsErrorCause.InsecureRenegotiation,
                "The server does not signal secure renegotiation, or not that of a first handshake.");
        }

        // RFC 8422 section 5.2: uncompressed points are what every list has.
        if (hello.Present.Contains(ExtensionType.EcPointFormats) && !hello.PointFormats.Contains((byte)0))
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "The server's ec_point_formats have no uncompressed points.");
    }

    /// <summary>The session that the server resumes; null for a full handshake.</summary>
    private static TlsSession? ResumedSession(ClientContext context, in Tls12ServerHello hello, bool isExtended)
    {
        if (hello.SessionId.IsEmpty || !hello.SessionId.SequenceEqual(context.SessionId))
            return null;
        if (context.Tls12Session is not { } session)
        {
            throw new TlsProtocolException(
                TlsErrorCause.SessionIdMismatch, "The server resumes a session, and none was offered.");
        }

        // RFC 7627 section 5.3: every session that is kept has an extended master secret.
        if (!isExtended)
            throw ExtendedMasterSecretMissing();
        if (hello.CipherSuite != session.CipherSuite)
        {
            throw new TlsProtocolException(
                TlsErrorCause.CipherSuiteNotOffered,
                $"The server resumes a session of {session.CipherSuite} with {hello.CipherSuite}.");
        }

        return session;
    }

    private static HandshakeState<ClientContext> Resume(ClientContext context, Tls12KeySchedule keys, TlsSession session)
    {
        context.Negotiated.IsResumed = true;
        context.Negotiated.PeerCertificates = session.PeerCertificates;
        context.DropKeyExchanges();
        keys.Resume(session.Secret);
        Tls12Secrets.Prepare(context, isClient: true);
        return context.IsTicketPromised ? ExpectNewSessionTicket.Instance : ExpectServerChangeCipherSpec.Instance;
    }

    private static void TakeSizeLimit(ClientContext context, ushort limit)
    {
        Tls12Secrets.ApplySizeLimits(context, limit, context.Configuration.RecordSizeLimit);
    }

    private static TlsProtocolException ExtendedMasterSecretMissing() => new(
        TlsErrorCause.ExtendedMasterSecretMissing, "The server does not bind the master secret to the handshake.");
}
