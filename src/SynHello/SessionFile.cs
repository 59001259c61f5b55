using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Text;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// Sessions as the bytes of a file: a magic number, a version, an entry for each session and SHA-256 over all of it.
/// The digest finds corruption; it keeps no attacker out, the file's permissions do.
/// </summary>
internal static class SessionFile
{
    /// <summary>No larger file is read or written.</summary>
    public const int MaximumLength = 4 * 1024 * 1024;

    private const byte Version = 1;
    private const int HeaderLength = 9;

    private static ReadOnlySpan<byte> Magic => "SynHello"u8;

    /// <summary>Whether the bytes are a session file, or what is left of one.</summary>
    public static bool IsOwn(ReadOnlySpan<byte> bytes) =>
        bytes[..Math.Min(bytes.Length, Magic.Length)].SequenceEqual(Magic[..Math.Min(bytes.Length, Magic.Length)]);

    /// <summary>The bytes of a file; what would make it too large is left out, the least recently used first.</summary>
    public static byte[] Encode(SessionIndex index)
    {
        var entries = new List<byte[]>();
        int length = HeaderLength + SHA256.HashSizeInBytes;
        foreach ((SessionKey key, StoredSession session) in index.NewestFirst())
        {
            byte[] entry = EncodeEntry(key, session);
            length += entry.Length;
            if (length > MaximumLength)
            {
                CryptographicOperations.ZeroMemory(entry);
                break;
            }

            entries.Add(entry);
        }

        using var writer = new TlsWriter();
        writer.WriteBytes(Magic);
        writer.WriteUInt8(Version);
        for (int i = entries.Count - 1; i >= 0; i--)
        {
            writer.WriteBytes(entries[i]);
            CryptographicOperations.ZeroMemory(entries[i]);
        }

        writer.WriteBytes(SHA256.HashData(writer.Written));
        return writer.Written.ToArray();
    }

    /// <summary>Adds a file's sessions to an index.</summary>
    /// <param name="bytes">Any bytes.</param>
    /// <param name="index">Where they go; untouched when there are none to be had.</param>
    /// <param name="problem">What is wrong with the file.</param>
    /// <returns>False when the file is no session file, or a broken one.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, SessionIndex index, [NotNullWhen(false)] out string? problem)
    {
        problem = !IsOwn(bytes) ? "no session file" : bytes.Length > MaximumLength ? "too large" : "corrupt";
        if (bytes.Length is < HeaderLength + SHA256.HashSizeInBytes or > MaximumLength || !IsOwn(bytes))
            return false;
        ReadOnlySpan<byte> content = bytes[..^SHA256.HashSizeInBytes];
        if (!SHA256.HashData(content).AsSpan().SequenceEqual(bytes[^SHA256.HashSizeInBytes..]))
            return false;
        if (content[Magic.Length] != Version)
        {
            problem = "of another version";
            return false;
        }

        try
        {
            var entries = new List<(SessionKey, StoredSession)>();
            var reader = new TlsReader(content[HeaderLength..]);
            while (!reader.IsAtEnd)
            {
                if (DecodeEntry(reader.ReadVector24()) is { } entry)
                    entries.Add(entry);
            }

            foreach ((SessionKey key, StoredSession session) in entries)
                index.Add(key, session);
            problem = null;
            return true;
        }
        catch (Exception exception) when (exception is TlsProtocolException or ArgumentException)
        {
            problem = "corrupt";
            return false;
        }
    }

    private static byte[] EncodeEntry(SessionKey key, StoredSession session)
    {
        using var writer = new TlsWriter();
        using (writer.Vector24())
        {
            writer.WriteVector16(Encoding.UTF8.GetBytes(key.Host));
            writer.WriteUInt16((ushort)key.Port);
            writer.WriteVector16(Encoding.UTF8.GetBytes(key.ServerName));
            using (writer.Vector16())
            {
                foreach (SslApplicationProtocol protocol in key.ApplicationProtocols)
                    writer.WriteVector8(protocol.Protocol.Span);
            }

            writer.WriteVector16(Encoding.UTF8.GetBytes(key.TrustSettings));
            WriteTime(writer, session.Verification.VerifiedAt);
            WriteTime(writer, session.Verification.EndsAt);
            writer.WriteUInt32((uint)session.Verification.PolicyErrors);
            byte[] exported = session.Session.Export();
            writer.WriteVector24(exported);
            CryptographicOperations.ZeroMemory(exported);
        }

        return writer.Written.ToArray();
    }

    /// <returns>Null when the session is of a version that this one does not know.</returns>
    private static (SessionKey, StoredSession)? DecodeEntry(ReadOnlySpan<byte> bytes)
    {
        var reader = new TlsReader(bytes);
        string host = Encoding.UTF8.GetString(reader.ReadVector16());
        int port = reader.ReadUInt16();
        string serverName = Encoding.UTF8.GetString(reader.ReadVector16());
        var protocols = new List<SslApplicationProtocol>();
        var names = new TlsReader(reader.ReadVector16());
        while (!names.IsAtEnd)
            protocols.Add(new SslApplicationProtocol(names.ReadVector8(1).ToArray()));
        string trustSettings = Encoding.UTF8.GetString(reader.ReadVector16());
        var verification = new ChainVerification
        {
            VerifiedAt = ReadTime(ref reader),
            EndsAt = ReadTime(ref reader),
            PolicyErrors = (SslPolicyErrors)reader.ReadUInt32(),
        };
        ReadOnlySpan<byte> exported = reader.ReadVector24();
        reader.ExpectEnd();
        var key = new SessionKey(host, port, serverName, protocols, trustSettings);
        return TlsSession.TryImport(exported, out TlsSession? session)
            ? (key, new StoredSession(session, verification))
            : null;
    }

    private static void WriteTime(TlsWriter writer, DateTimeOffset time)
    {
        writer.WriteUInt32((uint)(time.UtcTicks >> 32));
        writer.WriteUInt32((uint)time.UtcTicks);
    }

    private static DateTimeOffset ReadTime(ref TlsReader reader) =>
        new((long)(((ulong)reader.ReadUInt32() << 32) | reader.ReadUInt32()), TimeSpan.Zero);
}
