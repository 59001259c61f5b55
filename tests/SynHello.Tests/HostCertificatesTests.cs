using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>Which certificates are shown for which host.</summary>
public sealed class HostCertificatesTests
{
    private static readonly TlsCredential _a = TestCertificates.Shared(CertificateKind.EcdsaP256).ToCredential();
    private static readonly TlsCredential _b = TestCertificates.Shared(CertificateKind.EcdsaP384).ToCredential();
    private static readonly TlsCredential _c = TestCertificates.Shared(CertificateKind.Rsa2048).ToCredential();

    [Theory]
    [InlineData("a.example", "a")]
    [InlineData("A.eXAMPLE", "a")]
    [InlineData("a.example.", "a")]
    [InlineData("x.a.example", "")]
    [InlineData("example", "")]
    [InlineData("", "")]
    [InlineData(".", "")]
    [InlineData("www.b.example", "b")]
    [InlineData("WWW.B.Example.", "b")]
    [InlineData("xn--bcher-kva.b.example", "b")]
    [InlineData("b.example", "")]
    [InlineData("x.www.b.example", "")]
    [InlineData(".b.example", "")]
    [InlineData("own.b.example", "cb")]
    [InlineData("*.b.example", "b")]
    [InlineData("xn--bcher-kva.example", "c")]
    [InlineData("XN--BCHER-KVA.example", "c")]
    [InlineData("bücher.example", "c")]
    [InlineData("BÜCHER.Example.", "c")]
    [InlineData("büchen.example", "")]
    [InlineData("under_score.example", "c")]
    [InlineData("127.0.0.1", "c")]
    [InlineData("::1", "c")]
    public void Find_TakesTheNameAlone_ThenOneLabelOfAWildcard(string host, string expected)
    {
        var hosts = new HostCertificates(
            new HostCertificate(_a, "a.example"),
            new HostCertificate(_b, "*.b.example"),
            new HostCertificate(_c, "own.b.example", "Bücher.example.", "under_score.example", "127.0.0.1", "0:0::1"));
        Assert.Equal(Credentials(expected), hosts.Find(host));
    }

    [Theory]
    [InlineData(null, "c")]
    [InlineData("", "c")]
    [InlineData("a.example", "a")]
    [InlineData("other.example", "c")]
    [InlineData("ü..example", "c")]
    public void Find_FallsBackToTheDefault(string? host, string expected)
    {
        var hosts = new HostCertificates(
            new HostCertificate(_a, "a.example"), new HostCertificate(_c, "c.example") { IsDefault = true });
        Assert.Equal(Credentials(expected), hosts.Find(host));
    }

    [Fact]
    public void Find_WithoutADefault_IsEmptyForUnknownHosts()
    {
        Assert.Empty(new HostCertificates(new HostCertificate(_a, "a.example")).Find(null));
        Assert.Empty(new HostCertificates().Find("a.example"));
    }

    [Fact]
    public void Find_KeepsTheOrderOfSeveralKeys()
    {
        var hosts = new HostCertificates(
            new HostCertificate(_b, "*.example"),
            new HostCertificate(_c, "a.example") { IsDefault = true },
            new HostCertificate(_a, "a.example", "A.example") { IsDefault = true },
            new HostCertificate(_c, "a.example"));
        Assert.Equal([_c, _a, _b], hosts.Find("a.example"));
        Assert.Equal([_c, _a], hosts.Find(null));
        Assert.Equal([_b, _c, _a], hosts.Credentials);
    }

