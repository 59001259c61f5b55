using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>
/// That a verdict comes from memory shows where it could not be made anew: the trusted root is disposed of after the first one.
/// </summary>
public sealed class VerifiedChainsTests
{
    private static readonly TestChain Chain = TestCertificates.Shared(CertificateKind.EcdsaP256);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void GoodVerdict_HoldsForItsLifetime()
    {
        var clock = new StoppedTimers();
        CertificateVerification verification = Verify(Chain, options => options.TimeProvider = clock);

        Assert.Null(Check(verification, "example.com"));
        clock.Offset = VerifiedChains.Lifetime - TimeSpan.FromMinutes(1);
        Assert.Null(Check(verification, "example.com"));
        clock.Offset = VerifiedChains.Lifetime;
        Assert.NotNull(Check(verification, "example.com"));
    }

    [Fact]
    public void VerdictIsForOneHostAndOneChain()
    {
        CertificateVerification verification = Verify(Chain);
        ReadOnlyMemory<byte>[] longer = [.. Encode(Chain), Chain.Root.RawData];
        ReadOnlyMemory<byte>[] shorter = [Encode(Chain)[0]];

        Assert.Null(Check(verification, "example.com"));
        Assert.NotNull(Check(verification, "localhost"));
        Assert.NotNull(verification.Check(this, longer, "example.com", out _));
        Assert.NotNull(verification.Check(this, shorter, "example.com", out _));
        Assert.Null(Check(verification, "example.com"));
    }

    [Fact]
    public void ExpiredCertificate_IsRefusedThoughItsVerdictIsYoung()
    {
        using TestChain chain = TestCertificates.Issue(
            CertificateKind.EcdsaP256, ["example.com"], notAfter: DateTimeOffset.UtcNow.AddMinutes(2));
        var clock = new StoppedTimers();
        var verification = new CertificateVerification(new SecureClientOptions { TrustedRoots = [chain.Root], TimeProvider = clock });

        Assert.Null(verification.Check(this, Encode(chain), "example.com", out _));
        clock.Offset = TimeSpan.FromMinutes(2.1);

        Assert.Equal(TlsErrorCause.CertificateExpired, verification.Check(this, Encode(chain), "example.com", out _)?.Cause);
    }

    [Fact]
    public void Callback_IsAskedEachTime()
    {
        int calls = 0;
        var verification = new CertificateVerification(new SecureClientOptions
        {
            TrustedRoots = [Chain.Root],
            RemoteCertificateValidationCallback = (_, _, _, _) => ++calls < 3,
        });

        Assert.Null(Check(verification, "example.com"));
        Assert.Null(Check(verification, "example.com"));
        Assert.NotNull(Check(verification, "example.com"));
    }

