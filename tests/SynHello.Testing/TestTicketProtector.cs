using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Testing;

/// <summary>Seals tickets under one key for the life of a test. What is in a ticket can be looked at and made up.</summary>
public sealed class TestTicketProtector : SessionTicketProtector
{
    private readonly byte[] _key = new byte[32];

    public TestTicketProtector() => DefaultCryptoProvider.Instance.FillRandom(_key);

    public override int MaximumOverhead => Aead.NonceLength + Aead.TagLength;

    /// <summary>How many tickets were opened, or tried.</summary>
    public int Opened { get; private set; }

    public override int Seal(ReadOnlySpan<byte> content, Span<byte> ticket)
    {
        Span<byte> nonce = ticket[..Aead.NonceLength];
        DefaultCryptoProvider.Instance.FillRandom(nonce);
        using Aead aead = Create();
        aead.Seal(nonce, [], content, ticket.Slice(Aead.NonceLength, content.Length + Aead.TagLength));
        return content.Length + MaximumOverhead;
    }

    public override bool TryOpen(ReadOnlySpan<byte> ticket, Span<byte> content, out int length)
    {
        Opened++;
        length = ticket.Length - MaximumOverhead;
        if (length < 0)
            return false;
        using Aead aead = Create();
        return aead.TryOpen(ticket[..Aead.NonceLength], [], ticket[Aead.NonceLength..], content[..length]);
    }

    private Aead Create() => DefaultCryptoProvider.Instance.CreateAead(CipherSuite.TlsAes256GcmSha384, _key);
}
