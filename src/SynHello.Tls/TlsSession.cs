using System.Net.Security;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// A ticket, or in TLS 1.2 the ID that the server keeps the session under, with what the client has to know to use it (RFC 8446 section
/// 4.6.1, RFC 5077, RFC 5246 section 7.3): it holds a secret. Immutable; safe to use from any thread.
/// </summary>
public sealed class TlsSession
{
    private const byte FormatVersion = 1;
    private const byte Tls12FormatVersion = 2;

    private readonly byte[] _secret;
    private readonly byte[] _ticket;

    internal TlsSession(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> ticket)
    {
        _secret = secret.ToArray();
        _ticket = ticket.ToArray();
    }

    /// <summary>The protocol version: a session is not resumed with another one.</summary>
    public ProtocolVersion Version { get; internal init; } = ProtocolVersion.Tls13;

    /// <summary>The cipher suite; early data is sealed with it.</summary>
    public required CipherSuite CipherSuite { get; init; }

    /// <summary>The host name that the session belongs to; null when none was named.</summary>
    public required string? ServerName { get; init; }

    /// <summary>The application protocol that early data is in; default when none was negotiated.</summary>
    public required SslApplicationProtocol ApplicationProtocol { get; init; }

    /// <summary>When the ticket came.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>How long the server may take it, from then on; at most seven days.</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>The most bytes of early data that the server takes with it; 0 for none.</summary>
    public required uint MaximumEarlyData { get; init; }

    /// <summary>The DER of the certificates that the server proved itself with, its own first.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> PeerCertificates { get; init; }

    /// <summary>The size of the ticket in bytes, all of which the ClientHello has to carry; 0 where there is an ID instead.</summary>
    public int TicketLength => _ticket.Length;

    /// <summary>The moment from which the server does not take it any more.</summary>
    public DateTimeOffset ExpiresAt => ReceivedAt + Lifetime;

    internal uint AgeAdd { get; init; }

    /// <summary>The ID of the session, in TLS 1.2; empty where there is a ticket.</summary>
    internal ReadOnlySpan<byte> SessionId => SessionIdBytes;

    internal byte[] SessionIdBytes { get; init; } = [];

    /// <summary>The largest inner plaintext that the server takes in early data (RFC 8449 section 4).</summary>
    internal int RecordSizeLimit { get; init; } = RecordLayer.MaximumInnerPlaintext;

    internal ReadOnlySpan<byte> Secret => _secret;

    internal ReadOnlySpan<byte> Ticket => _ticket;

    /// <summary>The session as bytes, to be kept where nobody else can read them: they hold its secret.</summary>
    public byte[] Export()
    {
        using var writer = new TlsWriter();
        bool isTls12 = Version == ProtocolVersion.Tls12;
        writer.WriteUInt8(isTls12 ? Tls12FormatVersion : FormatVersion);
        writer.WriteUInt16(CipherSuite.Value);
        writer.WriteVector8(_secret);
        writer.WriteVector16(_ticket);
        if (isTls12)
            writer.WriteVector8(SessionIdBytes);
        writer.WriteUInt32(AgeAdd);
        long received = ReceivedAt.ToUnixTimeMilliseconds();
        writer.WriteUInt32((uint)(received >> 32));
        writer.WriteUInt32((uint)received);
        writer.WriteUInt32((uint)Lifetime.TotalSeconds);
        writer.WriteUInt32(MaximumEarlyData);
        writer.WriteUInt16((ushort)RecordSizeLimit);
        writer.WriteVector8(System.Text.Encoding.ASCII.GetBytes(ServerName ?? ""));
        writer.WriteVector8(ApplicationProtocol.Protocol.Span);
        using (writer.Vector24())
        {
            foreach (ReadOnlyMemory<byte> certificate in PeerCertificates)
                writer.WriteVector24(certificate.Span);
        }

        return writer.Written.ToArray();
    }

