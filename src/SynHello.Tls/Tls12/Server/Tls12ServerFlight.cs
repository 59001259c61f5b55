using System.Buffers;
using System.Net.Security;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The server's answer to a ClientHello in TLS 1.2: ServerHello to ServerHelloDone, or to Finished when a session is resumed, in one
/// piece.
/// </summary>
internal static class Tls12ServerFlight
{
    /// <summary>Takes a ClientHello that is not in the transcript yet: answers it, or asks for what that takes.</summary>
    public static HandshakeState<ServerContext> Begin(ServerContext context, in ClientHello hello, ReadOnlySpan<byte> encoded)
    {
        TlsNegotiation negotiated = context.Negotiated;
        negotiated.Version = ProtocolVersion.Tls12;
        context.WarningsAllowed = true;
        context.ChangeCipherSpecAllowed = false;
        Tls12ClientHelloChoice.CheckForm(context.Configuration, hello);
        negotiated.ServerName = ServerFlight.ReadServerName(hello);
        negotiated.ApplicationProtocol = ClientHelloChoice.ApplicationProtocol(context.Configuration, hello);
        context.RememberClientRandom(hello.Random);
        if (Tls12SessionChoice.TryResume(context, hello) is { } isResumed)
            return isResumed ? Resume(context, hello, encoded) : Choose(context, hello, encoded);

        context.SessionLookup = hello.LegacySessionId.ToArray();
        return Wait(context, encoded, TlsEvent.NeedSession);
    }

    /// <summary>Goes on with the ClientHello that waits, once the session was looked up; empty when there is none.</summary>
    public static HandshakeState<ServerContext> ContinueWithSession(ServerContext context, ReadOnlySpan<byte> session)
    {
        byte[] encoded = ServerFlight.TakePending(context, out ClientHello hello);
        context.SessionLookup = null;
        context.IsQuestionOpen = false;
        return Tls12SessionChoice.TryResume(context, hello, session)
            ? Resume(context, hello, encoded)
            : Choose(context, hello, encoded);
    }

    /// <summary>Goes on with the ClientHello that waits, once a credential was named.</summary>
    public static HandshakeState<ServerContext> Continue(ServerContext context, IReadOnlyList<TlsCredential> credentials)
    {
        byte[] encoded = ServerFlight.TakePending(context, out ClientHello hello);
        context.CredentialRequest = null;
        context.IsQuestionOpen = false;
        return Send(context, hello, encoded, credentials);
    }

    /// <summary>Goes on with the flight that waits, once its signature is there.</summary>
    public static HandshakeState<ServerContext> Continue(ServerContext context, ReadOnlySpan<byte> signature)
    {
        TlsSignatureRequest request = context.SignatureRequest!; // checked by the engine
        context.SignatureRequest = null;
        context.IsQuestionOpen = false;
        int randoms = context.RequireTls12Keys().Randoms.Length;
        return Complete(context, request.Content.Span[randoms..], request.Scheme, signature);
    }

    /// <summary>Draws a Random: a server that speaks 1.3 says so in it (RFC 8446 section 4.1.3).</summary>
    public static void FillRandom(ServerContext context, Span<byte> random)
    {
        context.Provider.FillRandom(random);
        if (context.Configuration.SpeaksTls13)
            Tls12ServerHello.DowngradeFromTls13.CopyTo(random[^8..]);
    }

    private static HandshakeState<ServerContext> Wait(ServerContext context, ReadOnlySpan<byte> encoded, TlsEvent question)
    {
        context.PendingClientHello = encoded.ToArray();
        context.IsQuestionOpen = true;
        context.Raise(question);
        return ExpectAnswer<ServerContext>.Instance;
    }

    private static HandshakeState<ServerContext> Choose(ServerContext context, in ClientHello hello, ReadOnlySpan<byte> encoded)
    {
        TlsServerConfiguration configuration = context.Configuration;
        if (configuration.CredentialSelector is not { } selector)
            return Send(context, hello, encoded, configuration.Credentials);

        var schemes = new List<SignatureScheme>();
        for (int i = 0; i < hello.SignatureAlgorithms.Count; i++)
            schemes.Add(new SignatureScheme(hello.SignatureAlgorithms[i]));
        var request = new TlsCredentialRequest
        {
            Version = ProtocolVersion.Tls12,
            ServerName = context.Negotiated.ServerName,
            SignatureSchemes = schemes,
            ApplicationProtocol = context.Negotiated.ApplicationProtocol,
        };
        if (selector(request) is { } credentials)
            return Send(context, hello, encoded, credentials);
        context.CredentialRequest = request;
        return Wait(context, encoded, TlsEvent.NeedCredential);
    }

