using System.Security.Cryptography;

using SynHello.Tls;

namespace SynHello.Bogo;

/// <summary>Seals the tickets of all connections of one run under one key.</summary>
internal sealed class ShimTicketProtector : SessionTicketProtector, IDisposable
{
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly AesGcm _aead = new(RandomNumberGenerator.GetBytes(32), TagLength);

    public override int MaximumOverhead => NonceLength + TagLength;

    public override int Seal(ReadOnlySpan<byte> content, Span<byte> ticket)
    {
        Span<byte> nonce = ticket[..NonceLength];
        RandomNumberGenerator.Fill(nonce);
        Span<byte> tag = ticket.Slice(NonceLength + content.Length, TagLength);
        _aead.Encrypt(nonce, content, ticket.Slice(NonceLength, content.Length), tag);
        return content.Length + MaximumOverhead;
    }

    public override bool TryOpen(ReadOnlySpan<byte> ticket, Span<byte> content, out int length)
    {
        length = ticket.Length - MaximumOverhead;
        if (length < 0)
            return false;
        try
        {
            _aead.Decrypt(
                ticket[..NonceLength], ticket.Slice(NonceLength, length), ticket[^TagLength..], content[..length]);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose() => _aead.Dispose();
}