    [Fact]
    public void RevocationCheckOrTimeOfThePolicy_MeansNoMemory()
    {
        AssertForgets(new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.Offline,
            VerificationFlags = X509VerificationFlags.IgnoreCertificateAuthorityRevocationUnknown
                | X509VerificationFlags.IgnoreEndRevocationUnknown
                | X509VerificationFlags.IgnoreRootRevocationUnknown,
        });
        AssertForgets(new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, VerificationTime = DateTime.UtcNow });

        void AssertForgets(X509ChainPolicy policy)
        {
            CertificateVerification verification = Verify(Chain, options => options.CertificateChainPolicy = policy);
            Assert.NotNull(Check(verification, "example.com"));
        }
    }

    [Fact]
    public void PolicyWithoutRevocation_HasAMemory()
    {
        CertificateVerification verification = Verify(
            Chain,
            options => options.CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck });

        Assert.Null(Check(verification, "example.com"));
    }

    [Fact]
    public void BadVerdict_IsNotKept()
    {
        using TestChain chain = TestCertificates.Issue(
            CertificateKind.EcdsaP256, ["example.com"], notBefore: DateTimeOffset.UtcNow.AddMinutes(1));
        var clock = new StoppedTimers();
        var verification = new CertificateVerification(new SecureClientOptions { TrustedRoots = [chain.Root], TimeProvider = clock });

        Assert.NotNull(verification.Check(this, Encode(chain), "example.com", out _));
        clock.Offset = TimeSpan.FromMinutes(2);
        Assert.Null(verification.Check(this, Encode(chain), "example.com", out _));
    }

    [Fact]
    public void Memory_EndsAtTheLifetimeOrTheEndOfACertificate()
    {
        var verified = new VerifiedChains(_clock);
        VerifiedChains.Key late = Key("late"), soon = Key("soon");
        verified.Add(late, Until(_clock.GetUtcNow().AddYears(1)));
        verified.Add(soon, Until(_clock.GetUtcNow().AddMinutes(1)));
        Assert.False(verified.Contains(Key("other")));

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(verified.Contains(soon)); // the last moment of its validity
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.False(verified.Contains(soon));
        Assert.True(verified.Contains(late));
        _clock.Advance(VerifiedChains.Lifetime - TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(2));
        Assert.True(verified.Contains(late));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.False(verified.Contains(late));
    }

    [Fact]
    public void TimeOfDaySetBack_MakesNoVerdictHoldLonger()
    {
        var clock = new SettableTimeOfDay();
        var verified = new VerifiedChains(clock);
        verified.Add(Key("a"), new(clock.GetTimestamp(), default, DateTimeOffset.MaxValue, DateTimeOffset.MaxValue, []));
        clock.SetBack = TimeSpan.FromDays(1);
        Assert.True(verified.Contains(Key("a")));

        clock.Elapsed = VerifiedChains.Lifetime;
        Assert.False(verified.Contains(Key("a")));
    }

    [Fact]
    public void Memory_IsBounded()
    {
        var verified = new VerifiedChains(_clock);
        for (int i = 0; i < VerifiedChains.Capacity; i++)
            verified.Add(Key($"old {i}"), Until(DateTimeOffset.MaxValue));
        Assert.Equal(VerifiedChains.Capacity, verified.Count);

        // Full of what holds: it starts anew. Full of what is over: only that goes.
        verified.Add(Key("one more"), Until(DateTimeOffset.MaxValue));
        Assert.Equal(1, verified.Count);
        Assert.True(verified.Contains(Key("one more")));
        for (int i = 0; i < VerifiedChains.Capacity - 1; i++)
            verified.Add(Key($"short {i}"), Until(_clock.GetUtcNow().AddSeconds(1)));
        _clock.Advance(TimeSpan.FromSeconds(2));
        verified.Add(Key("the last"), Until(DateTimeOffset.MaxValue));
        Assert.Equal(2, verified.Count);
        Assert.True(verified.Contains(Key("one more")));
    }

    [Fact]
    public void Key_TellsPartsApart()
    {
        byte[] one = [1], two = [2], both = [1, 2];
        VerifiedChains.Key[] keys =
        [
            VerifiedChains.Key.Of([one, two], [], "h"),
            VerifiedChains.Key.Of([two, one], [], "h"),
            VerifiedChains.Key.Of([both], [], "h"),
            VerifiedChains.Key.Of([one], [], "h"),
            VerifiedChains.Key.Of([one, two], [], "g"),
            VerifiedChains.Key.Of([two], [], "h\u0001"),
            VerifiedChains.Key.Of([one, two, Array.Empty<byte>()], [], "h"),
        ];

        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], VerifiedChains.Key.Of([one, two], [], "h"));
    }

    /// <summary>Has the chain judged once, and disposes of the root then.</summary>
    private static CertificateVerification Verify(TestChain chain, Action<SecureClientOptions>? configure = null)
    {
        X509Certificate2 root = X509CertificateLoader.LoadCertificate(chain.Root.RawData);
        var options = new SecureClientOptions { TrustedRoots = [root] };
        configure?.Invoke(options);
        var verification = new CertificateVerification(options);
        Assert.Null(Check(verification, "example.com"));
        root.Dispose();
        return verification;
    }

    private static TlsProtocolException? Check(CertificateVerification verification, string host) =>
        verification.Check(new object(), Encode(Chain), host, out _);

    private static ReadOnlyMemory<byte>[] Encode(TestChain chain) => [chain.Leaf.RawData, chain.Intermediates[0].RawData];

    private static VerifiedChains.Key Key(string host) => VerifiedChains.Key.Of([new byte[] { 1 }], [], host);

    private sealed class SettableTimeOfDay : TimeProvider
    {
        public TimeSpan SetBack { get; set; }

        public TimeSpan Elapsed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(60) + Elapsed - SetBack;

        public override long GetTimestamp() => Elapsed.Ticks;
    }

    private VerifiedChains.Verdict Until(DateTimeOffset end) => new(_clock.GetTimestamp(), default, end, end, []);
}
