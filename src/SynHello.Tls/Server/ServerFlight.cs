using System.Net.Security;
using System.Security.Cryptography;
using System.Text;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>ServerHello to Finished, in one piece: the protected messages share as few records as they fit.</summary>
internal static class ServerFlight
{
    /// <summary>Writes the flight for a ClientHello that is in the transcript already, or asks for what it lacks.</summary>
    public static HandshakeState<ServerContext> Send(
        ServerContext context,
        ReadOnlySpan<byte> encoded,
        in ClientHello hello,
        CipherSuite suite,
        NamedGroup group,
        ReadOnlySpan<byte> keyExchange)
    {
        ResumedSession? session = context.Session;
        TlsNegotiation negotiated = context.Negotiated;
        SslApplicationProtocol protocol = ClientHelloChoice.ApplicationProtocol(context.Configuration, hello);
        negotiated.ServerName = ReadServerName(hello);
        if (session is null && !TryChooseCredential(context, hello, protocol))
        {
            context.PendingChoice = (suite, group);
            return Wait(context, encoded, TlsEvent.NeedCredential);
        }

        negotiated.Version = ProtocolVersion.Tls13;
        negotiated.CipherSuite = suite;
        negotiated.Group = session is { IsPskOnly: true } ? default : group;
        negotiated.SignatureScheme = context.Credential?.Scheme ?? default;
        negotiated.LocalCredential = context.Credential?.Credential;
        negotiated.ApplicationProtocol = protocol;
        negotiated.IsResumed = session is not null;
        if (hello.Present.Contains(ExtensionType.EarlyData))
            negotiated.EarlyData = context.IsEarlyDataAccepted ? EarlyDataStatus.Accepted : EarlyDataStatus.Rejected;
        context.RememberClientRandom(hello.Random);

        if (session is { ClientCertificate.Length: > 0 })
        {
            negotiated.PeerCertificates = [session.ClientCertificate];
            context.ClientVerifiedUntil = session.ClientVerifiedUntil;
        }

        KeySchedule keys = context.StartKeySchedule(suite, session is null ? default : session.Secret, session?.Keys);
        if (session is not null)
            session.Keys = null;
        if (context.IsEarlyDataAccepted)
            ProtectEarlyData(context, keys);
        WriteServerHello(context, hello, suite, group, keyExchange);
        if (!hello.LegacySessionId.IsEmpty && !negotiated.HelloRetryRequested)
            context.WriteChangeCipherSpec();
        ProtectHandshake(context);

        WriteEncryptedExtensions(context, hello, protocol);
        if (context.Credential is not var (credential, scheme))
            return Complete(context, encoded, hello);

        if (context.Configuration.ClientCertificateMode != TlsClientCertificateMode.None)
            WriteCertificateRequest(context);
        WriteCertificate(context, hello, credential);
        return OwnSignature.TryWrite(context, credential, scheme, SignatureContent.Server)
            ? Complete(context, encoded, hello)
            : Wait(context, encoded);
    }

    /// <summary>Goes on with the ClientHello that waits, once a credential was named.</summary>
    public static HandshakeState<ServerContext> Continue(ServerContext context, IReadOnlyList<TlsCredential> credentials)
    {
        byte[] encoded = TakePending(context, out ClientHello hello);
        context.CredentialRequest = null;
        context.IsQuestionOpen = false;
        context.Credential = ClientHelloChoice.Credential(credentials, hello);
        (CipherSuite suite, NamedGroup group) = context.PendingChoice;
        hello.KeyShares.TryFind(group, out ReadOnlySpan<byte> keyExchange);
        return Send(context, encoded, hello, suite, group, keyExchange);
    }

    /// <summary>Goes on with the flight that waits, once its signature is there.</summary>
    public static HandshakeState<ServerContext> Continue(ServerContext context, ReadOnlySpan<byte> signature)
    {
        byte[] encoded = TakePending(context, out ClientHello hello);
        OwnSignature.WriteAwaited(context, signature);
        return Complete(context, encoded, hello);
    }

    private static HandshakeState<ServerContext> Complete(ServerContext context, ReadOnlySpan<byte> encoded, in ClientHello hello)
    {
        KeySchedule keys = context.RequireKeys();
        context.WriteFinished(context.Records.WriteSecret);
        context.FlushFlight();
        DeriveApplicationSecrets(context, keys);
        context.ReadKeyChanged = true;
        if (context.AsksForCertificate)
        {
            // What the client's Finished and the tickets hold depends on its certificate.
            context.PendingClientHello = encoded.ToArray();
            return ExpectClientCertificate.Instance;
        }

        ServerTickets.ExpectFinished(context);
        ServerTickets.Write(context, hello);
        context.Session?.Dispose();
        context.Session = null;
        if (!context.IsEarlyDataAccepted)
            return ExpectClientFinished.Instance;

        // RFC 8446 section 2.3: who takes a request before the handshake is complete may answer it as well.
        context.MaySend = true;
        context.Raise(TlsEvent.EarlyDataAccepted);
        return ExpectEndOfEarlyData.Instance;
    }

