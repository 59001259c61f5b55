using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Wire;

namespace SynHello.Crypto.Tests;

public sealed class X509CredentialTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("synhello-credential-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void SignatureSchemes_FollowTheKey()
    {
        AssertSchemes(
            Certificates.Ecdsa(ECCurve.NamedCurves.nistP256), 72, SignatureScheme.EcdsaSecp256r1Sha256);
        AssertSchemes(
            Certificates.Ecdsa(ECCurve.NamedCurves.nistP384), 104, SignatureScheme.EcdsaSecp384r1Sha384);
        AssertSchemes(
            Certificates.Rsa(2048),
            256,
            SignatureScheme.RsaPssRsaeSha256,
            SignatureScheme.RsaPssRsaeSha384,
            SignatureScheme.RsaPssRsaeSha512);
        AssertSchemes(
            Certificates.Rsa(1024), 128, SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384);
    }

    [Fact]
    public void Sign_RefusesOtherSchemesAndTooLittleRoom()
    {
        using var certificate = Certificates.Ecdsa(ECCurve.NamedCurves.nistP256);
        using var credential = X509Credential.FromCertificate(certificate);
        Assert.Throws<NotSupportedException>(
            () => credential.Sign(SignatureScheme.Ed25519, [1], new byte[200]));
        Assert.Throws<NotSupportedException>(
            () => credential.Sign(SignatureScheme.RsaPssRsaeSha256, [1], new byte[200]));
        Assert.Throws<ArgumentException>(
            () => credential.Sign(SignatureScheme.EcdsaSecp256r1Sha256, [1], new byte[71]));
    }

    [Fact]
    public void FromCertificate_OutlivesTheCertificate()
    {
        var certificate = Certificates.Rsa(2048);
        using var key = DefaultCryptoProvider.Instance.ImportCertificateKey(certificate.RawData);
        using var credential = X509Credential.FromCertificate(certificate);
        certificate.Dispose();
        var signature = new byte[256];
        Assert.Equal(256, credential.Sign(SignatureScheme.RsaPssRsaeSha256, [1], signature));
        Assert.True(key.Verify(SignatureScheme.RsaPssRsaeSha256, [1], signature));
    }

    [Fact]
    public void FromCertificate_RefusesACertificateWithoutKeyAndCurvesThatCannotSign()
    {
        using var certificate = Certificates.Ecdsa(ECCurve.NamedCurves.nistP256);
        using var bare = X509CertificateLoader.LoadCertificate(certificate.RawData);
        Assert.Contains("private key", AssertFails(() => X509Credential.FromCertificate(bare)), StringComparison.Ordinal);
        foreach (var curve in new[] { ECCurve.NamedCurves.nistP521, ECCurve.NamedCurves.brainpoolP256r1 })
        {
            using var other = Certificates.Ecdsa(curve);
            Assert.Contains(
                "neither P-256 nor P-384", AssertFails(() => X509Credential.FromCertificate(other)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void CertificateChain_LeavesOutTheRootAndACopyOfTheEndEntity()
    {
        var (leaf, intermediate, root) = Certificates.Chain();
        using var credential = X509Credential.FromCertificate(leaf, [leaf, intermediate, root]);
        Assert.Equal([leaf.RawData, intermediate.RawData], credential.CertificateChain.Select(c => c.ToArray()));
        Assert.Equal(
            [intermediate.SubjectName.RawData, root.SubjectName.RawData], credential.IssuerNames.Select(name => name.ToArray()));

        // A self-signed end entity is all there is, and stays.
        using var alone = X509Credential.FromCertificate(Certificates.Ecdsa(ECCurve.NamedCurves.nistP256));
        Assert.Single(alone.CertificateChain);
    }

    /// <summary>
    /// An authority that changes its key vouches for the new one under its own name: that is an intermediate, and clients need it.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CertificateChain_KeepsWhatOnlySharesTheNameOfItsIssuer(bool withIdentifiers)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var oldKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var newKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = Certificates.Issue("CN=leaf", key, "CN=authority", newKey, withIdentifiers);
        using var leaf = bare.CopyWithPrivateKey(key);
        using var rollover = Certificates.Issue("CN=authority", newKey, "CN=authority", oldKey, withIdentifiers);
        using var root = Certificates.Issue("CN=authority", oldKey, "CN=authority", oldKey, withIdentifiers);
        byte[][] shown = [leaf.RawData, rollover.RawData];
        Assert.Equal(shown, Chain(leaf, rollover));
        Assert.Equal(shown, Chain(leaf, rollover, root));

        if (withIdentifiers)
        {
            var above = CertificateOrder.Above(leaf, [root, leaf, rollover]);
            Assert.Equal([rollover.RawData, root.RawData], above.Select(certificate => certificate.RawData));
        }

        static IEnumerable<byte[]> Chain(X509Certificate2 leaf, params X509Certificate2[] others)
        {
            using var credential = X509Credential.FromCertificate(leaf, [.. others]);
            return [.. credential.CertificateChain.Select(certificate => certificate.ToArray())];
        }
    }

    /// <summary>Roots need not have key identifiers (RFC 5280 section 4.2.1.1): their signature tells.</summary>
    [Theory]
    [InlineData("SHA256", "Pkcs1")]
    [InlineData("SHA384", "Pss")]
    [InlineData("SHA512", "Pss")]
    [InlineData("SHA256", null)]
    public void IsSelfSigned_GoesByTheSignature(string hash, string? padding)
    {
        using var rsa = RSA.Create(2048);
        using var otherRsa = RSA.Create(2048);
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var otherEcdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var algorithm = new HashAlgorithmName(hash);
        var request = padding is null
            ? new CertificateRequest("CN=root", ecdsa, algorithm)
            : new CertificateRequest("CN=root", rsa, algorithm, PaddingOf(padding));
        using var own = Sign(rsa, ecdsa);
        Assert.True(CertificateOrder.IsSelfSigned(own));
        using var foreign = Sign(otherRsa, otherEcdsa);
        Assert.False(CertificateOrder.IsSelfSigned(foreign));

        X509Certificate2 Sign(RSA rsa, ECDsa ecdsa) => request.Create(
            request.SubjectName,
            padding is null ? X509SignatureGenerator.CreateForECDsa(ecdsa) : X509SignatureGenerator.CreateForRSA(rsa, PaddingOf(padding)),
            DateTimeOffset.UnixEpoch,
            DateTimeOffset.UnixEpoch.AddYears(100),
            [1]);

        static RSASignaturePadding PaddingOf(string name) => name == "Pss" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
    }

    [Fact]
    public void FromPemFiles_ReadsUtf16_AndNothingLarge()
    {
        using var certificate = Certificates.Ecdsa(ECCurve.NamedCurves.nistP256);
        using var key = certificate.GetECDsaPrivateKey()!;
        foreach (var encoding in new System.Text.Encoding[]
            { new System.Text.UTF8Encoding(true), new System.Text.UnicodeEncoding(false, true), new System.Text.UnicodeEncoding(true, true) })
        {
            File.WriteAllText(InDirectory("cert.pem"), certificate.ExportCertificatePem(), encoding);
            File.WriteAllText(InDirectory("key.pem"), key.ExportPkcs8PrivateKeyPem(), encoding);
            using var credential = X509Credential.FromPemFiles(InDirectory("cert.pem"), InDirectory("key.pem"));
            AssertSigns(credential);
        }

        File.AppendAllText(InDirectory("cert.pem"), new string('x', 1 << 20));
        Assert.Contains(
            InDirectory("cert.pem"),
            Assert.Throws<IOException>(() => X509Credential.FromPemFiles(InDirectory("cert.pem"), InDirectory("key.pem"))).Message,
            StringComparison.Ordinal);
        Assert.Throws<IOException>(() => X509Credential.FromPfxFile(InDirectory("cert.pem")));
    }

    [Fact]
    public void FromPem_ReadsAChainInOrder()
    {
        var (leaf, intermediate, root) = Certificates.Chain();
        var pem = leaf.ExportCertificatePem() + "\n" + intermediate.ExportCertificatePem() + "\n" + root.ExportCertificatePem();
        using var key = leaf.GetECDsaPrivateKey()!;
        using var credential = X509Credential.FromPem(pem, key.ExportPkcs8PrivateKeyPem());
        Assert.Equal([leaf.RawData, intermediate.RawData], credential.CertificateChain.Select(c => c.ToArray()));
        AssertSigns(credential);
    }

    [Fact]
    public void FromPem_ReadsEveryFormOfKey()
    {
        using var ecdsa = Certificates.Ecdsa(ECCurve.NamedCurves.nistP384);
        using var ecdsaKey = ecdsa.GetECDsaPrivateKey()!;
        using var rsa = Certificates.Rsa(2048);
        using var rsaKey = rsa.GetRSAPrivateKey()!;
        (X509Certificate2 Certificate, string Key)[] cases =
        [
            (ecdsa, ecdsaKey.ExportPkcs8PrivateKeyPem()),
            (ecdsa, ecdsaKey.ExportECPrivateKeyPem()),
            (rsa, rsaKey.ExportPkcs8PrivateKeyPem()),
            (rsa, rsaKey.ExportRSAPrivateKeyPem()),
        ];
        foreach (var (certificate, key) in cases)
        {
            using var credential = X509Credential.FromPem(certificate.ExportCertificatePem(), key);
            AssertSigns(credential);

            // One file with both, in either order.
            using var both = X509Credential.FromPem(
                key + "\n" + certificate.ExportCertificatePem(), certificate.ExportCertificatePem() + "\n" + key);
            AssertSigns(both);
        }
    }

    [Fact]
    public void FromPemFiles_ReadsWhatOpenSslWrites()
    {
        Certificates.OpenSsl(_directory, "ecparam", "-name", "prime256v1", "-genkey", "-out", "ec.pem");
        Certificates.OpenSsl(
            _directory, "req", "-x509", "-new", "-key", "ec.pem", "-out", "ec-cert.pem", "-subj", "/CN=ec");
        Certificates.OpenSsl(
            _directory, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "rsa.pem", "-out", "rsa-cert.pem", "-subj", "/CN=rsa");

        // The first holds an EC PARAMETERS block in front of the key.
        using var ecdsa = X509Credential.FromPemFiles(InDirectory("ec-cert.pem"), InDirectory("ec.pem"));
        AssertSigns(ecdsa);
        using var rsa = X509Credential.FromPemFiles(InDirectory("rsa-cert.pem"), InDirectory("rsa.pem"));
        AssertSigns(rsa);
    }

    [Fact]
    public void FromPemFiles_NamesWhatIsWrong()
    {
        using var certificate = Certificates.Ecdsa(ECCurve.NamedCurves.nistP256);
        using var key = certificate.GetECDsaPrivateKey()!;
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var otherCurve = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsaKey = RSA.Create(2048);
        var password = "secret"u8.ToArray();
        var certificatePath = Write("cert.pem", certificate.ExportCertificatePem());
        var keyPath = Write("key.pem", key.ExportPkcs8PrivateKeyPem());
        var emptyPath = Write("empty.pem", "");

        var missing = InDirectory("missing.pem");
        Assert.Contains(
            missing,
            Assert.Throws<FileNotFoundException>(() => X509Credential.FromPemFiles(missing, keyPath)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            missing,
            Assert.Throws<FileNotFoundException>(() => X509Credential.FromPemFiles(certificatePath, missing)).Message,
            StringComparison.Ordinal);

        AssertSays(emptyPath, keyPath, $"{emptyPath} holds no PEM certificate");
        AssertSays(keyPath, keyPath, $"{keyPath} holds no PEM certificate");
        AssertSays(
            Write("torn.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"), keyPath, "cannot be read");
        AssertSays(certificatePath, emptyPath, $"{emptyPath} does not hold one PEM private key");
        AssertSays(certificatePath, certificatePath, "does not hold one PEM private key");
        AssertSays(
            certificatePath, Write("other.pem", otherKey.ExportPkcs8PrivateKeyPem()), "does not hold the private key of the first");
        AssertSays(
            certificatePath, Write("curve.pem", otherCurve.ExportPkcs8PrivateKeyPem()), "does not hold the private key of the first");
        AssertSays(certificatePath, Write("rsa.pem", rsaKey.ExportPkcs8PrivateKeyPem()), "another kind");
        AssertSays(certificatePath, Write("pkcs1.pem", rsaKey.ExportRSAPrivateKeyPem()), "does not hold one PEM private key");
        AssertSays(certificatePath, Write("public.pem", key.ExportSubjectPublicKeyInfoPem()), "private key");
        var encrypted = Write(
            "encrypted.pem",
            key.ExportEncryptedPkcs8PrivateKeyPem(
                password, new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 10)));
        AssertSays(certificatePath, encrypted, $"{encrypted} holds an encrypted private key, and no password was given");
        AssertSays(certificatePath, encrypted, $"{encrypted} holds an encrypted private key that the password does not open", "Secret");

        // Cut off in its second certificate: the first alone would be a chain that clients cannot complete.
        var (leaf, intermediate, _) = Certificates.Chain();
        using var leafKey = leaf.GetECDsaPrivateKey()!;
        var chain = leaf.ExportCertificatePem() + "\n" + intermediate.ExportCertificatePem();
        var cut = Write("cut.pem", chain[..^30]);
        AssertSays(cut, Write("leaf.pem", leafKey.ExportPkcs8PrivateKeyPem()), $"{cut} holds a certificate that is cut off");

        Certificates.OpenSsl(
            _directory, "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", "ed.pem", "-out", "ed-cert.pem", "-subj", "/CN=e");
        AssertSays(InDirectory("ed-cert.pem"), InDirectory("ed.pem"), "neither ECDSA nor RSA");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sign_WorksOnManyThreadsAtOnce(bool rsa)
    {
        using var certificate = rsa ? Certificates.Rsa(2048) : Certificates.Ecdsa(ECCurve.NamedCurves.nistP256);
        using var credential = X509Credential.FromCertificate(certificate);
        var scheme = credential.SignatureSchemes[0];
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            using var key = DefaultCryptoProvider.Instance.ImportCertificateKey(certificate.RawData);
            var signature = new byte[credential.MaximumSignatureLength];
            var message = new byte[130];
            for (var i = 0; i < (rsa ? 60 : 400); i++)
            {
                message[0] = (byte)thread;
                message[1] = (byte)i;
                var length = credential.Sign(scheme, message, signature);
                Assert.True(key.Verify(scheme, message, signature.AsSpan(0, length)));
            }
        });
    }

    private static void AssertSchemes(X509Certificate2 certificate, int maximumLength, params SignatureScheme[] expected)
    {
        using (certificate)
        {
            using var credential = X509Credential.FromCertificate(certificate);
            Assert.Equal(expected, credential.SignatureSchemes);
            Assert.Equal(maximumLength, credential.MaximumSignatureLength);
        }
    }

    private static void AssertSigns(X509Credential credential)
    {
        using var key = DefaultCryptoProvider.Instance.ImportCertificateKey(credential.CertificateChain[0].Span);
        var signature = new byte[credential.MaximumSignatureLength];
        foreach (var scheme in credential.SignatureSchemes)
        {
            var length = credential.Sign(scheme, [1, 2, 3], signature);
            Assert.True(key.Verify(scheme, [1, 2, 3], signature.AsSpan(0, length)));
        }
    }

    private static string AssertFails(Func<object> action) => Assert.ThrowsAny<CryptographicException>(action).Message;

    private static void AssertSays(string certificatePath, string keyPath, string expected, string? password = null) =>
        Assert.Contains(
            expected,
            AssertFails(() => X509Credential.FromPemFiles(certificatePath, keyPath, password)),
            StringComparison.Ordinal);

    private string InDirectory(string name) => Path.Combine(_directory, name);

    private string Write(string name, string text)
    {
        File.WriteAllText(InDirectory(name), text);
        return InDirectory(name);
    }
}
