using SynHello.Crypto;
using SynHello.Testing;

using static SynHello.Tests.TicketRings;

namespace SynHello.Tests;

/// <summary>Tickets, what opens them, and keys that are brought from one ring to another.</summary>
public sealed class SessionTicketKeyRingTests
{
    private readonly SettableClock _clock = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Options_HaveTheDefaultsThatAreDocumented()
    {
        var options = new SessionTicketKeyRingOptions();

        Assert.Equal(TimeSpan.FromHours(4), options.RotationInterval);
        Assert.Equal(TimeSpan.FromHours(12), options.TicketLifetime);
        Assert.Equal(64, options.MaximumKeys);
        Assert.Equal(4294967296, options.MaximumTicketsPerKey);
    }

    [Fact]
    public void Options_ThatCannotBe_AreRefused()
    {
        AssertRefused(options => options.RotationInterval = TimeSpan.Zero);
        AssertRefused(options => options.RotationInterval = TimeSpan.FromSeconds(-1));
        AssertRefused(options => options.TicketLifetime = TimeSpan.Zero);
        AssertRefused(options => options.TicketLifetime = TimeSpan.FromDays(7.1));
        AssertRefused(options => options.MaximumKeys = 0);
        AssertRefused(options => options.MaximumKeys = 1025);
        AssertRefused(options => options.MaximumTicketsPerKey = 0);
        AssertRefused(options => options.MaximumTicketsPerKey = (1L << 32) + 1);

        void AssertRefused(Action<SessionTicketKeyRingOptions> configure) =>
            Assert.Throws<ArgumentOutOfRangeException>(() => MakeRing(configure));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(150)]
    [InlineData(5000)]
    public void Ticket_OpensToWhatWasSealed(int length)
    {
        SessionTicketKeyRing ring = MakeRing();
        byte[] content = Exchange.Bytes(length);
        byte[] ticket = new byte[length + ring.MaximumOverhead + 7];

        int written = ring.Seal(content, ticket);

        Assert.Equal(length + ring.MaximumOverhead, written);
        byte[] opened = new byte[written];
        Assert.True(ring.TryOpen(ticket.AsSpan(0, written), opened, out int openedLength));
        Assert.Equal(content, opened[..openedLength]);
        Assert.Equal(new byte[7], ticket[written..]);
    }

    [Fact]
    public void SealsOfTheSame_Differ()
    {
        SessionTicketKeyRing ring = MakeRing();
        var nonces = new HashSet<string>();
        for (int i = 0; i < 1000; i++)
            Assert.True(nonces.Add(Convert.ToHexString(Seal(ring).AsSpan(16, 12))));
    }

    [Fact]
    public void EveryFlippedBit_IsRefused()
    {
        SessionTicketKeyRing ring = MakeRing();
        byte[] ticket = Seal(ring);
        for (int bit = 0; bit < 8 * ticket.Length; bit++)
        {
            byte[] changed = (byte[])ticket.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            byte[] content = new byte[changed.Length];

            Assert.False(ring.TryOpen(changed, content, out int length), $"bit {bit}");

            Assert.Equal(0, length);
            Assert.Equal(new byte[changed.Length], content);
        }

        Assert.True(Opens(ring, ticket));
    }

    [Fact]
    public void EveryOtherLength_IsRefused()
    {
        SessionTicketKeyRing ring = MakeRing();
        byte[] ticket = Seal(ring);
        for (int length = 0; length < ticket.Length; length++)
            Assert.False(Opens(ring, ticket[..length]), $"{length} bytes");
        Assert.False(Opens(ring, [.. ticket, 0]));
    }

    [Fact]
    public void TicketOfAnotherRing_IsRefused() => Assert.False(Opens(MakeRing(), Seal(MakeRing())));

    [Fact]
    public void NameOfAnotherKeyOfTheRing_DoesNotOpen()
    {
        SessionTicketKeyRing ring = MakeRing();
        byte[] first = Seal(ring);
        ring.Rotate();
        byte[] second = Seal(ring);

        Assert.False(Opens(ring, [.. second[..16], .. first[16..]]));
        Assert.True(Opens(ring, first));
    }

