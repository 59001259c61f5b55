using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// What a server has to know of a session of TLS 1.2: the content of a ticket, and of an entry in a session cache, as a view over its
/// bytes. Its first octet tells it from the content of a ticket of TLS 1.3, which the same keys seal: neither is ever taken for the other.
/// </summary>
internal readonly ref struct Tls12SessionContent
{
    private const byte FormatVersion = 0x80;

    public CipherSuite CipherSuite { get; init; }

    /// <summary>The master secret, which is an extended one (RFC 7627): others are not kept.</summary>
    public ReadOnlySpan<byte> MasterSecret { get; init; }

    /// <summary>The ID that it is kept under; empty in a ticket. Whoever keeps it must not pass one session off as another.</summary>
    public ReadOnlySpan<byte> SessionId { get; init; }

    /// <summary>When the session was made, in milliseconds of Unix time.</summary>
    public long IssuedAt { get; init; }

    /// <summary>The host name; empty when none was named.</summary>
    public ReadOnlySpan<byte> ServerName { get; init; }

    /// <summary>The server's <see cref="TlsServerResumption.TrustContext"/>.</summary>
    public ReadOnlySpan<byte> TrustContext { get; init; }

    /// <summary>The DER of the client's certificate; empty when it showed none.</summary>
    public ReadOnlySpan<byte> ClientCertificate { get; init; }

    /// <summary>Until when the verdict on it holds, in milliseconds of Unix time.</summary>
    public long ClientVerifiedUntil { get; init; }

    public void Write(TlsWriter writer)
    {
        writer.WriteUInt8(FormatVersion);
        writer.WriteUInt16(CipherSuite.Value);
        writer.WriteVector8(MasterSecret);
        writer.WriteVector8(SessionId);
        WriteTime(writer, IssuedAt);
        writer.WriteVector8(ServerName);
        writer.WriteVector8(TrustContext);
        writer.WriteVector16(ClientCertificate);
        WriteTime(writer, ClientVerifiedUntil);
    }

    /// <summary>Reads content that authenticated.</summary>
    /// <returns>False when it is of another version, of the protocol or of this software.</returns>
    public static bool TryRead(ReadOnlySpan<byte> content, out Tls12SessionContent session)
    {
        session = default;
        try
        {
            var reader = new TlsReader(content);
            if (reader.ReadUInt8() != FormatVersion)
                return false;
            session = new Tls12SessionContent
            {
                CipherSuite = new CipherSuite(reader.ReadUInt16()),
                MasterSecret = reader.ReadVector8(Tls12KeySchedule.MasterSecretLength, Tls12KeySchedule.MasterSecretLength),
                SessionId = reader.ReadVector8(0, 32),
                IssuedAt = ReadTime(ref reader),
                ServerName = reader.ReadVector8(),
                TrustContext = reader.ReadVector8(),
                ClientCertificate = reader.ReadVector16(),
                ClientVerifiedUntil = ReadTime(ref reader),
            };
            reader.ExpectEnd();
            return true;
        }
        catch (TlsProtocolException)
        {
            return false;
        }
    }

    private static void WriteTime(TlsWriter writer, long time)
    {
        writer.WriteUInt32((uint)(time >> 32));
        writer.WriteUInt32((uint)time);
    }

    private static long ReadTime(ref TlsReader reader) => ((long)reader.ReadUInt32() << 32) | reader.ReadUInt32();
}
