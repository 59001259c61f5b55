using System.Security.Cryptography;

using static SynHello.Tests.TicketRings;

namespace SynHello.Tests;

/// <summary>
/// CVE-2020-13777: until its keys changed for the first time a server sealed tickets under zeros, and everybody could open them, or make
/// some.
/// </summary>
public sealed class ZeroTicketKeyTests
{
    private readonly SettableClock _clock = new();

    /// <summary>Before the first rotation and behind every later one, whatever key the ticket names.</summary>
    [Fact]
    public void TicketUnderZeros_IsNeverOpened()
    {
        SessionTicketKeyRing ring = MakeRing(_clock, null);
        for (int rotation = 0; rotation < 3; rotation++)
        {
            byte[] own = Seal(ring);
            Assert.True(Opens(ring, own));
            Assert.False(Opens(ring, SealUnderZeros(NameOf(own))));
            Assert.False(Opens(ring, SealUnderZeros(new byte[16])));
            foreach (TicketKey key in Keys(ring))
            {
                Span<byte> secret = new byte[SessionTicketKey.SecretLength];
                Assert.True(key.TryCopySecret(secret));
                Assert.True(secret.ContainsAnyExcept((byte)0));
            }

            ring.Rotate();
        }
    }

    /// <summary>A key is cleared while others may be about to use it: what is left of it opens nothing.</summary>
    [Fact]
    public void TicketUnderZeros_IsNotOpenedByAKeyThatWasCleared()
    {
        SessionTicketKeyRing ring = MakeRing(_clock, null);
        byte[] own = Seal(ring);
        Keys(ring)[0].Clear();
        Assert.False(Opens(ring, SealUnderZeros(NameOf(own))));
        Assert.False(Opens(ring, own));
    }

    /// <summary>What <see cref="SessionTicketKeyRing.Seal"/> would make with such a key.</summary>
    private static byte[] SealUnderZeros(byte[] name)
    {
        byte[] nonce = RandomNumberGenerator.GetBytes(12), @sealed = new byte[Content.Length], tag = new byte[16];
        using var aead = new AesGcm(new byte[SessionTicketKey.SecretLength], tag.Length);
        aead.Encrypt(nonce, Content, @sealed, tag, name);
        return [.. name, .. nonce, .. @sealed, .. tag];
    }
}
