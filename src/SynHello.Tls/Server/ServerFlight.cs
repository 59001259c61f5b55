using System.Net.Security;
using System.Security.Cryptography;
using System.Text;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>ServerHello to Finished, in one piece: the protected messages share as few records as they fit.</summary>
internal static class ServerFlight
{
    /// <summary>Writes the flight for a ClientHello that is in the transcript already.</summary>
    public static HandshakeState<ServerContext> Send(
        ServerContext context,
        in ClientHello hello,
        CipherSuite suite,
        NamedGroup group,
        ReadOnlySpan<byte> keyExchange)
    {
        (TlsCredential credential, SignatureScheme scheme) = ClientHelloChoice.Credential(context.Configuration, hello);
        SslApplicationProtocol protocol = ClientHelloChoice.ApplicationProtocol(context.Configuration, hello);
        TlsNegotiation negotiated = context.Negotiated;
        negotiated.Version = ProtocolVersion.Tls13;
        negotiated.CipherSuite = suite;
        negotiated.Group = group;
        negotiated.SignatureScheme = scheme;
        negotiated.ApplicationProtocol = protocol;
        negotiated.ServerName = ReadServerName(hello);
        context.RememberClientRandom(hello.Random);

        WriteServerHello(context, hello, suite, group, keyExchange);
        if (!hello.LegacySessionId.IsEmpty && !negotiated.HelloRetryRequested)
            context.WriteChangeCipherSpec();
        ProtectHandshake(context);

        WriteEncryptedExtensions(context, hello, protocol);
        WriteCertificate(context, credential, scheme);
        KeySchedule keys = context.RequireKeys();
        context.WriteFinished(context.Records.WriteSecret);
        context.FlushFlight();
        DeriveApplicationSecrets(context, keys);
        context.ReadKeyChanged = true;
        return ExpectClientFinished.Instance;
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
        using KeyExchange exchange = context.Provider.CreateKeyExchange(group);
        Span<byte> shared = stackalloc byte[exchange.SharedSecretLength];
        exchange.DeriveSharedSecret(keyExchange, shared);

        int start = context.Flight.Length;
        new ServerHello
        {
            LegacyVersion = ProtocolVersion.Tls12,
            Random = random,
            LegacySessionIdEcho = hello.LegacySessionId,
            CipherSuite = suite,
            Present = default(ExtensionSet).With(ExtensionType.KeyShare).With(ExtensionType.SupportedVersions),
            KeyShareGroup = group,
            KeyExchange = exchange.PublicKey,
            SelectedVersion = ProtocolVersion.Tls13,
        }.Write(context.Flight);
        context.AppendFlight(start);
        context.FlushFlight();
        context.StartKeySchedule(suite, shared);
        CryptographicOperations.ZeroMemory(shared);
    }

    private static void ProtectHandshake(ServerContext context)
    {
        KeySchedule keys = context.RequireKeys();
        Span<byte> hash = stackalloc byte[keys.HashLength];
        Span<byte> secret = stackalloc byte[keys.HashLength];
        context.Transcript.GetHash(hash);
        keys.DeriveSecret("c hs traffic"u8, hash, secret);
        context.LogSecret("CLIENT_HANDSHAKE_TRAFFIC_SECRET", secret);
        context.Records.ProtectReads(keys, secret);
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
        if (hello.Present.Contains(ExtensionType.RecordSizeLimit))
        {
            present = present.With(ExtensionType.RecordSizeLimit);
            context.Records.ApplyPeerLimit(hello.RecordSizeLimit);
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
        }.Write(context.Flight);
        context.AppendFlight(start);
    }

    private static void WriteCertificate(ServerContext context, TlsCredential credential, SignatureScheme scheme)
    {
        int start = context.Flight.Length;
        Certificate.Write(context.Flight, context: [], credential.CertificateChain);
        context.AppendFlight(start);

        Span<byte> hash = stackalloc byte[context.Transcript.HashLength];
        context.Transcript.GetHash(hash);
        Span<byte> content = stackalloc byte[SignatureContent.MaximumLength];
        content = content[..SignatureContent.Write(SignatureContent.Server, hash, content)];
        byte[] signature = System.Buffers.ArrayPool<byte>.Shared.Rent(credential.MaximumSignatureLength);
        int length = credential.Sign(scheme, content, signature);

        start = context.Flight.Length;
        new CertificateVerify { Algorithm = scheme, Signature = signature.AsSpan(0, length) }.Write(context.Flight);
        context.AppendFlight(start);
        System.Buffers.ArrayPool<byte>.Shared.Return(signature);
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
        keys.LeaveMaster(hash);
        context.LogSecret("CLIENT_TRAFFIC_SECRET_0", clientSecret);
        context.LogSecret("SERVER_TRAFFIC_SECRET_0", serverSecret);
        context.LogSecret("EXPORTER_SECRET", keys.ExporterSecret);
        context.Records.ProtectWrites(keys, serverSecret);
        CryptographicOperations.ZeroMemory(serverSecret);
    }

    private static string? ReadServerName(in ClientHello hello)
    {
        if (!hello.Present.Contains(ExtensionType.ServerName))
            return null;
        // Printable: whoever logs the name must not have lines forged.
        if (hello.ServerName.ContainsAnyExceptInRange((byte)'!', (byte)'~') || hello.ServerName.Length > 255)
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "server_name is not a host name.");
        return Encoding.ASCII.GetString(hello.ServerName);
    }
}