    /// <summary>Reads what <see cref="Export"/> wrote.</summary>
    /// <param name="bytes">Any bytes: what is not a session of this version is refused.</param>
    /// <param name="session">The session.</param>
    /// <returns>False when the bytes are no session.</returns>
    public static bool TryImport(ReadOnlySpan<byte> bytes, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TlsSession? session)
    {
        try
        {
            session = Read(bytes);
            return session is not null;
        }
        catch (Exception exception) when (exception is TlsProtocolException or NotSupportedException or ArgumentException)
        {
            session = null;
            return false;
        }
    }

    /// <summary>obfuscated_ticket_age (RFC 8446 section 4.2.11.1).</summary>
    internal uint ObfuscatedAge(DateTimeOffset now) =>
        unchecked((uint)(long)Math.Max(0, (now - ReceivedAt).TotalMilliseconds) + AgeAdd);

    /// <summary>Whether it can still be used, and is not from the future.</summary>
    internal bool IsCurrent(DateTimeOffset now) => now >= ReceivedAt && now < ExpiresAt;

    private static int SecretLength(CipherSuite suite, bool isTls12)
    {
        if (!isTls12)
            return CipherSuiteParameters.Of(suite).HashLength;
        return Tls12CipherSuiteParameters.IsKnown(suite) ? Tls12KeySchedule.MasterSecretLength : 0;
    }

    private static TlsSession? Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new TlsReader(bytes);
        byte format = reader.ReadUInt8();
        if (format is not (FormatVersion or Tls12FormatVersion))
            return null;
        bool isTls12 = format == Tls12FormatVersion;
        var suite = new CipherSuite(reader.ReadUInt16());
        ReadOnlySpan<byte> secret = reader.ReadVector8();
        ReadOnlySpan<byte> ticket = reader.ReadVector16(isTls12 ? 0 : 1);
        ReadOnlySpan<byte> sessionId = isTls12 ? reader.ReadVector8(0, 32) : default;
        if (secret.Length != SecretLength(suite, isTls12) || ticket.IsEmpty == sessionId.IsEmpty)
            return null;
        uint ageAdd = reader.ReadUInt32();
        long received = (long)(((ulong)reader.ReadUInt32() << 32) | reader.ReadUInt32());
        uint lifetime = reader.ReadUInt32();
        uint earlyData = reader.ReadUInt32();
        ushort sizeLimit = reader.ReadUInt16();
        ReadOnlySpan<byte> name = reader.ReadVector8();
        ReadOnlySpan<byte> protocol = reader.ReadVector8();
        var certificates = new TlsReader(reader.ReadVector24());
        reader.ExpectEnd();
        if (lifetime > TlsServerResumption.LongestLifetime.TotalSeconds
            || sizeLimit is < RecordLayer.MinimumSizeLimit or > RecordLayer.MaximumInnerPlaintext
            || !System.Text.Ascii.IsValid(name))
        {
            return null;
        }

        var chain = new List<ReadOnlyMemory<byte>>();
        while (!certificates.IsAtEnd && chain.Count < TlsLimits.Certificates)
            chain.Add(certificates.ReadVector24(1).ToArray());
        certificates.ExpectEnd();
        return new TlsSession(secret, ticket)
        {
            Version = isTls12 ? ProtocolVersion.Tls12 : ProtocolVersion.Tls13,
            SessionIdBytes = sessionId.ToArray(),
            CipherSuite = suite,
            ServerName = name.IsEmpty ? null : System.Text.Encoding.ASCII.GetString(name),
            ApplicationProtocol = protocol.IsEmpty ? default : new SslApplicationProtocol(protocol.ToArray()),
            ReceivedAt = DateTimeOffset.FromUnixTimeMilliseconds(received),
            Lifetime = TimeSpan.FromSeconds(lifetime),
            MaximumEarlyData = earlyData,
            AgeAdd = ageAdd,
            RecordSizeLimit = sizeLimit,
            PeerCertificates = chain,
        };
    }
}
