using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Tls;

using CertificateRequest = System.Security.Cryptography.X509Certificates.CertificateRequest;

namespace SynHello.Tests;

/// <summary>What is said of certificate chains before anybody is shown them.</summary>
public sealed class ChainReportTests
{
    private const string Elsewhere = "http://ca.example/issuer.crt";
    private const int MostBesides = 70; // what the estimate of a flight counts, and this server does not send

    private static readonly FakeTimeProvider _clock = new();
    private static readonly Authority _root = new("root");
    private static readonly Authority _upper = new("upper", _root, fetchable: true);
    private static readonly Authority _lower = new("lower", _upper, fetchable: true);
    private static readonly X509Certificate2 _leaf = Leaf(_lower);

    [Fact]
    public void Chain_ThatIsAsItShouldBe_HasNoProblem()
    {
        AssertProblems([_leaf, _lower.Certificate, _upper.Certificate]);
        AssertProblems([Leaf(_root, fetchable: false)]); // a private authority
        AssertProblems([Leaf(_root, fetchable: true)]);
        AssertProblems([_root.Certificate]); // vouches for itself, and is all there is
    }

    [Fact]
    public void Chain_WithTheRoot_IsTooLong() => AssertProblems(
        [_leaf, _lower.Certificate, _upper.Certificate, _root.Certificate], (ChainProblemKind.SelfSignedRoot, "CN=root"));

    [Fact]
    public void Chain_WithoutAnIntermediate_MayNotBeCompleted()
    {
        AssertProblems([_leaf], (ChainProblemKind.MissingIntermediate, "CN=lower"), (ChainProblemKind.MissingIntermediate, Elsewhere));
        AssertProblems([_leaf, _lower.Certificate], (ChainProblemKind.MissingIntermediate, "CN=upper"));
        AssertProblems(
            [_leaf, _upper.Certificate],
            (ChainProblemKind.Unrelated, "CN=upper"),
            (ChainProblemKind.MissingIntermediate, "CN=lower"));
    }

    [Fact]
    public void Chain_InTheWrongOrder_IsToldFromOneWithStrangers()
    {
        AssertProblems([_leaf, _upper.Certificate, _lower.Certificate], (ChainProblemKind.WrongOrder, "CN=upper"));
        var stranger = new Authority("stranger", _root);
        AssertProblems(
            [_leaf, stranger.Certificate, _lower.Certificate, _upper.Certificate], (ChainProblemKind.Unrelated, "CN=stranger"));

        // The same name, and another key than the leaf was signed with.
        var renewed = new Authority("lower", _upper);
        AssertProblems([_leaf, renewed.Certificate, _lower.Certificate, _upper.Certificate], (ChainProblemKind.Unrelated, "CN=lower"));
    }

    /// <summary>One authority under two others: some clients trust the one, some the other.</summary>
    [Fact]
    public void Chain_ThatIsCrossSigned_HasNoProblem()
    {
        var old = new Authority("old");
        AssertProblems([_leaf, _lower.Certificate, _upper.Certificate, _upper.SignedBy(old)]);

        // One end that is trusted is enough.
        X509Certificate2 unknown = _upper.SignedBy(old, fetchable: true);
        AssertProblems([_leaf, _lower.Certificate, unknown], (ChainProblemKind.MissingIntermediate, "CN=old"));
        AssertProblems([_leaf, _lower.Certificate, unknown, _upper.Certificate]);
        AssertProblems([_leaf, _lower.Certificate, _upper.Certificate, unknown]);
    }

    [Theory]
    [InlineData(-400, -1, ChainProblemKind.Expired)]
    [InlineData(1, 400, ChainProblemKind.NotYetValid)]
    [InlineData(-80, 13, ChainProblemKind.ExpiresSoon)]
    [InlineData(-80, 15, null)]
    public void Chain_IsMeasuredAgainstTheClock(int from, int until, ChainProblemKind? expected)
    {
        using X509Certificate2 leaf = Leaf(_root, from: from, until: until);
        AssertProblems([leaf], expected is { } kind ? [(kind, "CN=leaf")] : []);
        Assert.Equal(new DateTimeOffset(leaf.NotAfter), Report([leaf]).NotAfter);

        using X509Certificate2 intermediate = _upper.SignedBy(_root, from: from, until: until);
        using X509Certificate2 below = Leaf(_upper);
        AssertProblems([below, intermediate], expected is { } problem ? [(problem, "CN=upper")] : []);
    }

