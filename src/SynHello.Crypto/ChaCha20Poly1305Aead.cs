using System.Security.Cryptography;

using SynHello.Tls;

namespace SynHello.Crypto;

/// <summary>ChaCha20-Poly1305 (RFC 8439 section 2.8).</summary>
internal sealed class ChaCha20Poly1305Aead(ReadOnlySpan<byte> key) : Aead
{
    private readonly ChaCha20Poly1305 _cipher = new(key);

    public override void Seal(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> destination) =>
        _cipher.Encrypt(nonce, plaintext, destination[..plaintext.Length], destination[plaintext.Length..], associatedData);

    public override bool TryOpen(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> @sealed,
        Span<byte> plaintext)
    {
        try
        {
            _cipher.Decrypt(nonce, @sealed[..^TagLength], @sealed[^TagLength..], plaintext, associatedData);
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
            _cipher.Dispose();
    }
}
