using SynHello.Tls;

namespace SynHello.Crypto.Tests;

internal static class Hex
{
    public static byte[] FromHex(this string text) => Convert.FromHexString(text);

    public static string ToHex(this ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    public static string ToHex(this byte[] bytes) => Convert.ToHexStringLower(bytes);

    public static byte[] Derive(this KeyExchange keyExchange, ReadOnlySpan<byte> peerPublicKey)
    {
        var secret = new byte[keyExchange.SharedSecretLength];
        keyExchange.DeriveSharedSecret(peerPublicKey, secret);
        return secret;
    }
}