    private static HandshakeState<ServerContext> Send(
        ServerContext context, in ClientHello hello, ReadOnlySpan<byte> encoded, IReadOnlyList<TlsCredential> credentials)
    {
        TlsServerConfiguration configuration = context.Configuration;
        (TlsCredential credential, SignatureScheme scheme, CipherSuite suite) =
            Tls12ClientHelloChoice.Credential(configuration, credentials, hello);
        NamedGroup group = Tls12ClientHelloChoice.Group(configuration, hello);
        TlsNegotiation negotiated = context.Negotiated;
        negotiated.CipherSuite = suite;
        negotiated.Group = group;
        negotiated.SignatureScheme = scheme;
        negotiated.LocalCredential = credential;
        context.Credential = (credential, scheme);
        context.AsksForCertificate = configuration.ClientCertificateMode != TlsClientCertificateMode.None;
        BeginSession(context, hello);

        Span<byte> random = stackalloc byte[32];
        FillRandom(context, random);
        context.Tls12Keys = new Tls12KeySchedule(context.Provider, suite, hello.Random, random);
        StartTranscript(context, encoded, context.AsksForCertificate);

        ReadOnlyMemory<byte> response = hello.OcspRequested && credential.OcspResponses is [var first, ..] ? first : default;
        WriteServerHello(context, hello, hasStatus: !response.IsEmpty);
        int start = context.Flight.Length;
        Tls12Certificate.Write(context.Flight, credential.CertificateChain);
        if (!response.IsEmpty)
            CertificateStatus.Write(context.Flight, response.Span);
        context.Negotiated.ServerCertificateLength = context.Flight.Length - start;
        context.AppendFlight(start);
        return Sign(context, credential, scheme, group);
    }