    [Fact]
    public void Name_IsAuthenticated()
    {
        // Two names for one secret: a ticket is still good only under the name that it was sealed with.
        byte[] secret = Exchange.Bytes(32);
        SessionTicketKeyRing one = MakeRing(), other = MakeRing();
        Assert.True(one.Import(new SessionTicketKey(new byte[16], secret, _clock.Now), makeCurrent: true));
        byte[] otherName = Exchange.Bytes(16);
        Assert.True(other.Import(new SessionTicketKey(otherName, secret, _clock.Now), makeCurrent: true));
        byte[] ticket = Seal(one);

        Assert.True(Opens(one, ticket));
        Assert.False(Opens(other, [.. otherName, .. ticket[16..]]));
    }

    [Fact]
    public void TooLittleRoom_IsRefused()
    {
        SessionTicketKeyRing ring = MakeRing();
        Assert.Throws<ArgumentException>(() => ring.Seal(Content, new byte[Content.Length + ring.MaximumOverhead - 1]));
        byte[] ticket = Seal(ring);
        Assert.Throws<ArgumentException>(() => ring.TryOpen(ticket, new byte[Content.Length - 1], out _));
    }

    /// <summary>CVE-2020-13777: tickets were sealed under zeros.</summary>
    [Fact]
    public void ProviderThatDrawsNothingButZeros_GetsNoRing()
    {
        var zeros = new ScriptedCryptoProvider(new byte[1000]);
        Assert.Throws<ArgumentException>(() => new SessionTicketKeyRing(new SessionTicketKeyRingOptions { CryptoProvider = zeros }));
        Assert.Equal(1000 - 48, zeros.Remaining); // the first key is drawn before there is a ring
    }

    [Fact]
    public void Export_LetsAnotherRingOpenAllTickets()
    {
        SessionTicketKeyRing ring = MakeRing(), other = MakeRing();
        byte[] old = Seal(ring);
        ring.Rotate();
        byte[] current = Seal(ring);

        IReadOnlyList<SessionTicketKey> keys = ring.Export();
        Assert.Equal([NameOf(current), NameOf(old)], keys.Select(key => key.Name.ToArray()));
        Assert.False(Opens(other, old));
        foreach (SessionTicketKey key in keys)
        {
            Assert.True(other.Import(key, makeCurrent: false));
            key.Dispose();
        }

        Assert.Equal(3, other.Count);
        Assert.True(Opens(other, old));
        Assert.True(Opens(other, current));
        Assert.False(Opens(ring, Seal(other))); // its own key seals still
    }

    [Fact]
    public void Import_CanMakeAKeyThatIsThereTheOneThatSeals()
    {
        SessionTicketKeyRing ring = MakeRing(), other = MakeRing();
        byte[] own = Seal(other);
        using SessionTicketKey key = ring.Export()[0];
        Assert.True(other.Import(key, makeCurrent: false));
        Assert.True(other.Import(key, makeCurrent: true));
        Assert.True(other.Import(key, makeCurrent: true));

        Assert.Equal(2, other.Count);
        Assert.Equal(key.Name.ToArray(), NameOf(Seal(other)));
        Assert.True(Opens(ring, Seal(other)));
        Assert.True(Opens(other, own));
    }

    [Fact]
    public void ImportedKey_AgesFromWhenItWasDrawn()
    {
        SessionTicketKeyRing ring = MakeRing();
        byte[] ticket = Seal(ring);
        using SessionTicketKey key = ring.Export()[0];
        _clock.Advance(TimeSpan.FromHours(3));
        SessionTicketKeyRing other = MakeRing(), opener = MakeRing(options => options.RotationInterval = TimeSpan.FromHours(4));
        Assert.True(other.Import(key, makeCurrent: true));
        Assert.True(opener.Import(key, makeCurrent: false));

        _clock.Advance(TimeSpan.FromHours(1));
        Assert.NotEqual(key.Name.ToArray(), NameOf(Seal(other)));
        _clock.Advance(TimeSpan.FromHours(12) - TimeSpan.FromTicks(1));
        Assert.True(Opens(other, ticket));
        Assert.True(Opens(opener, ticket));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.False(Opens(other, ticket));
        Assert.False(Opens(opener, ticket));
        Assert.False(other.Import(key, makeCurrent: true));
        Assert.False(Opens(other, ticket));
    }

    [Fact]
    public void Import_OfAnotherSecretUnderAKnownName_IsRefused()
    {
        SessionTicketKeyRing ring = MakeRing();
        using SessionTicketKey key = ring.Export()[0];
        using var false1 = new SessionTicketKey(key.Name.Span, Exchange.Bytes(32), _clock.Now);

        Assert.Throws<ArgumentException>(() => ring.Import(false1, makeCurrent: true));
        false1.Dispose();
        Assert.Throws<ObjectDisposedException>(() => MakeRing().Import(false1, makeCurrent: true));
    }

