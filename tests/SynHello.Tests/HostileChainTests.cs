using System.Formats.Asn1;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>
/// Chains that are made to cost their reader time and memory. The bounds here are far above what was measured and far below what an
/// explosion would take: docs/threat-model.md has the figures.
/// </summary>
public sealed class HostileChainTests : IDisposable
{
    private const string RootName = "CN=root";
    private const int MostCertificates = 32;
    private const int MostAllocated = 16 * 1024 * 1024;

    private readonly List<IDisposable> _owned = [];
    private readonly CollectingLogger _log = new();
    private readonly ECDsa _rootKey = CertificateForge.P256();
    private readonly X509Certificate2 _root;

    public HostileChainTests() => _root = CertificateForge.Authority(RootName, _rootKey, RootName, _rootKey);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (IDisposable owned in _owned)
            owned.Dispose();
        _root.Dispose();
        _rootKey.Dispose();
        _log.Dispose();
    }

    /// <summary>Ten thousand names and addresses fit a handshake message just so: the verdict is right, wherever the name stands.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(5_000, true)]
    [InlineData(9_999, true)]
    [InlineData(-1, false)]
    public async Task Certificate_WithTenThousandNames_IsJudgedRightly(int position, bool isTaken)
    {
        var names = new SubjectAlternativeNameBuilder();
        for (int i = 0; i < 10_000; i++)
            names.AddIpAddress(Address(i == position ? -1 : i));
        ECDsa key = Key();
        X509Certificate2 leaf = LeafOf(key, names.Build());
        Assert.InRange(leaf.RawData.Length, 60_000, 65_000);
        await using SecureListener listener = Listen(key, [leaf]);

        SecureClient client = Client();
        if (isTaken)
        {
            await using SecureStream stream =
                await client.ConnectAsync(listener.LocalEndPoint, Address(-1).ToString(), Cancelled).Guarded();
        }
        else
        {
            TlsProtocolException refusal = await FailAsync(client, listener, Address(-1).ToString());
            Assert.Equal(TlsErrorCause.CertificateNameMismatch, refusal.Cause);
            Assert.True(refusal.Message.Length < 300, refusal.Message);
        }

        static IPAddress Address(int index) => index < 0
            ? IPAddress.Parse("192.0.2.1") : new IPAddress([10, 0, (byte)(index >> 8), (byte)index]);
    }

    /// <summary>Longer names make a longer message than is taken, compressed or not.</summary>
    [Theory]
    [InlineData(true, TlsErrorCause.BadCertificateCompression, "bad_certificate")]
    [InlineData(false, TlsErrorCause.HandshakeMessageTooLarge, "illegal_parameter")]
    public async Task Certificate_WithTenThousandLongerNames_IsRefusedUnread(bool compresses, TlsErrorCause cause, string alert)
    {
        X509Extension names = CertificateChecks.AlternativeNames(
            [SecurePair.Host, .. Enumerable.Range(0, 10_000).Select(i => $"{i:00000}.example")]);
        ECDsa key = Key();
        X509Certificate2 leaf = LeafOf(key, names);
        await using SecureListener listener = Listen(key, [leaf]);
        if (compresses)
        {
            Assert.Equal(cause, (await FailAsync(Client(), listener)).Cause);
        }
        else
        {
            using var client = new EngineClient(
                configure: provider => new TlsClientConfiguration(provider) { CertificateCompressionAlgorithms = [] });
            await client.ConnectAsync(listener.LocalEndPoint);
            await client.ReceiveServerFlightAsync();
            await client.FlushAsync();
            Assert.Equal(cause, Assert.IsType<TlsProtocolException>(client.Failure).Cause);
        }

        Assert.Contains(alert, (await _log.NextAsync(4)).Message, StringComparison.Ordinal);
    }

    /// <summary>A real one, each certificate certified by the next and the last by a root that is trusted.</summary>
    [Theory]
    [InlineData(MostCertificates, true)]
    [InlineData(MostCertificates + 1, false)]
    [InlineData(100, false)]
    public async Task Chain_OfManyCertificates_IsTakenUpToTheLimit(int length, bool isTaken)
    {
        (ECDsa key, List<X509Certificate2> chain) = Line(length);
        await using SecureListener listener = Listen(key, chain);
        SecureClient client = Client();
        if (isTaken)
        {
            await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
            return;
        }

        TlsProtocolException refusal = await FailAsync(client, listener);
        Assert.Equal(TlsErrorCause.TooManyCertificates, refusal.Cause);
        Assert.Equal("The peer's chain has more than 32 certificates.", refusal.Message);
        Assert.Contains("certificate_unknown", (await _log.NextAsync(4)).Message, StringComparison.Ordinal);
    }

    /// <summary>A client's chain of 100: the client is told, and the next one is served.</summary>
    [Fact]
    public async Task Chain_OfAClient_IsTakenUpToTheLimit()
    {
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.ClientCertificateMode = TlsClientCertificateMode.Required;
            options.TrustedClientRoots = [_root];
            options.LoggerFactory = _log;
        });
        (ECDsa key, List<X509Certificate2> chain) = Line(100);
        SecureClient client = SecurePair.MakeClient(options => options.Credentials = [new Shown(Credential(key, chain[0]), chain)]);
        await using (SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded())
        {
            await stream.FlushAsync(Cancelled);
            var failure = await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1], Cancelled).Guarded());
            Assert.Equal(AlertDescription.CertificateUnknown, Assert.IsType<TlsProtocolException>(failure.InnerException).PeerAlert);
        }

        Assert.Contains("TooManyCertificates", (await _log.NextAsync(4)).Message, StringComparison.Ordinal);
        (key, chain) = Line(3);
        SecureClient next = SecurePair.MakeClient(options => options.Credentials = [new Shown(Credential(key, chain[0]), chain)]);
        await using SecureStream served = await next.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
        await served.FlushAsync(Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal("CN=leaf", server.RemoteCertificate?.Subject);
    }

    [Fact]
    public async Task Chain_WithGarbage_IsMalformed()
    {
        (ECDsa key, List<X509Certificate2> chain) = Line(1);
        byte[] garbage = RandomNumberGenerator.GetBytes(600);
        var credential = new Shown(Credential(key, chain[0]), [chain[0].RawData, .. Enumerable.Repeat((ReadOnlyMemory<byte>)garbage, 31)]);
        await using SecureListener listener = Listen(credential);
        Assert.Equal(TlsErrorCause.MalformedCertificate, (await FailAsync(Client(), listener)).Cause);
        Assert.Contains("bad_certificate", (await _log.NextAsync(4)).Message, StringComparison.Ordinal);
    }

    /// <summary>Over a real connection: as large a bush as the limit of the chain lets through.</summary>
    [Theory]
    [InlineData(2, 7)]
    [InlineData(3, 3)]
    [InlineData(5, 1)]
    public async Task Bush_OfCrossSignedAuthorities_IsRefusedSoon(int width, int layers)
    {
        (ECDsa key, List<X509Certificate2> chain) = Bush(width, layers);
        Assert.InRange(chain.Count, 20, MostCertificates);
        await using SecureListener listener = Listen(key, chain);
        Assert.Equal(TlsErrorCause.UnknownCertificateAuthority, (await FailAsync(Client(), listener)).Cause);
    }

    /// <summary>
    /// And as large a one as a message could hold: building goes one way through it, not 2^45. Nothing of it depends on the limit of
    /// the chain alone.
    /// </summary>
    [Theory]
    [InlineData(2, 45)]
    [InlineData(3, 20)]
    [InlineData(13, 1)]
    public async Task Bush_OfCrossSignedAuthorities_HasNoPathsToTryOut(int width, int layers)
    {
        (_, List<X509Certificate2> chain) = Bush(width, layers);
        Assert.InRange(chain.Count, 150, 200);
        Assert.Equal(TlsErrorCause.UnknownCertificateAuthority, (await JudgeAsync(chain)).Cause);
    }

    /// <summary>Everybody certifies everybody else, and nobody is a root.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(13)]
    public async Task Circle_OfAuthorities_IsRefusedSoon(int count)
    {
        ECDsa[] keys = [.. Enumerable.Range(0, count).Select(_ => Key())];
        ECDsa leafKey = Key();
        List<X509Certificate2> chain = [Own(CertificateForge.Leaf(leafKey, "CN=0", keys[0]))];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                if (i != j)
                    chain.Add(Own(CertificateForge.Authority($"CN={i}", keys[i], $"CN={j}", keys[j])));
            }
        }

        Assert.Equal(TlsErrorCause.UnknownCertificateAuthority, (await JudgeAsync(chain)).Cause);
    }

    /// <summary>
    /// Every name of an authority's constraints against every name of the leaf: six million comparisons, if somebody made them.
    /// </summary>
    [Fact]
    public async Task NamesTimesConstraints_AreNotComparedWithoutEnd()
    {
        const int Count = 2_500;
        ECDsa key = Key(), leafKey = Key();
        X509Certificate2 authority = Own(CertificateForge.Authority(
            "CN=constrained", key, RootName, _rootKey, extensions: Constraints(Enumerable.Range(0, Count).Select(i => $"p{i}.example"))));
        X509Certificate2 leaf = Own(CertificateForge.Certify(
            "CN=leaf",
            leafKey,
            "CN=constrained",
            CertificateForge.SignerOf(key),
            null,
            CertificateChecks.AlternativeNames([SecurePair.Host, .. Enumerable.Range(0, Count).Select(i => $"q{i}.example")])));
        await JudgeAsync([leaf, authority]);
    }

    /// <summary>Judges a chain where a hang is found out, and counts what is allocated.</summary>
    private async Task<TlsProtocolException> JudgeAsync(List<X509Certificate2> chain)
    {
        CertificateVerification verification = CertificateChecks.Verification(options => options.TrustedRoots = [_root]);
        ReadOnlyMemory<byte>[] encoded = [.. chain.Select(certificate => (ReadOnlyMemory<byte>)certificate.RawData)];
        (TlsProtocolException? refusal, long allocated) = await Task.Run(
            () =>
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                TlsProtocolException? made = verification.Check(this, encoded, SecurePair.Host, out _);
                return (made, GC.GetAllocatedBytesForCurrentThread() - before);
            },
            Cancelled).Guarded();
        Assert.InRange(allocated, 0, MostAllocated);
        return CertificateChecks.Refused(refusal);
    }

    /// <summary>Each certified by the next, the last by the root.</summary>
    private (ECDsa Key, List<X509Certificate2> Chain) Line(int length)
    {
        List<X509Certificate2> chain = [];
        (ECDsa issuer, string name) = (_rootKey, RootName);
        for (int i = length - 1; i > 0; i--)
        {
            ECDsa key = Key();
            chain.Insert(0, Own(CertificateForge.Authority($"CN={i}", key, name, issuer)));
            (issuer, name) = (key, $"CN={i}");
        }

        ECDsa leafKey = Key();
        chain.Insert(0, Own(CertificateForge.Leaf(leafKey, name, issuer)));
        return (leafKey, chain);
    }

    /// <summary>
    /// Layers of authorities of one name and several keys, each certified by every key of the next layer; no layer is a root.
    /// </summary>
    private (ECDsa Key, List<X509Certificate2> Chain) Bush(int width, int layers)
    {
        ECDsa[][] keys = [.. Enumerable.Range(0, layers + 1).Select(_ => Enumerable.Range(0, width).Select(_ => Key()).ToArray())];
        ECDsa leafKey = Key();
        List<X509Certificate2> chain = [Own(CertificateForge.Leaf(leafKey, "CN=0", keys[0][0]))];
        for (int layer = 0; layer < layers; layer++)
        {
            foreach (ECDsa subject in keys[layer])
            {
                foreach (ECDsa issuer in keys[layer + 1])
                    chain.Add(Own(CertificateForge.Authority($"CN={layer}", subject, $"CN={layer + 1}", issuer)));
            }
        }

        return (leafKey, chain);
    }

    private X509Certificate2 LeafOf(ECDsa key, X509Extension names) =>
        Own(CertificateForge.Certify("CN=leaf", key, RootName, CertificateForge.SignerOf(_rootKey), null, names));

    private static X509Extension Constraints(IEnumerable<string> names)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        var tag = new Asn1Tag(TagClass.ContextSpecific, 1, isConstructed: true);
        var dns = new Asn1Tag(TagClass.ContextSpecific, 2);
        using (writer.PushSequence())
        using (writer.PushSequence(tag)) // excludedSubtrees
        {
            foreach (string name in names)
            {
                using (writer.PushSequence())
                    writer.WriteCharacterString(UniversalTagNumber.IA5String, name, dns);
            }
        }

        return new X509Extension("2.5.29.30", writer.Encode(), critical: true);
    }

    private SecureClient Client() => SecurePair.MakeClient(options => options.TrustedRoots = [_root]);

    private SecureListener Listen(ECDsa key, List<X509Certificate2> chain) => Listen(new Shown(Credential(key, chain[0]), chain));

    private SecureListener Listen(TlsCredential credential) => SecurePair.Listen(options =>
    {
        options.Credentials = [credential];
        options.LoggerFactory = _log;
    });

    private X509Credential Credential(ECDsa key, X509Certificate2 leaf)
    {
        using X509Certificate2 withKey = leaf.CopyWithPrivateKey(key);
        return Own(X509Credential.FromCertificate(withKey));
    }

    private ECDsa Key() => Own(CertificateForge.P256());

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    private static async Task<TlsProtocolException> FailAsync(SecureClient client, SecureListener listener, string host = SecurePair.Host)
    {
        var failure = await Assert.ThrowsAsync<AuthenticationException>(
            () => client.ConnectAsync(listener.LocalEndPoint, host, Cancelled).Guarded());
        return Assert.IsType<TlsProtocolException>(failure.InnerException);
    }

    /// <summary>Any bytes behind a key's own certificate.</summary>
    private sealed class Shown(TlsCredential inner, IReadOnlyList<ReadOnlyMemory<byte>> chain) : TlsCredential
    {
        public Shown(TlsCredential inner, List<X509Certificate2> chain)
            : this(inner, [.. chain.Select(certificate => (ReadOnlyMemory<byte>)certificate.RawData)])
        {
        }

        public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain { get; } = chain;

        public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

        public override int MaximumSignatureLength => inner.MaximumSignatureLength;

        public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
            inner.Sign(scheme, message, signature);
    }
}