    /// <summary>Clients refuse it, ours among them; the root's own signature says nothing.</summary>
    [Theory]
    [InlineData(1024, "1.2.840.113549.1.1.11", "SHA256", "the key of the certificate of CN=leaf is too weak: RSA with 1024 bits")]
    [InlineData(2048, "1.2.840.113549.1.1.5", "SHA1", "the signature on the certificate of CN=leaf is too weak: SHA-1")]
    [InlineData(2048, "1.2.840.113549.1.1.4", "MD5", "the signature on the certificate of CN=leaf is too weak: MD5")]
    [InlineData(2048, "1.2.840.113549.1.1.11", "SHA256", null)]
    public void Chain_ThatIsWeak_IsReported(int bits, string algorithm, string hash, string? expected)
    {
        using var key = RSA.Create(bits);
        using var issuerKey = RSA.Create(2048);
        var signer = new FreeSigner(issuerKey, algorithm);
        var name = new HashAlgorithmName(hash);
        using X509Certificate2 leaf = CertificateForge.Leaf(key, "CN=issuer", issuerKey, name, signer);
        using X509Certificate2 issuer = CertificateForge.Authority("CN=issuer", issuerKey, "CN=issuer", issuerKey, name, signer);
        ChainReport report = Report([leaf, issuer], TimeProvider.System);
        IEnumerable<ChainProblem> weak = report.Problems.Where(problem => problem.Kind == ChainProblemKind.Weak);
        if (expected is null)
            Assert.Empty(weak);
        else
            Assert.StartsWith(expected, Assert.Single(weak).Description, StringComparison.Ordinal);

        // Alone it is its own root, and its key has to hold all the same.
        using X509Certificate2 alone = CertificateForge.Authority("CN=leaf", key, "CN=leaf", key, name, new FreeSigner(key, algorithm));
        weak = Report([alone], TimeProvider.System).Problems.Where(problem => problem.Kind == ChainProblemKind.Weak);
        Assert.Equal(bits < 2048, weak.Any());
    }

    /// <summary>An authority that changes its key vouches for the new one under its own name; the old one is still the root.</summary>
    [Fact]
    public void Chain_WithAnAuthoritysNewKey_IsNotTakenForOneWithARoot()
    {
        var renewed = new Authority("root", _root);
        using X509Certificate2 leaf = Leaf(renewed);
        AssertProblems([leaf, renewed.Certificate]);
        AssertProblems([leaf, renewed.Certificate, _root.Certificate], (ChainProblemKind.SelfSignedRoot, "CN=root"));
        AssertProblems([leaf, _root.Certificate, renewed.Certificate], (ChainProblemKind.SelfSignedRoot, "CN=root"));
    }