    [Fact]
    public void Remove_ForgetsAtOnce()
    {
        SessionTicketKeyRing ring = MakeRing();
        byte[] old = Seal(ring);
        ring.Rotate();
        byte[] current = Seal(ring);
        TicketKey[] keys = Keys(ring);

        Assert.False(ring.Remove(new byte[16]));
        Assert.False(ring.Remove(NameOf(old).AsSpan(1)));
        Assert.True(ring.Remove(NameOf(current)));
        Assert.False(Opens(ring, current));
        Assert.True(Opens(ring, old));
        Assert.True(ring.Remove(NameOf(old)));
        Assert.False(Opens(ring, old));
        Assert.False(ring.Remove(NameOf(old)));
        Assert.True(Opens(ring, Seal(ring)));
        Assert.All(keys, key => Assert.False(key.TryCopySecret(new byte[32])));
    }

    [Fact]
    public void Key_RefusesWhatIsNone()
    {
        byte[] name = new byte[16], secret = Exchange.Bytes(32);
        Assert.Throws<ArgumentException>(() => new SessionTicketKey(name.AsSpan(1), secret, _clock.Now));
        Assert.Throws<ArgumentException>(() => new SessionTicketKey(name, secret.AsSpan(1), _clock.Now));
        Assert.Throws<ArgumentException>(() => new SessionTicketKey(name, [.. secret, 1], _clock.Now));
        Assert.Throws<ArgumentException>(() => new SessionTicketKey(name, new byte[32], _clock.Now));
    }

    [Fact]
    public void Key_IsACopyThatTellsNothingAndIsCleared()
    {
        byte[] secret = Exchange.Bytes(32), copy = new byte[32];
        var key = new SessionTicketKey(new byte[16], secret, _clock.Now);
        Array.Clear(secret);
        key.CopySecretTo(copy);
        Assert.Equal(Exchange.Bytes(32), copy);
        Assert.Equal("SessionTicketKey", key.ToString());

        key.Dispose();

        Assert.Throws<ObjectDisposedException>(() => key.CopySecretTo(copy));
        Assert.Equal(new byte[32], copy);
    }

    [Fact]
    public async Task SealsAndOpens_WhileKeysComeAndGo_NeverFailAndNeverUseAClearedKey()
    {
        SessionTicketKeyRing ring = MakeRing(options => (options.MaximumKeys, options.MaximumTicketsPerKey) = (2, 50));
        using var stop = new CancellationTokenSource();
        long seals = 0;
        using var zero = DefaultCryptoProvider.Instance.CreateAead(SynHello.Wire.CipherSuite.TlsAes256GcmSha384, new byte[32]);
        var zeroLock = new Lock();
        Task[] users = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(
            () =>
            {
                byte[] content = new byte[500];
                do
                {
                    byte[] ticket = Seal(ring);
                    ring.TryOpen(ticket, content, out int _);
                    lock (zeroLock)
                        Assert.False(zero.TryOpen(ticket.AsSpan(16, 12), ticket.AsSpan(0, 16), ticket.AsSpan(28), content.AsSpan(0, Content.Length)));
                    Interlocked.Increment(ref seals);
                }
                while (!stop.IsCancellationRequested);
            },
            Cancelled))];
        for (int i = 0; i < 3000; i++)
        {
            ring.Rotate();
            _clock.Advance(TimeSpan.FromHours(1));
        }

        await stop.CancelAsync();
        await Task.WhenAll(users).Guarded();
        Assert.NotEqual(0, seals);
        Assert.InRange(ring.Count, 1, 2);
    }

    [Fact]
    public void Refusal_AllocatesLittle()
    {
        SessionTicketKeyRing ring = MakeRing();
        byte[] unknown = Exchange.Bytes(200), content = new byte[200];
        ring.TryOpen(unknown, content, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            ring.TryOpen(unknown, content, out _);
            ring.TryOpen(unknown.AsSpan(0, i % 44), content, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private SessionTicketKeyRing MakeRing(Action<SessionTicketKeyRingOptions>? configure = null) =>
        TicketRings.MakeRing(_clock, configure);
}
