using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// What a server has to know of a session: the content of a ticket, as a view over its bytes. It says what was agreed
/// and with whom, because a ticket is taken only where all of that is the same again.
/// </summary>
internal readonly ref struct SessionTicketContent
{
    private const byte FormatVersion = 2;

    public CipherSuite CipherSuite { get; init; }

    /// <summary>The pre-shared key, as long as the hash of the suite.</summary>
    public ReadOnlySpan<byte> Secret { get; init; }

    /// <summary>When the ticket was made, in milliseconds of Unix time.</summary>
    public long IssuedAt { get; init; }

    /// <summary>ticket_age_add (RFC 8446 section 4.6.1).</summary>
    public uint AgeAdd { get; init; }

    /// <summary>max_early_data_size; 0 when the ticket allows none.</summary>
    public uint MaximumEarlyData { get; init; }

    /// <summary>The register of ClientHellos that early data is checked against.</summary>
    public Guid ReplayScope { get; init; }

    /// <summary>
    /// The window, in milliseconds, within which that register remembers: where it is another, what was forgotten could
    /// be fresh again.
    /// </summary>
    public uint EarlyDataWindow { get; init; }

    /// <summary>The host name; empty when none was named.</summary>
    public ReadOnlySpan<byte> ServerName { get; init; }

    /// <summary>The application protocol; empty when none was negotiated.</summary>
    public ReadOnlySpan<byte> ApplicationProtocol { get; init; }

    /// <summary>The server's <see cref="TlsServerResumption.TrustContext"/>.</summary>
    public ReadOnlySpan<byte> TrustContext { get; init; }

    /// <summary>The DER of the client's certificate; empty when it showed none.</summary>
    public ReadOnlySpan<byte> ClientCertificate { get; init; }

    /// <summary>Until when the verdict on it holds, in milliseconds of Unix time.</summary>
    public long ClientVerifiedUntil { get; init; }

    /// <summary>The ticket's age in milliseconds; negative when it is from the future.</summary>
    public long AgeAt(DateTimeOffset now) => now.ToUnixTimeMilliseconds() - IssuedAt;

    public void Write(TlsWriter writer)
    {
        writer.WriteUInt8(FormatVersion);
        writer.WriteUInt16(CipherSuite.Value);
        writer.WriteVector8(Secret);
        writer.WriteUInt32((uint)(IssuedAt >> 32));
        writer.WriteUInt32((uint)IssuedAt);
        writer.WriteUInt32(AgeAdd);
        writer.WriteUInt32(MaximumEarlyData);
        ReplayScope.TryWriteBytes(writer.Take(16));
        writer.WriteUInt32(EarlyDataWindow);
        writer.WriteVector8(ServerName);
        writer.WriteVector8(ApplicationProtocol);
        writer.WriteVector8(TrustContext);
        writer.WriteVector16(ClientCertificate);
        writer.WriteUInt32((uint)(ClientVerifiedUntil >> 32));
        writer.WriteUInt32((uint)ClientVerifiedUntil);
    }

    /// <summary>Reads content that authenticated.</summary>
    /// <returns>False when it is of another version: another release of this software has the same keys.</returns>
    public static bool TryRead(ReadOnlySpan<byte> content, out SessionTicketContent ticket)
    {
        ticket = default;
        try
        {
            var reader = new TlsReader(content);
            if (reader.ReadUInt8() != FormatVersion)
                return false;
            ticket = new SessionTicketContent
            {
                CipherSuite = new CipherSuite(reader.ReadUInt16()),
                Secret = reader.ReadVector8(),
                IssuedAt = ((long)reader.ReadUInt32() << 32) | reader.ReadUInt32(),
                AgeAdd = reader.ReadUInt32(),
                MaximumEarlyData = reader.ReadUInt32(),
                ReplayScope = new Guid(reader.ReadBytes(16)),
                EarlyDataWindow = reader.ReadUInt32(),
                ServerName = reader.ReadVector8(),
                ApplicationProtocol = reader.ReadVector8(),
                TrustContext = reader.ReadVector8(),
                ClientCertificate = reader.ReadVector16(),
                ClientVerifiedUntil = ((long)reader.ReadUInt32() << 32) | reader.ReadUInt32(),
            };
            reader.ExpectEnd();
            return true;
        }
        catch (TlsProtocolException)
        {
            return false;
        }
    }
}
