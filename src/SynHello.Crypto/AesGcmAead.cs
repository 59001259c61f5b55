using System.Security.Cryptography;

using SynHello.Tls;

namespace SynHello.Crypto;

/// <summary>AES-128-GCM or AES-256-GCM (RFC 5116 sections 5.1, 5.2), by the length of the key.</summary>
internal sealed class AesGcmAead(ReadOnlySpan<byte> key) : Aead
{
    private readonly AesGcm _aes = new(key, TagLength);

    public override void Seal(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> destination) =>
        _aes.Encrypt(nonce, plaintext, destination[..plaintext.Length], destination[plaintext.Length..], associatedData);

    public override bool TryOpen(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> @sealed,
        Span<byte> plaintext)
    {
        try
        {
            _aes.Decrypt(nonce, @sealed[..^TagLength], @sealed[^TagLength..], plaintext, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _aes.Dispose();
    }
}
