using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>WAIT_SH of RFC 8446 appendix A.1: a ServerHello, or a HelloRetryRequest if none came yet.</summary>
internal sealed class ExpectServerHello : HandshakeState<ClientContext>
{
    public static readonly ExpectServerHello Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        ServerHello hello = ServerHello.Parse(message.Expect(HandshakeType.ServerHello));
        if (Tls12ServerAnswer.IsOne(context, hello))
            return Tls12ServerAnswer.Take(context, message);
        CheckNegotiation(context, hello);
        return hello.IsHelloRetryRequest ? Retry(context, hello, message) : Enter(context, hello, message);
    }

    private static void CheckNegotiation(ClientContext context, in ServerHello hello)
    {
        if (hello.SelectedVersion != ProtocolVersion.Tls13)
        {
            // RFC 8446 section 4.2.1: an older version is chosen by leaving supported_versions out, never by naming it
            // there.
            throw new TlsProtocolException(
                hello.Present.Contains(ExtensionType.SupportedVersions)
                    ? TlsErrorCause.IllegalValue
                    : TlsErrorCause.UnsupportedVersion,
                $"The server chose TLS {hello.SelectedVersion}, which was not offered.");
        }

        if (!context.Configuration.SpeaksTls13)
            throw new TlsProtocolException(TlsErrorCause.UnsupportedVersion, "The server chose TLS 1.3, which was not offered.");
        context.WarningsAllowed = false;
        if (hello.LegacyVersion != ProtocolVersion.Tls12)
        {
            throw new TlsProtocolException(
                TlsErrorCause.IllegalValue,
                "The ServerHello's legacy_version is not 0x0303.");
        }

        if (!hello.LegacySessionIdEcho.SequenceEqual(context.SessionId))
        {
            throw new TlsProtocolException(
                TlsErrorCause.SessionIdMismatch,
                "The server did not echo legacy_session_id.");
        }

        if (hello.LegacyCompressionMethod != 0)
            throw new TlsProtocolException(TlsErrorCause.IllegalCompression, "The server chose a compression method.");
        if (!context.Configuration.Tls13CipherSuites.Contains(hello.CipherSuite))
        {
            throw new TlsProtocolException(
                TlsErrorCause.CipherSuiteNotOffered,
                $"The server chose {hello.CipherSuite}, which was not offered.");
        }

        if (context.RetrySuite is { } suite && hello.CipherSuite != suite)
        {
            throw new TlsProtocolException(
                TlsErrorCause.CipherSuiteNotOffered,
                $"The server chose {hello.CipherSuite} after {suite} in its HelloRetryRequest.");
        }
    }

    private static ExpectServerHello Retry(ClientContext context, in ServerHello retry, in HandshakeMessage message)
    {
        if (context.RetrySuite is not null)
            throw new TlsProtocolException(TlsErrorCause.SecondHelloRetryRequest, "A second HelloRetryRequest came.");
        bool newGroup = retry.Present.Contains(ExtensionType.KeyShare);
        if (!newGroup && retry.Cookie.IsEmpty)
        {
            throw new TlsProtocolException(
                TlsErrorCause.UselessHelloRetryRequest,
                "The HelloRetryRequest changes nothing.");
        }

        if (retry.Cookie.Length > TlsLimits.Cookie)
        {
            throw new TlsProtocolException(
                TlsErrorCause.IllegalValue,
                $"The server's cookie of {retry.Cookie.Length} bytes is above the limit of {TlsLimits.Cookie}.");
        }

        if (newGroup)
        {
            // RFC 8446 section 4.2.8: a group that was offered, and no share of it sent.
            if (!context.Configuration.Groups.Contains(retry.KeyShareGroup))
            {
                throw new TlsProtocolException(
                    TlsErrorCause.GroupNotOffered,
                    $"The server asks for {retry.KeyShareGroup}, which was not offered.");
            }

            if (context.FindKeyExchange(retry.KeyShareGroup) is not null)
            {
                throw new TlsProtocolException(
                    TlsErrorCause.UselessHelloRetryRequest,
                    $"The server asks for {retry.KeyShareGroup} and has it already.");
            }

            context.DropKeyExchanges();
            context.KeyExchanges.Add(context.Provider.CreateKeyExchange(retry.KeyShareGroup));
        }

        message.ExpectEndOfFlight();
        context.RetrySuite = retry.CipherSuite;
        context.Negotiated.HelloRetryRequested = true;
        WithdrawEarlyData(context);
        HashAlgorithmName algorithm = CipherSuiteParameters.Of(retry.CipherSuite).Hash;
        context.Transcript.Start(context.Provider, algorithm);
        context.Transcript.Retry(context.Provider, algorithm);
        context.Transcript.Append(message.Encoded);

        // RFC 8446 section 4.1.4: a session whose hash is another one's is of no use any more.
        if (context.Session is { } session && CipherSuiteParameters.Of(session.CipherSuite).Hash != algorithm)
            context.Session = null;
        context.WriteCompatibilityChangeCipherSpec();
        if (context.RecordedSecondClientHello is { } recorded)
        {
            context.SendRecorded(recorded);
        }
        else
        {
            context.WriteClientHello(retry.Cookie);
            context.FinishClientHello();
        }

        context.FlushFlight();
        return Instance;
    }

    /// <summary>Early data goes with the first ClientHello alone (RFC 8446 section 4.2.10).</summary>
    private static void WithdrawEarlyData(ClientContext context)
    {
        if (!context.OffersEarlyData)
            return;
        context.OffersEarlyData = false;
        context.Negotiated.EarlyData = EarlyDataStatus.Rejected;
        context.Records.UnprotectWrites();
    }

    private static ExpectEncryptedExtensions Enter(ClientContext context, in ServerHello hello, in HandshakeMessage message)
    {
        bool isResumed = hello.Present.Contains(ExtensionType.PreSharedKey);
        if (isResumed)
            CheckPreSharedKey(context, hello);
        KeyExchange? exchange = FindKeyExchange(context, hello, isResumed);

        TlsNegotiation negotiated = context.Negotiated;
        negotiated.Version = ProtocolVersion.Tls13;
        negotiated.CipherSuite = hello.CipherSuite;
        negotiated.Group = hello.KeyShareGroup;

        if (context.RetrySuite is null)
            context.Transcript.Start(context.Provider, CipherSuiteParameters.Of(hello.CipherSuite).Hash);
        context.Transcript.Append(message.Encoded);

        negotiated.IsResumed = isResumed;
        if (!isResumed)
            context.Session = null;
        KeySchedule keys = context.StartKeySchedule(hello.CipherSuite);
        Span<byte> shared = stackalloc byte[exchange?.SharedSecretLength ?? 0];
        exchange?.DeriveSharedSecret(hello.KeyExchange, shared);
        keys.EnterHandshake(shared);
        CryptographicOperations.ZeroMemory(shared);
        context.DropKeyExchanges();

        Span<byte> hash = stackalloc byte[keys.HashLength];
        Span<byte> serverSecret = stackalloc byte[keys.HashLength];
        Span<byte> clientSecret = context.ClientHandshakeSecret.AsSpan(0, keys.HashLength);
        context.Transcript.GetHash(hash);
        keys.DeriveSecret("c hs traffic"u8, hash, clientSecret);
        keys.DeriveSecret("s hs traffic"u8, hash, serverSecret);
        context.LogSecret("CLIENT_HANDSHAKE_TRAFFIC_SECRET", clientSecret);
        context.LogSecret("SERVER_HANDSHAKE_TRAFFIC_SECRET", serverSecret);
        context.Records.ProtectReads(keys, serverSecret);
        CryptographicOperations.ZeroMemory(serverSecret);
        context.WriteCompatibilityChangeCipherSpec();

        // With early data under way, EncryptedExtensions tell under which keys this side goes on.
        if (!context.OffersEarlyData)
            context.Records.ProtectWrites(keys, clientSecret);
        context.ReadKeyChanged = true;
        return ExpectEncryptedExtensions.Instance;
    }

    /// <summary>RFC 8446 section 4.2.11: one that was offered, and of the suite's hash.</summary>
    private static void CheckPreSharedKey(ClientContext context, in ServerHello hello)
    {
        if (!context.Offered.Contains(ExtensionType.PreSharedKey))
        {
            throw new TlsProtocolException(
                TlsErrorCause.UnsolicitedExtension,
                "The server chose a pre-shared key, and none was offered.");
        }

        if (hello.SelectedIdentity != 0 || context.Session is not { } session
            || CipherSuiteParameters.Of(session.CipherSuite).Hash != CipherSuiteParameters.Of(hello.CipherSuite).Hash)
        {
            throw new TlsProtocolException(
                TlsErrorCause.PreSharedKeyNotOffered,
                $"The server chose the pre-shared key {hello.SelectedIdentity} with {hello.CipherSuite}, which was not offered.");
        }
    }

    /// <summary>The share that the server answered; null with a pre-shared key alone, where that was offered.</summary>
    private static KeyExchange? FindKeyExchange(ClientContext context, in ServerHello hello, bool isResumed)
    {
        if (!hello.Present.Contains(ExtensionType.KeyShare))
        {
            return isResumed && context.Configuration.AllowPskKeyExchange
                ? null
                : throw new TlsProtocolException(TlsErrorCause.MissingExtension, "The ServerHello has no key_share.");
        }

        return context.FindKeyExchange(hello.KeyShareGroup)
            ?? throw new TlsProtocolException(
                TlsErrorCause.GroupNotOffered,
                $"The server answered a share of {hello.KeyShareGroup}, which was not sent.");
    }
}