    private static HandshakeState<ServerContext> Sign(
        ServerContext context, TlsCredential credential, SignatureScheme scheme, NamedGroup group)
    {
        context.KeyExchange = context.Provider.CreateKeyExchange(group);
        using var signed = new TlsWriter();
        ReadOnlySpan<byte> randoms = context.RequireTls12Keys().Randoms;
        signed.WriteBytes(randoms);
        ServerKeyExchange.WriteParameters(signed, group, context.KeyExchange.PublicKey);
        if (credential.SignsElsewhere)
        {
            OwnSignature.Ask(context, credential, scheme, signed.Written);
            return ExpectAnswer<ServerContext>.Instance;
        }

        byte[] signature = ArrayPool<byte>.Shared.Rent(credential.MaximumSignatureLength);
        try
        {
            int length = credential.Sign(scheme, signed.Written, signature);
            return Complete(context, signed.Written[randoms.Length..], scheme, signature.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(signature);
        }
    }

    private static HandshakeState<ServerContext> Complete(
        ServerContext context, ReadOnlySpan<byte> parameters, SignatureScheme scheme, ReadOnlySpan<byte> signature)
    {
        int start = context.Flight.Length;
        new ServerKeyExchange { Parameters = parameters, Algorithm = scheme, Signature = signature }.Write(context.Flight);
        if (context.AsksForCertificate)
        {
            TlsServerConfiguration.ClientAuthentication request = context.Configuration.EncodedRequest;
            context.Negotiated.ClientCertificateRequested = true;
            Tls12CertificateRequest.Write(context.Flight, new CodePoints(request.SignatureSchemes), request.Authorities);
        }

        using (context.Flight.Message(HandshakeType.ServerHelloDone))
        {
            // Empty.
        }

        context.AppendFlight(start);
        context.FlushFlight();
        return context.AsksForCertificate ? ExpectTls12ClientCertificate.Instance : ExpectClientKeyExchange.Instance;
    }

    /// <summary>The abbreviated handshake: this side's Finished comes first (RFC 5246 section 7.3).</summary>
    private static HandshakeState<ServerContext> Resume(ServerContext context, in ClientHello hello, ReadOnlySpan<byte> encoded)
    {
        context.UsesExtendedMasterSecret = true;
        StartTranscript(context, encoded, keepsMessages: false);

        // A ticket is good for another visit. A new one would live no longer, would cross the wire as openly, and OpenSSL's clients lose
        // the session over it. What was kept here can go to the client.
        context.IsTicketPromised = context.IsSessionCached && IsTicketDue(context, hello);
        WriteServerHello(context, hello, hasStatus: false);
        Tls12ServerSessions.WriteTicket(context);
        Tls12Secrets.Prepare(context, isClient: false);
        Tls12Secrets.WriteFinished(context, isClient: false);
        return ExpectClientChangeCipherSpec.Instance;
    }

    private static void StartTranscript(ServerContext context, ReadOnlySpan<byte> encoded, bool keepsMessages)
    {
        context.Transcript.Append(encoded);
        context.Transcript.Start(context.Provider, context.RequireTls12Keys().Hash, keepsMessages);
    }

    /// <summary>Decides how the new session is kept: by the client in a ticket, else here under an ID, else not at all.</summary>
    private static void BeginSession(ServerContext context, in ClientHello hello)
    {
        context.UsesExtendedMasterSecret = hello.Present.Contains(ExtensionType.ExtendedMasterSecret);
        if (Tls12SessionChoice.Resumption(context, hello) is not { } resumption)
            return;
        context.SessionIssuedAt = resumption.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        context.IsTicketPromised = IsTicketDue(context, hello);
        if (context.IsTicketPromised || resumption.SessionCache is null)
            return;
        context.SessionId = new byte[32];
        context.Provider.FillRandom(context.SessionId);
    }

    private static bool IsTicketDue(ServerContext context, in ClientHello hello) =>
        hello.Present.Contains(ExtensionType.SessionTicket)
        && Tls12SessionChoice.Resumption(context, hello) is { TicketCount: > 0 };

    private static void WriteServerHello(ServerContext context, in ClientHello hello, bool hasStatus)
    {
        TlsNegotiation negotiated = context.Negotiated;
        SslApplicationProtocol protocol = negotiated.ApplicationProtocol;
        ExtensionSet present = default;
        if (hello.Present.Contains(ExtensionType.ServerName) && !negotiated.IsResumed)
            present = present.With(ExtensionType.ServerName); // RFC 6066 section 3: not when a session is resumed
        if (hasStatus)
            present = present.With(ExtensionType.StatusRequest);
        if (context.UsesExtendedMasterSecret)
            present = present.With(ExtensionType.ExtendedMasterSecret);
        if (context.IsTicketPromised)
            present = present.With(ExtensionType.SessionTicket);
        if (hello.Present.Contains(ExtensionType.EcPointFormats))
            present = present.With(ExtensionType.EcPointFormats);
        if (!protocol.Protocol.IsEmpty)
            present = present.With(ExtensionType.ApplicationLayerProtocolNegotiation);
        if (Tls12ClientHelloChoice.SignalsRenegotiation(hello))
            present = present.With(ExtensionType.RenegotiationInfo);
        int? sizeLimit = context.Configuration.RecordSizeLimit;
        if (hello.Present.Contains(ExtensionType.RecordSizeLimit))
        {
            present = present.With(ExtensionType.RecordSizeLimit);
            Tls12Secrets.ApplySizeLimits(context, hello.RecordSizeLimit, sizeLimit);
        }

        int start = context.Flight.Length;
        new Tls12ServerHello
        {
            Random = context.RequireTls12Keys().Randoms[32..],
            SessionId = context.SessionId,
            CipherSuite = negotiated.CipherSuite,
            Present = present,
            PointFormats = [0],
            ApplicationProtocol = protocol.Protocol.Span,
            RecordSizeLimit = (ushort)Math.Min(sizeLimit ?? RecordHeader.MaximumPlaintext, RecordHeader.MaximumPlaintext),
        }.Write(context.Flight);
        context.AppendFlight(start);
    }
}
