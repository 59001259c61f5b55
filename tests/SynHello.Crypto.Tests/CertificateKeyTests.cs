using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using FsCheck;
using FsCheck.Fluent;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto.Tests;

public sealed class CertificateKeyTests : IDisposable
{
    private static readonly SignatureScheme[] s_allSchemes =
    [
        SignatureScheme.EcdsaSecp256r1Sha256, SignatureScheme.EcdsaSecp384r1Sha384, SignatureScheme.Ed25519,
        SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssRsaeSha512,
        SignatureScheme.RsaPkcs1Sha256, SignatureScheme.RsaPkcs1Sha384, SignatureScheme.RsaPkcs1Sha512,
        new(0x0809), new(0x0203), new(0x0201), new(0x0000), new(0xffff),
    ];

    private static readonly byte[] s_message = [.. Enumerable.Range(0, 130).Select(i => (byte)i)];

    private readonly string _directory = Directory.CreateTempSubdirectory("synhello-crypto-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void Fits_BindsEachSchemeToItsKind(bool libcrypto)
    {
        var rsaSchemes = new[]
        {
            SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssRsaeSha512,
        };
        AssertFits(libcrypto, Certificates.Ecdsa(ECCurve.NamedCurves.nistP256), SignatureScheme.EcdsaSecp256r1Sha256);
        AssertFits(libcrypto, Certificates.Ecdsa(ECCurve.NamedCurves.nistP384), SignatureScheme.EcdsaSecp384r1Sha384);
        AssertFits(libcrypto, Certificates.Rsa(2048), rsaSchemes);
        AssertFits(libcrypto, Certificates.Rsa(1024), rsaSchemes[..2]);
        if (libcrypto)
            AssertFits(libcrypto, Ed25519Certificate(), SignatureScheme.Ed25519);
    }

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void Verify_TakesWhatACredentialSigns(bool libcrypto)
    {
        X509Certificate2[] certificates =
        [
            Certificates.Ecdsa(ECCurve.NamedCurves.nistP256),
            Certificates.Ecdsa(ECCurve.NamedCurves.nistP384),
            Certificates.Rsa(1024),
            Certificates.Rsa(2048),
            Certificates.Rsa(3072),
        ];
        foreach (var certificate in certificates)
        {
            using var credential = X509Credential.FromCertificate(certificate);
            using var key = Providers.Get(libcrypto).ImportCertificateKey(certificate.RawData);
            Assert.All(credential.SignatureSchemes, scheme => Assert.True(key.Fits(scheme)));
            foreach (var scheme in credential.Tls12SignatureSchemes)
            {
                var signature = new byte[credential.MaximumSignatureLength];
                signature = signature[..credential.Sign(scheme, s_message, signature)];
                Assert.True(key.FitsTls12(scheme));
                Assert.True(key.Verify(scheme, s_message, signature));
                AssertWrongOnceChanged(key, scheme, signature);
                foreach (var other in s_allSchemes.Where(s => s != scheme))
                    Assert.False(key.Verify(other, s_message, signature), $"{scheme} as {other}");
            }

            certificate.Dispose();
        }
    }

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void FitsTls12_TakesPkcs1OfRsaAndAnyCurveOfEcdsa(bool libcrypto)
    {
        SignatureScheme[] ecdsa = [SignatureScheme.EcdsaSecp256r1Sha256, SignatureScheme.EcdsaSecp384r1Sha384];
        SignatureScheme[] rsa =
        [
            SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssRsaeSha512,
            SignatureScheme.RsaPkcs1Sha256, SignatureScheme.RsaPkcs1Sha384, SignatureScheme.RsaPkcs1Sha512,
        ];
        foreach (var (certificate, expected) in new[]
                 {
                     (Certificates.Ecdsa(ECCurve.NamedCurves.nistP256), ecdsa),
                     (Certificates.Ecdsa(ECCurve.NamedCurves.nistP384), ecdsa),
                     (Certificates.Rsa(2048), rsa),
                 })
        {
            using var key = Providers.Get(libcrypto).ImportCertificateKey(certificate.RawData);
            Assert.Equal(expected, s_allSchemes.Where(key.FitsTls12));
            using var credential = X509Credential.FromCertificate(certificate);
            Assert.Equal(credential.SignatureSchemes[0], credential.Tls12SignatureSchemes[0]);
            Assert.Equal(expected.Order(Comparer), credential.Tls12SignatureSchemes.Order(Comparer));
            certificate.Dispose();
        }

        // Octets that no version of the engine may take.
        using var weak = Certificates.Rsa(2048);
        using var weakKey = Providers.Get(libcrypto).ImportCertificateKey(weak.RawData);
        foreach (ushort value in new ushort[] { 0x0101, 0x0201, 0x0203, 0x0301, 0x0402, 0x0809 })
            Assert.False(weakKey.FitsTls12(new SignatureScheme(value)));
    }

    [Fact]
    public void Verify_TakesWhatOpenSslSignsWithEd25519()
    {
        using var certificate = Ed25519Certificate();
        using var key = DefaultCryptoProvider.Instance.ImportCertificateKey(certificate.RawData);
        File.WriteAllBytes(Path.Combine(_directory, "message"), s_message);
        Certificates.OpenSsl(
            _directory, "pkeyutl", "-sign", "-inkey", "key.pem", "-rawin", "-in", "message", "-out", "signature");
        var signature = File.ReadAllBytes(Path.Combine(_directory, "signature"));
        Assert.Equal(64, signature.Length);
        Assert.True(key.Verify(SignatureScheme.Ed25519, s_message, signature));
        AssertWrongOnceChanged(key, SignatureScheme.Ed25519, signature);
        Assert.Equal(0u, ErrorQueue.Peek());
    }

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void Verify_RefusesPssWithASaltOfAnotherLength(bool libcrypto)
    {
        Certificates.OpenSsl(
            _directory, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=r");
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_directory, "cert.pem"));
        using var key = Providers.Get(libcrypto).ImportCertificateKey(certificate.RawData);
        File.WriteAllBytes(Path.Combine(_directory, "message"), s_message);
        foreach (var (saltLength, expected) in new[] { (32, true), (20, false), (0, false), (64, false) })
        {
            Certificates.OpenSsl(
                _directory, "dgst", "-sha256", "-sign", "key.pem", "-sigopt", "rsa_padding_mode:pss", "-sigopt", $"rsa_pss_saltlen:{saltLength}", "-out", "signature", "message");
            var signature = File.ReadAllBytes(Path.Combine(_directory, "signature"));
            Assert.Equal(expected, key.Verify(SignatureScheme.RsaPssRsaeSha256, s_message, signature));
        }

        // PKCS #1 v1.5 never fits in TLS 1.3, and is right for its own scheme alone in 1.2.
        Certificates.OpenSsl(_directory, "dgst", "-sha256", "-sign", "key.pem", "-out", "signature", "message");
        var pkcs1 = File.ReadAllBytes(Path.Combine(_directory, "signature"));
        Assert.False(key.Verify(SignatureScheme.RsaPssRsaeSha256, s_message, pkcs1));
        Assert.False(key.Fits(SignatureScheme.RsaPkcs1Sha256));
        Assert.True(key.FitsTls12(SignatureScheme.RsaPkcs1Sha256));
        Assert.True(key.Verify(SignatureScheme.RsaPkcs1Sha256, s_message, pkcs1));
        Assert.False(key.Verify(SignatureScheme.RsaPkcs1Sha384, s_message, pkcs1));
    }

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void Verify_IsFalseForGarbageOfAnyLength(bool libcrypto)
    {
        X509Certificate2[] certificates =
        [
            Certificates.Ecdsa(ECCurve.NamedCurves.nistP256), Certificates.Ecdsa(ECCurve.NamedCurves.nistP384),
            Certificates.Rsa(2048), .. libcrypto ? new[] { Ed25519Certificate() } : [],
        ];
        foreach (var certificate in certificates)
        {
            using var key = Providers.Get(libcrypto).ImportCertificateKey(certificate.RawData);
            foreach (var scheme in s_allSchemes)
            {
                for (var length = 0; length <= 520; length += length < 10 ? 1 : 17)
                {
                    Assert.False(key.Verify(scheme, s_message, new byte[length]));
                    Assert.False(key.Verify(scheme, s_message, RandomNumberGenerator.GetBytes(length)));
                }
            }

            Prop.ForAll((byte[] garbage) => !s_allSchemes.Any(scheme => key.Verify(scheme, s_message, garbage)))
                .QuickCheckThrowOnFailure();
            certificate.Dispose();
        }

        if (libcrypto)
            Assert.Equal(0u, ErrorQueue.Peek());
    }

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void ImportCertificateKey_RefusesWhatIsNoCertificate(bool libcrypto)
    {
        var provider = Providers.Get(libcrypto);
        using var certificate = Certificates.Ecdsa(ECCurve.NamedCurves.nistP256);
        var der = certificate.RawData;
        byte[][] malformed =
        [
            [], [0x30], [0x30, 0x80], [0x30, 0x00], [0x30, 0x84, 0xff, 0xff, 0xff, 0xff], new byte[1000], der[1..],
            [.. der, 0], [.. der, .. der],
        ];
        foreach (var bytes in malformed)
            AssertRefused(provider, bytes, TlsErrorCause.MalformedCertificate);

        for (var length = 0; length < der.Length; length++)
            AssertRefused(provider, der[..length], TlsErrorCause.MalformedCertificate);

        Prop.ForAll((byte[] garbage) =>
        {
            AssertRefused(provider, garbage, TlsErrorCause.MalformedCertificate);
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void ImportCertificateKey_SurvivesAnyChangedByte(bool libcrypto)
    {
        using var certificate = Certificates.Ecdsa(ECCurve.NamedCurves.nistP256);
        var der = certificate.RawData;
        for (var i = 0; i < der.Length; i++)
        {
            foreach (var mask in new byte[] { 0x01, 0x80, 0xff })
            {
                der[i] ^= mask;
                try
                {
                    Providers.Get(libcrypto).ImportCertificateKey(der).Dispose();
                }
                catch (TlsProtocolException e)
                {
                    Assert.True(e.Cause is TlsErrorCause.MalformedCertificate or TlsErrorCause.UnsupportedCertificateKey);
                }

                der[i] ^= mask;
            }
        }
    }

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void ImportCertificateKey_RefusesAPointOffTheCurve(bool libcrypto)
    {
        using var certificate = Certificates.Ecdsa(ECCurve.NamedCurves.nistP384);
        var der = certificate.RawData;
        var point = certificate.PublicKey.EncodedKeyValue.RawData;
        der[der.AsSpan().IndexOf(point) + point.Length - 1] ^= 1;
        AssertRefused(Providers.Get(libcrypto), der, TlsErrorCause.MalformedCertificate);
        if (libcrypto)
            Assert.Equal(0u, ErrorQueue.Peek());
    }

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void ImportCertificateKey_RefusesKindsThatNoSchemeFits(bool libcrypto)
    {
        var provider = Providers.Get(libcrypto);
        using var p521 = Certificates.Ecdsa(ECCurve.NamedCurves.nistP521);
        AssertRefused(provider, p521.RawData, TlsErrorCause.UnsupportedCertificateKey);
        using var brainpool = Certificates.Ecdsa(ECCurve.NamedCurves.brainpoolP256r1);
        AssertRefused(provider, brainpool.RawData, TlsErrorCause.UnsupportedCertificateKey);
        using var tiny = Certificates.Rsa(512);
        AssertRefused(provider, tiny.RawData, TlsErrorCause.UnsupportedCertificateKey);
        AssertRefused(provider, OpenSslCertificate("ed448"), TlsErrorCause.UnsupportedCertificateKey);
        AssertRefused(provider, OpenSslCertificate("rsa-pss"), TlsErrorCause.UnsupportedCertificateKey);
        AssertRefused(
            provider,
            OpenSslCertificate("ec", "ec_paramgen_curve:P-256", "ec_param_enc:explicit"),
            TlsErrorCause.UnsupportedCertificateKey);
        if (!libcrypto)
            AssertRefused(provider, OpenSslCertificate("ed25519"), TlsErrorCause.UnsupportedCertificateKey);
    }

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void ImportCertificateKey_RefusesRsaNumbersOutOfBounds(bool libcrypto)
    {
        var provider = Providers.Get(libcrypto);
        var modulus = new byte[1025];
        Array.Fill(modulus, (byte)0xff);
        AssertRefused(provider, ForgedRsa(modulus, [1, 0, 1]), TlsErrorCause.UnsupportedCertificateKey);
        AssertRefused(
            provider,
            ForgedRsa(modulus.AsSpan(0, 256), modulus.AsSpan(0, 9)),
            TlsErrorCause.UnsupportedCertificateKey);
        foreach (var exponent in new byte[][] { [], [1], [2], [1, 0, 0] })
            AssertRefused(provider, ForgedRsa(modulus.AsSpan(0, 256), exponent), TlsErrorCause.MalformedCertificate);

        AssertRefused(provider, ForgedRsa([], [1, 0, 1]), TlsErrorCause.MalformedCertificate);
        modulus[255] = 0xfe;
        AssertRefused(provider, ForgedRsa(modulus.AsSpan(0, 256), [1, 0, 1]), TlsErrorCause.MalformedCertificate);
    }

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void Verify_IsFalseForAnRsaKeyThatIsNone(bool libcrypto)
    {
        var power = new byte[256];
        power[0] = 0x80;
        power[^1] = 1;
        var random = RandomNumberGenerator.GetBytes(256);
        random[0] |= 0x80;
        random[^1] |= 1;
        foreach (var modulus in new[] { power, random })
        {
            foreach (var exponent in new byte[][] { [3], [1, 0, 1], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] })
            {
                using var key = Providers.Get(libcrypto).ImportCertificateKey(ForgedRsa(modulus, exponent));
                Assert.False(key.Verify(
                    SignatureScheme.RsaPssRsaeSha256, s_message, RandomNumberGenerator.GetBytes(256)));
            }
        }
    }

    private static byte[] ForgedRsa(ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent)
    {
        var key = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteIntegerUnsigned(modulus.IsEmpty ? [0] : modulus);
            key.WriteIntegerUnsigned(exponent.IsEmpty ? [0] : exponent);
        }

        using var issuer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = new PublicKey(
            new Oid("1.2.840.113549.1.1.1"),
            new AsnEncodedData([5, 0]),
            new AsnEncodedData(key.Encode()));
        var request = new CertificateRequest(new X500DistinguishedName("CN=forged"), publicKey, HashAlgorithmName.SHA256);
        using var certificate = request.Create(
            new X500DistinguishedName("CN=issuer"),
            X509SignatureGenerator.CreateForECDsa(issuer),
            DateTimeOffset.UnixEpoch,
            DateTimeOffset.UnixEpoch.AddYears(1),
            [1]);
        return certificate.RawData;
    }

    private static Comparer<SignatureScheme> Comparer { get; } =
        Comparer<SignatureScheme>.Create((one, other) => one.Value - other.Value);

    private static void AssertFits(bool libcrypto, X509Certificate2 certificate, params SignatureScheme[] expected)
    {
        using (certificate)
        {
            using var key = Providers.Get(libcrypto).ImportCertificateKey(certificate.RawData);
            Assert.Equal(expected, s_allSchemes.Where(key.Fits));
        }
    }

    private static void AssertRefused(DefaultCryptoProvider provider, byte[] certificate, TlsErrorCause cause)
    {
        var refusal = Assert.Throws<TlsProtocolException>(() => provider.ImportCertificateKey(certificate));
        Assert.Equal(cause, refusal.Cause);
    }

    private static void AssertWrongOnceChanged(CertificateKey key, SignatureScheme scheme, byte[] signature)
    {
        Assert.False(key.Verify(scheme, [.. s_message, 0], signature));
        Assert.False(key.Verify(scheme, s_message, [.. signature, 0]));
        Assert.False(key.Verify(scheme, s_message, signature.AsSpan(0, signature.Length - 1)));
        Assert.False(key.Verify(scheme, s_message, []));
        for (var i = 0; i < signature.Length; i += 7)
        {
            var changed = (byte[])signature.Clone();
            changed[i] ^= 0x10;
            Assert.False(key.Verify(scheme, s_message, changed));
        }
    }

    private X509Certificate2 Ed25519Certificate() =>
        X509CertificateLoader.LoadCertificate(OpenSslCertificate("ed25519"));

    private byte[] OpenSslCertificate(string algorithm, params string[] options)
    {
        Certificates.OpenSsl(
            _directory,
            [
                "req", "-x509", "-newkey", algorithm, .. options.SelectMany(o => new[] { "-pkeyopt", o }), "-nodes",
                "-keyout", "key.pem", "-out", "cert.der", "-outform", "DER", "-subj", "/CN=test", "-days", "3650",
            ]);
        return File.ReadAllBytes(Path.Combine(_directory, "cert.der"));
    }
}