    /// <summary>The ClientHello that waits, which waits no more.</summary>
    public static byte[] TakePending(ServerContext context, out ClientHello hello)
    {
        byte[] encoded = context.PendingClientHello ?? throw new InvalidOperationException("No ClientHello waits.");
        context.PendingClientHello = null;
        hello = ClientHello.Parse(new HandshakeMessage(encoded).Body);
        return encoded;
    }

    private static HandshakeState<ServerContext> Wait(ServerContext context, ReadOnlySpan<byte> encoded, TlsEvent? question = null)
    {
        context.PendingClientHello = encoded.ToArray();
        context.IsQuestionOpen = true;
        context.ReadKeyChanged = true; // whatever the answer: nothing may follow the ClientHello under the same keys
        if (question is { } asked)
            context.Raise(asked);
        return ExpectAnswer<ServerContext>.Instance;
    }

    private static bool TryChooseCredential(ServerContext context, in ClientHello hello, SslApplicationProtocol protocol)
    {
        if (context.Credential is not null)
            return true;
        TlsServerConfiguration configuration = context.Configuration;
        IReadOnlyList<TlsCredential>? credentials = configuration.Credentials;
        if (configuration.CredentialSelector is { } selector)
        {
            TlsCredentialRequest request = ClientHelloChoice.CredentialRequest(hello, context.Negotiated.ServerName, protocol);
            credentials = selector(request);
            if (credentials is null)
            {
                context.CredentialRequest = request;
                return false;
            }
        }

        context.Credential = ClientHelloChoice.Credential(credentials, hello);
        return true;
    }

    /// <summary>client_early_traffic_secret (RFC 8446 section 7.1), over the ClientHello alone.</summary>
    private static void ProtectEarlyData(ServerContext context, KeySchedule keys)
    {
        Span<byte> hash = stackalloc byte[keys.HashLength];
        Span<byte> secret = stackalloc byte[keys.HashLength];
        context.Transcript.GetHash(hash);
        keys.DeriveSecret("c e traffic"u8, hash, secret);
        context.LogSecret("CLIENT_EARLY_TRAFFIC_SECRET", secret);
        context.Records.ProtectReads(keys, secret);
        CryptographicOperations.ZeroMemory(secret);
        context.EarlyDataAllowance = context.Configuration.Resumption!.MaximumEarlyData;
    }

    private static void WriteServerHello(
        ServerContext context,
        in ClientHello hello,
        CipherSuite suite,
        NamedGroup group,
        ReadOnlySpan<byte> keyExchange)
    {
        Span<byte> random = stackalloc byte[32];
        context.Provider.FillRandom(random);
        ResumedSession? session = context.Session;
        using KeyExchange? exchange = session is { IsPskOnly: true } ? null : context.Provider.CreateKeyExchange(group);
        Span<byte> shared = stackalloc byte[exchange?.SharedSecretLength ?? 0];
        exchange?.DeriveSharedSecret(keyExchange, shared);

        ExtensionSet present = default(ExtensionSet).With(ExtensionType.SupportedVersions);
        if (exchange is not null)
            present = present.With(ExtensionType.KeyShare);
        if (session is not null)
            present = present.With(ExtensionType.PreSharedKey);
        int start = context.Flight.Length;
        new ServerHello
        {
            LegacyVersion = ProtocolVersion.Tls12,
            Random = random,
            LegacySessionIdEcho = hello.LegacySessionId,
            CipherSuite = suite,
            Present = present,
            KeyShareGroup = group,
            KeyExchange = exchange is null ? default : exchange.PublicKey,
            SelectedVersion = ProtocolVersion.Tls13,
            SelectedIdentity = (ushort)(session?.Identity ?? 0),
        }.Write(context.Flight);
        context.AppendFlight(start);
        context.FlushFlight();
        context.RequireKeys().EnterHandshake(shared);
        CryptographicOperations.ZeroMemory(shared);
    }

    private static void ProtectHandshake(ServerContext context)
    {
        KeySchedule keys = context.RequireKeys();
        Span<byte> hash = stackalloc byte[keys.HashLength];
        Span<byte> secret = stackalloc byte[keys.HashLength];
        Span<byte> clientSecret = context.ClientHandshakeSecret.AsSpan(0, keys.HashLength);
        context.Transcript.GetHash(hash);
        keys.DeriveSecret("c hs traffic"u8, hash, clientSecret);
        context.LogSecret("CLIENT_HANDSHAKE_TRAFFIC_SECRET", clientSecret);
        if (!context.IsEarlyDataAccepted)
            context.Records.ProtectReads(keys, clientSecret);
        keys.DeriveSecret("s hs traffic"u8, hash, secret);
        context.LogSecret("SERVER_HANDSHAKE_TRAFFIC_SECRET", secret);
        context.Records.ProtectWrites(keys, secret);
        CryptographicOperations.ZeroMemory(secret);
    }

