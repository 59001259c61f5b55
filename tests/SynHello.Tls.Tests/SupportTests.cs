using System.Security.Cryptography.X509Certificates;
using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>What other tests lean on does what it says.</summary>
public sealed class SupportTests
{
    [Fact]
    public void Clock_FiresTimersInTheirOrderAndAtTheirTimes()
    {
        var clock = new FakeTimeProvider();
        DateTimeOffset start = clock.GetUtcNow();
        var fired = new List<string>();
        using ITimer late =
            clock.CreateTimer(_ => Note("late"), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using ITimer often =
            clock.CreateTimer(_ => Note("often"), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        ITimer never = clock.CreateTimer(_ => Note("never"), null, TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
        never.Dispose();
        Assert.False(never.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        Assert.Equal(2, clock.ActiveTimers);

        clock.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Empty(fired);
        clock.Advance(TimeSpan.FromSeconds(2.2));
        Assert.Equal(["often 1", "often 2", "late 3", "often 3"], fired);
        Assert.Equal(TimeSpan.FromSeconds(3.1), clock.GetUtcNow() - start);
        often.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Assert.Equal(0, clock.ActiveTimers);
        Assert.Equal(
            TimeSpan.FromSeconds(2), clock.GetElapsedTime(clock.GetTimestamp(), clock.GetTimestamp()
                + TimeSpan.TicksPerSecond * 2));

        void Note(string name) => fired.Add($"{name} {(clock.GetUtcNow() - start).TotalSeconds}");
    }

    [Fact]
    public async Task Clock_DrivesCancellationAndDelays()
    {
        var clock = new FakeTimeProvider();
        using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(10), clock);
        Task delay = Task.Delay(TimeSpan.FromSeconds(5), clock, cancellation.Token);
        clock.Advance(TimeSpan.FromSeconds(5));
        await delay;
        Assert.False(cancellation.IsCancellationRequested);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(cancellation.IsCancellationRequested);
    }

    [Theory]
    [InlineData(CertificateKind.EcdsaP256)]
    [InlineData(CertificateKind.EcdsaP384)]
    [InlineData(CertificateKind.Rsa2048)]
    public void Chains_AreTrustedThroughTheirRootAndNotAfterTheyExpired(CertificateKind kind)
    {
        TestChain valid = TestCertificates.Shared(kind);
        Assert.Equal(X509ChainStatusFlags.NoError, Judge(valid));
        Assert.True(valid.Leaf.MatchesHostname("example.com"));
        Assert.False(valid.Leaf.MatchesHostname("other.example"));
        using TestChain expired = TestCertificates.Expired(kind, "example.com");
        Assert.Equal(X509ChainStatusFlags.NotTimeValid, Judge(expired));
        using TestChain selfSigned = TestCertificates.SelfSigned(kind, "example.com");
        Assert.Equal(X509ChainStatusFlags.NoError, Judge(selfSigned));
        using TestChain direct = TestCertificates.Issue(kind, ["example.com"], withIntermediate: false);
        Assert.Equal(X509ChainStatusFlags.NoError, Judge(direct));
        using X509Credential fromPem = X509Credential.FromPem(valid.ToCertificatePem(), valid.ToKeyPem());
        Assert.Equal(2, fromPem.CertificateChain.Count);
    }

    [Fact]
    public void ScriptedRandomness_ThrowsWhenItIsUsedUp()
    {
        var provider = new ScriptedCryptoProvider(new byte[] { 1, 2, 3 });
        byte[] drawn = new byte[2];
        provider.FillRandom(drawn);
        Assert.Equal([1, 2], drawn);
        Assert.Equal(1, provider.Remaining);
        Assert.Throws<InvalidOperationException>(() => provider.FillRandom(drawn));
    }

    private static X509ChainStatusFlags Judge(TestChain test)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(test.Root);
        chain.ChainPolicy.ExtraStore.AddRange(test.Intermediates);
        chain.Build(test.Leaf);
        return chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
    }

    [Fact]
    public void HashOfNothing_IsTheProviders()
    {
        foreach (CipherSuite suite in Engines.Suites)
        {
            CipherSuiteParameters parameters = CipherSuiteParameters.Of(suite);
            byte[] hash = new byte[parameters.HashLength];
            DefaultCryptoProvider.Instance.Hash(parameters.Hash, [], hash);
            Assert.Equal(hash, parameters.EmptyHash.ToArray());
        }
    }
}
