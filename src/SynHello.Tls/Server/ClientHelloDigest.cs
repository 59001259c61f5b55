using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// A hash of all in a ClientHello that must be the same in the second one: everything but key_share, cookie,
/// early_data,
/// pre_shared_key and padding (RFC 8446 section 4.1.2).
/// </summary>
internal static class ClientHelloDigest
{
    public const int Length = 32;

    public static byte[] Compute(TlsCryptoProvider provider, ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        reader.ReadUInt16();
        reader.ReadBytes(32);
        reader.ReadVector8();
        reader.ReadVector16();
        reader.ReadVector8();
        using TranscriptHash hash = provider.CreateTranscriptHash(HashAlgorithmName.SHA256);
        hash.Append(body[..^reader.Rest.Length]);

        ReadOnlySpan<byte> block = reader.ReadVector16();
        var extensions = new TlsReader(block);
        while (!extensions.IsAtEnd)
        {
            ReadOnlySpan<byte> extension = extensions.Rest;
            var type = new ExtensionType(extensions.ReadUInt16());
            extensions.ReadVector16();
            if (!MayChange(type))
                hash.Append(extension[..^extensions.Rest.Length]);
        }

        byte[] digest = new byte[Length];
        hash.GetCurrentHash(digest);
        return digest;
    }

    private static bool MayChange(ExtensionType type) =>
        type == ExtensionType.KeyShare
        || type == ExtensionType.Cookie
        || type == ExtensionType.EarlyData
        || type == ExtensionType.PreSharedKey
        || type == ExtensionType.Padding;
}