    [Fact]
    public void Chain_ThatCannotBeRead_IsReported()
    {
        var report = ChainReport.Of(new ShownChain(new byte[] { 0x30, 0x03, 1, 2, 3 }), timeProvider: _clock);
        Assert.Equal(ChainProblemKind.Unreadable, Assert.Single(report.Problems).Kind);
        Assert.Equal("a certificate that cannot be read", report.Subject);
        report = ChainReport.Of(new ShownChain(_leaf.RawData, new byte[1]), timeProvider: _clock);
        Assert.Equal(ChainProblemKind.Unreadable, Assert.Single(report.Problems).Kind);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, 3272, 14_480)]
    [InlineData(AddressFamily.InterNetworkV6, 3152, 14_280)]
    public void Chain_IsWeighed(AddressFamily family, int budget, int window)
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.Rsa2048, [SecurePair.Host]);
        using X509Credential light = chain.ToCredential();
        var report = ChainReport.Of(light, family);
        Assert.Equal((budget, window), (report.AddressValidationBudget, report.InitialWindow));
        Assert.Equal("CN=example.com", report.Subject);
        Assert.Equal(ChainWeight.FlightLength(light), report.FlightLength);
        Assert.Empty(report.Problems);

        AssertWeight(2_000, ChainProblemKind.AboveAddressValidationBudget);
        AssertWeight(7_000, ChainProblemKind.AboveAddressValidationBudget, ChainProblemKind.AboveInitialWindow);

        void AssertWeight(int ballast, params ChainProblemKind[] expected)
        {
            using TestChain heavy = TestCertificates.Issue(CertificateKind.Rsa2048, [SecurePair.Host], ballast: ballast);
            report = ChainReport.Of(heavy.ToCredential(), family);
            Assert.Equal(expected, report.Problems.Select(problem => problem.Kind));
            Assert.All(
                report.Problems, problem => Assert.Contains($"{report.FlightLength}", problem.Description, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void FlightLengths_CountWhatAsksForTheClientsCertificate()
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, [SecurePair.Host]);
        using X509Credential credential = chain.ToCredential();
        var configuration = new TlsServerConfiguration(DefaultCryptoProvider.Instance, [credential])
        {
            ClientCertificateMode = TlsClientCertificateMode.Requested,
            ClientCertificateAuthorities = [new byte[1000], new byte[500]],
        };
        using var pair = new EnginePair(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { CertificateCompressionAlgorithms = [] }, configuration, SecurePair.Host);
        pair.ClientEngine.Start(pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        int sent = pair.Server.TakeOutput().Length;
        int estimate = ChainReport.Of(
            credential, AddressFamily.InterNetwork, TimeProvider.System, null, _ => true, ChainWeight.RequestLength(configuration)).FlightLength;
        Assert.InRange(estimate - sent, 0, MostBesides);
        Assert.Equal(0, ChainWeight.RequestLength(new TlsServerConfiguration(DefaultCryptoProvider.Instance, [credential])));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FlightLengths_AreWhatTheServerSends(bool compressed)
    {
        string[] names = [SecurePair.Host, .. Enumerable.Range(0, 100).Select(i => $"host-{i}.example.com")];
        using TestChain chain = TestCertificates.Issue(CertificateKind.Rsa2048, names);
        using X509Credential credential = chain.ToCredential();
        var report = ChainReport.Of(credential);
        Assert.True(report.CompressedFlightLength < report.FlightLength - 1000, $"{report}");

        using var pair = new EnginePair(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                CertificateCompressionAlgorithms = compressed ? DefaultCryptoProvider.Instance.CertificateCompressionAlgorithms : [],
            },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [credential]),
            SecurePair.Host);
        pair.ClientEngine.Start(pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        int sent = pair.Server.TakeOutput().Length;
        Assert.InRange((compressed ? report.CompressedFlightLength : report.FlightLength) - sent, 0, MostBesides);
    }

    [Fact]
    public void Warnings_HaveAnIdEach()
    {
        using X509Certificate2 expired = Leaf(_root, fetchable: false, from: -400, until: -1);
        using TestChain heavy = TestCertificates.Issue(CertificateKind.EcdsaP256, [SecurePair.Host], ballast: 8_000);
        Assert.Equal([91], Ids([_leaf, _lower.Certificate, _upper.Certificate, _root.Certificate]));
        Assert.Equal([92], Ids([_leaf]));
        Assert.Equal([93, 92], Ids([_leaf, _upper.Certificate, _lower.Certificate])); // the root is none of this system's
        Assert.Equal([94], Ids([Leaf(_root, fetchable: false), _upper.Certificate]));
        Assert.Equal([95], Ids([expired]));
        using var weakKey = RSA.Create(1024);
        using X509Certificate2 weak = CertificateForge.Authority("CN=weak", weakKey, "CN=weak", weakKey);
        Assert.Contains(95, Ids([weak]));
        using var weights = new CollectingLogger();
        Warn(weights, isCookieless: false, heavy.ToCredential());
        Warn(weights, isCookieless: true, heavy.ToCredential());
        Assert.Equal([90, 90, 12], weights.Entries.Select(entry => entry.Id).Where(id => id is 90 or 12));

        static IEnumerable<int> Ids(X509Certificate2[] chain)
        {
            using var log = new CollectingLogger();
            Warn(log, isCookieless: true, new ShownChain(chain));
            Assert.All(log.Entries, entry => Assert.Contains(chain[0].Subject, entry.Message, StringComparison.Ordinal));
            return [.. log.Entries.Select(entry => entry.Id)];
        }

        static void Warn(CollectingLogger log, bool isCookieless, TlsCredential credential) => ChainInspection.Warn(
            log, AddressFamily.InterNetwork, isCookieless, _clock, DefaultCryptoProvider.Instance, [credential]);
    }

    private static ChainReport Report(IEnumerable<X509Certificate2> chain, TimeProvider? clock = null) => ChainReport.Of(
        new ShownChain(chain),
        AddressFamily.InterNetwork,
        clock ?? _clock,
        cryptoProvider: null,
        name => name.Span.SequenceEqual(_root.Certificate.SubjectName.RawData));

    private static void AssertProblems(
        IEnumerable<X509Certificate2> chain, params (ChainProblemKind Kind, string Text)[] expected)
    {
        IReadOnlyList<ChainProblem> problems = Report(chain).Problems;
        Assert.Equal(expected.Select(problem => problem.Kind).Distinct(), problems.Select(problem => problem.Kind));
        foreach ((ChainProblemKind kind, string text) in expected)
            Assert.Contains(text, problems.Single(problem => problem.Kind == kind).Description, StringComparison.Ordinal);
    }

    private static X509Certificate2 Leaf(Authority issuer, bool fetchable = true, int from = -10, int until = 90)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return issuer.Issue("leaf", key, isAuthority: false, fetchable, from, until);
    }

    /// <summary>An authority with its certificate, valid around the clock's time.</summary>
    private sealed class Authority
    {
        private readonly string _name;
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public Authority(string name, Authority? issuer = null, bool fetchable = false)
        {
            _name = name;
            Certificate = (issuer ?? this).Issue(name, _key, isAuthority: true, fetchable);
        }

        public X509Certificate2 Certificate { get; }

        /// <summary>The same authority under another one.</summary>
        public X509Certificate2 SignedBy(Authority issuer, bool fetchable = false, int from = -100, int until = 100) =>
            issuer.Issue(_name, _key, isAuthority: true, fetchable, from, until);

        public X509Certificate2 Issue(
            string name, ECDsa key, bool isAuthority, bool fetchable, int from = -100, int until = 100)
        {
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(
                new X509SubjectKeyIdentifierExtension(new PublicKey(_key), critical: false)));
            if (fetchable)
                request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: null, [Elsewhere]));
            return request.Create(
                new X500DistinguishedName($"CN={_name}"),
                X509SignatureGenerator.CreateForECDsa(_key),
                _clock.GetUtcNow().AddDays(from),
                _clock.GetUtcNow().AddDays(until),
                [1, (byte)name.Length]);
        }
    }
}