    private static void WriteEncryptedExtensions(ServerContext context, in ClientHello hello, SslApplicationProtocol protocol)
    {
        ExtensionSet present = default;
        int sizeLimit = context.Configuration.RecordSizeLimit ?? RecordLayer.MaximumInnerPlaintext;
        if (hello.Present.Contains(ExtensionType.ServerName))
            present = present.With(ExtensionType.ServerName);
        if (!protocol.Protocol.IsEmpty)
            present = present.With(ExtensionType.ApplicationLayerProtocolNegotiation);
        if (context.IsEarlyDataAccepted)
            present = present.With(ExtensionType.EarlyData);
        int tickets = 0;
        if (hello.Present.Contains(ExtensionType.TicketRequest))
        {
            tickets = ServerTickets.CountFor(context.Configuration, hello, context.Negotiated.IsResumed);
            present = present.With(ExtensionType.TicketRequest);
        }

        if (hello.Present.Contains(ExtensionType.RecordSizeLimit))
        {
            present = present.With(ExtensionType.RecordSizeLimit);
            context.Records.ApplyPeerLimit(hello.RecordSizeLimit);
            context.ReadSizeLimit = sizeLimit;
            if (!context.IsEarlyDataAccepted)
                context.Records.ReadSizeLimit = sizeLimit;
        }

        IReadOnlyList<NamedGroup> groups = context.Configuration.AnnouncedGroups ?? [];
        Span<byte> encodedGroups = stackalloc byte[2 * groups.Count];
        for (int i = 0; i < groups.Count; i++)
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(encodedGroups[(2 * i)..], groups[i].Value);
        if (groups.Count > 0)
            present = present.With(ExtensionType.SupportedGroups);

        int start = context.Flight.Length;
        new EncryptedExtensions
        {
            Present = present,
            ApplicationProtocol = protocol.Protocol.Span,
            RecordSizeLimit = (ushort)sizeLimit,
            SupportedGroups = new CodePoints(encodedGroups),
            ExpectedTicketCount = (byte)tickets,
        }.Write(context.Flight);
        context.AppendFlight(start);
    }

    private static void WriteCertificateRequest(ServerContext context)
    {
        TlsServerConfiguration.ClientAuthentication request = context.Configuration.EncodedRequest;
        context.AsksForCertificate = true;
        context.Negotiated.ClientCertificateRequested = true;
        context.Requested = request.Extensions;
        int start = context.Flight.Length;
        new CertificateRequest
        {
            SignatureAlgorithms = new CodePoints(request.SignatureSchemes),
            CertificateCompressionAlgorithms = new CodePoints(request.CompressionAlgorithms),
            Authorities = request.Authorities,
        }.Write(context.Flight);
        context.AppendFlight(start);
    }

    private static void WriteCertificate(ServerContext context, in ClientHello hello, TlsCredential credential)
    {
        int start = context.Flight.Length;
        context.Flight.WriteBytes(CertificateMessages.Of(credential).Get(
            credential,
            context.Provider,
            hello.OcspRequested,
            ClientHelloChoice.CertificateCompression(context.Configuration, hello)));
        context.Negotiated.ServerCertificateLength = context.Flight.Length - start;
        context.AppendFlight(start);
    }

    private static void DeriveApplicationSecrets(ServerContext context, KeySchedule keys)
    {
        Span<byte> hash = stackalloc byte[keys.HashLength];
        Span<byte> serverSecret = stackalloc byte[keys.HashLength];
        Span<byte> clientSecret = context.ClientApplicationSecret.AsSpan(0, keys.HashLength);
        context.Transcript.GetHash(hash);
        keys.EnterMaster();
        keys.DeriveSecret("c ap traffic"u8, hash, clientSecret);
        keys.DeriveSecret("s ap traffic"u8, hash, serverSecret);
        keys.DeriveExporter(hash);
        context.LogSecret("CLIENT_TRAFFIC_SECRET_0", clientSecret);
        context.LogSecret("SERVER_TRAFFIC_SECRET_0", serverSecret);
        context.LogSecret("EXPORTER_SECRET", keys.ExporterSecret);
        context.Records.ProtectWrites(keys, serverSecret);
        CryptographicOperations.ZeroMemory(serverSecret);
    }

    /// <summary>The host that the client asks for; null when it names none.</summary>
    public static string? ReadServerName(in ClientHello hello)
    {
        if (!hello.Present.Contains(ExtensionType.ServerName))
            return null;
        // Printable: whoever logs the name must not have lines forged.
        if (hello.ServerName.ContainsAnyExceptInRange((byte)'!', (byte)'~') || hello.ServerName.Length > 255)
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "server_name is not a host name.");
        return Encoding.ASCII.GetString(hello.ServerName);
    }
}