    [Fact]
    public void HostNames_AreThoseOfTheCertificateUnlessGiven()
    {
        using TestChain chain = TestCertificates.Issue(
            CertificateKind.EcdsaP256,
            ["WWW.Example.com", "*.example.com", "xn--bcher-kva.example", "192.0.2.1", "2001:db8::1", "no name", "f*.example.com", "*"]);
        Assert.Equal(
            ["www.example.com", "*.example.com", "xn--bcher-kva.example", "192.0.2.1", "2001:db8::1"],
            new HostCertificate(chain.ToCredential()).HostNames);
        Assert.Equal(["xn--bcher-kva.example"], new HostCertificate(chain.ToCredential(), "bücher.example", "BÜCHER.example.").HostNames);
        using TestChain nobody = TestCertificates.Issue(CertificateKind.EcdsaP256, []);
        Assert.Empty(new HostCertificate(nobody.ToCredential()).HostNames);
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("*.")]
    [InlineData("a.*.example")]
    [InlineData("*.*.example")]
    [InlineData("w*.example")]
    [InlineData("a b")]
    [InlineData("ü b")]
    [InlineData("a..b")]
    [InlineData(".example")]
    [InlineData("example..")]
    [InlineData("https://example.com")]
    [InlineData("example.com:443")]
    [InlineData("ü..example")]
    [InlineData("label-of-64-letters-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.example")]
    public void HostNames_ThatAreNone_AreRefused(string name) =>
        Assert.Contains(
            $"\"{name}\"",
            Assert.Throws<ArgumentException>(() => new HostCertificate(_a, name)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void HostNames_OfTenThousandHosts_AreFoundWithoutAllocation()
    {
        string[] names = [.. Enumerable.Range(0, 10_000).Select(i => $"host-{i}.example"), "*.wild.example"];
        var hosts = new HostCertificates(new HostCertificate(_a, names), new HostCertificate(_b, "b.example") { IsDefault = true });
        string[] asked = ["host-9999.example", "HOST-77.EXAMPLE.", "any.wild.example", "unknown.example"];
        TlsCredential[] expected = [_a, _a, _a, _b];
        for (int i = 0; i < asked.Length; i++)
            Assert.Same(expected[i], hosts.Find(asked[i])[0]);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            hosts.Find(asked[i % asked.Length]);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    /// <summary>Each look-up sees all of one state or all of the other.</summary>
    [Fact]
    public async Task Replace_IsAtOnce()
    {
        HostCertificate[] one = [new(_a, "x.example", "*.y.example"), new(_b, "x.example")];
        HostCertificate[] two = [new(_b, "x.example", "*.y.example"), new(_a, "x.example")];
        var hosts = new HostCertificates(one);
        using var stop = new CancellationTokenSource();
        Task reader = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                IReadOnlyList<TlsCredential> found = hosts.Find("x.example");
                Assert.Equal(2, found.Count);
                Assert.Same(found[0] == _a ? _b : _a, found[1]);
                Assert.Single(hosts.Find("z.y.example"));
            }
        });
        for (int i = 0; i < 2000; i++)
            hosts.Replace(i % 2 == 0 ? two : one);
        await stop.CancelAsync();
        await reader.Guarded();
        hosts.Replace([]);
        Assert.Empty(hosts.Find("x.example"));
        Assert.Empty(hosts.Credentials);
    }

    [Theory]
    [InlineData("a.example", false)]
    [InlineData("www.b.example", false)]
    [InlineData("unknown.example", true)]
    [InlineData(null, true)]
    public void Select_DecidesForTheEngine(string? host, bool refused)
    {
        var hosts = new HostCertificates(new HostCertificate(_a, "a.example"), new HostCertificate(_c, "*.b.example"));
        using var pair = new EnginePair(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance),
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, []) { CredentialSelector = hosts.Select },
            host);
        pair.Handshake();
        Assert.Equal(refused ? TlsErrorCause.UnrecognizedName : null, pair.Server.Failure?.Cause);
        Assert.Equal(refused ? null : hosts.Find(host)[0], pair.ServerEngine.Negotiated.LocalCredential);
    }

    private static TlsCredential[] Credentials(string letters) =>
        [.. letters.Select(letter => letter switch { 'a' => _a, 'b' => _b, _ => _c })];
}
