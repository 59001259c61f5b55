using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Wire;

namespace SynHello.Crypto.Tests;

/// <summary>Keys and certificates in the forms that OpenSSL writes, and in certificate stores.</summary>
public sealed class CredentialSourceTests : IDisposable
{
    private const string Password = "påss wørd";

    private readonly string _directory = Directory.CreateTempSubdirectory("synhello-source-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("ec", "sec1.pem", null)]
    [InlineData("ec", "pkcs8.pem", null)]
    [InlineData("ec", "encrypted.pem", Password)]
    [InlineData("rsa", "pkcs1.pem", null)]
    [InlineData("rsa", "pkcs8.pem", null)]
    [InlineData("rsa", "encrypted.pem", Password)]
    public void FromPemFiles_ReadsEveryFormOfKeyThatOpenSslWrites(string kind, string form, string? password)
    {
        MakeKey(kind);
        Convert(kind, form);
        using var credential = X509Credential.FromPemFiles(InDirectory($"{kind}-cert.pem"), InDirectory(form), password);
        AssertSigns(credential);

        // A password that is not needed does no harm.
        using var again = X509Credential.FromPem(
            File.ReadAllText(InDirectory($"{kind}-cert.pem")), File.ReadAllText(InDirectory(form)), Password);
        AssertSigns(again);
    }

    /// <summary>A way of encrypting that .NET does not know.</summary>
    [Fact]
    public void FromPemFiles_NamesTheFileThatItCannotDecrypt()
    {
        MakeKey("ec");
        OpenSsl("pkcs8", "-topk8", "-in", "ec.pem", "-out", "scrypt.pem", "-scrypt", "-passout", $"pass:{Password}");
        var failure = Assert.ThrowsAny<CryptographicException>(
            () => X509Credential.FromPemFiles(InDirectory("ec-cert.pem"), InDirectory("scrypt.pem"), Password));
        Assert.StartsWith(
            $"{InDirectory("scrypt.pem")} holds an encrypted private key", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromPemFiles_SaysWhatToDoAboutOldEncryption()
    {
        MakeKey("ec");
        OpenSsl("ec", "-in", "ec.pem", "-aes128", "-passout", "pass:secret", "-out", "old.pem");
        var failure = Assert.ThrowsAny<CryptographicException>(
            () => X509Credential.FromPemFiles(InDirectory("ec-cert.pem"), InDirectory("old.pem"), "secret"));
        Assert.StartsWith(InDirectory("old.pem"), failure.Message, StringComparison.Ordinal);
        Assert.Contains("openssl pkcs8 -topk8", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromPemFiles_NamesTheFileWithAnEncryptedKeyOfAnotherCertificate()
    {
        MakeKey("ec");
        MakeKey("rsa");
        Convert("rsa", "encrypted.pem");
        var failure = Assert.ThrowsAny<CryptographicException>(
            () => X509Credential.FromPemFiles(InDirectory("ec-cert.pem"), InDirectory("encrypted.pem"), Password));
        Assert.StartsWith(InDirectory("encrypted.pem"), failure.Message, StringComparison.Ordinal);

        OpenSsl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "other.pem");
        failure = Assert.ThrowsAny<CryptographicException>(
            () => X509Credential.FromPemFiles(InDirectory("ec-cert.pem"), InDirectory("other.pem")));
        Assert.Contains($"{InDirectory("other.pem")} does not hold the private key", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever order the file has, the chain goes out in the only one that helps, without the root.</summary>
    [Theory]
    [InlineData("leaf", Password, "-keypbe", "AES-256-CBC", "-certpbe", "AES-256-CBC")]
    [InlineData("root", Password, "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1")]
    [InlineData("root", "", "-keypbe", "AES-128-CBC", "-certpbe", "NONE")]
    public void FromPfxFile_ReadsWhatOpenSslWrites(string first, string password, params string[] options)
    {
        var (leaf, intermediate, root) = WriteChain(first);
        OpenSsl(
            ["pkcs12", "-export", "-in", "leaf.pem", "-inkey", "key.pem", "-certfile", "others.pem", "-out", "chain.pfx",
            "-passout", $"pass:{password}", .. options]);
        using var credential = X509Credential.FromPfxFile(InDirectory("chain.pfx"), password);
        Assert.Equal([leaf.RawData, intermediate.RawData], credential.CertificateChain.Select(c => c.ToArray()));
        Assert.Equal(
            [intermediate.SubjectName.RawData, root.SubjectName.RawData], credential.IssuerNames.Select(name => name.ToArray()));
        AssertSigns(credential);
    }

    [Fact]
    public void FromPfx_NamesWhatIsWrong()
    {
        WriteChain("leaf");
        OpenSsl(
            "pkcs12", "-export", "-in", "leaf.pem", "-inkey", "key.pem", "-out", "chain.pfx", "-passout", "pass:secret");
        OpenSsl("pkcs12", "-export", "-nokeys", "-in", "leaf.pem", "-out", "bare.pfx", "-passout", "pass:secret");
        AssertSays("chain.pfx", "other", "cannot be opened with this password");
        AssertSays("chain.pfx", null, "is encrypted, and no password was given");
        AssertSays("bare.pfx", "secret", "holds 0 certificates with their private key");
        AssertSays("leaf.pem", "secret", "is no PFX that can be read");

        var whole = File.ReadAllBytes(InDirectory("chain.pfx"));
        File.WriteAllBytes(InDirectory("half.pfx"), whole[..(whole.Length / 2)]);
        AssertSays("half.pfx", "secret", "is no PFX that can be read");
        Assert.StartsWith(
            "The PFX ",
            Assert.ThrowsAny<CryptographicException>(() => X509Credential.FromPfx(whole, "other")).Message,
            StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => X509Credential.FromPfxFile(InDirectory("none.pfx")));

        void AssertSays(string name, string? password, string expected) => Assert.Equal(
            $"{InDirectory(name)} {expected}",
            Assert.ThrowsAny<CryptographicException>(() => X509Credential.FromPfxFile(InDirectory(name), password))
                .Message[..(InDirectory(name).Length + 1 + expected.Length)]);
    }

    [Fact]
    public void FromPfx_RefusesTwoKeys()
    {
        using var one = Certificates.Ecdsa(ECCurve.NamedCurves.nistP256);
        using var two = Certificates.Rsa(2048);
        var pfx = new X509Certificate2Collection { one, two }.Export(X509ContentType.Pkcs12, "secret")!;
        Assert.Contains(
            "holds 2 certificates with their private key",
            Assert.ThrowsAny<CryptographicException>(() => X509Credential.FromPfx(pfx, "secret")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void FromStore_TakesWhatIsValidForLongest()
    {
        var name = $"synhello-test-{Guid.NewGuid():N}";
        var (leaf, intermediate, root) = Certificates.Chain();
        using var earlier = Ending(new DateTimeOffset(leaf.NotAfter).AddDays(-1));
        using var later = Ending(new DateTimeOffset(leaf.NotAfter).AddDays(1));
        using var bare = X509CertificateLoader.LoadCertificate(
            Certificates.Ecdsa(ECCurve.NamedCurves.nistP256, "CN=bare").RawData);
        using var store = new X509Store(name, StoreLocation.CurrentUser);
        var closed = Assert.ThrowsAny<CryptographicException>(
            () => X509Credential.FromStore(store, X509FindType.FindBySubjectName, "leaf"));
        Assert.NotEmpty(closed.Message);
        store.Open(OpenFlags.ReadWrite);
        try
        {
            store.AddRange([root, earlier, leaf, intermediate, bare]);
            using (var found = X509Credential.FromStore(store, X509FindType.FindByThumbprint, leaf.Thumbprint))
            {
                Assert.Equal([leaf.RawData, intermediate.RawData], found.CertificateChain.Select(c => c.ToArray()));
                AssertSigns(found);
            }

            Assert.Contains(
                "no private key",
                Assert.ThrowsAny<CryptographicException>(
                    () => X509Credential.FromStore(store, X509FindType.FindBySubjectDistinguishedName, "CN=bare")).Message,
                StringComparison.Ordinal);
            Assert.Contains(
                $"The store {name} has no certificate",
                Assert.ThrowsAny<CryptographicException>(
                    () => X509Credential.FromStore(store, X509FindType.FindByThumbprint, new string('0', 40))).Message,
                StringComparison.Ordinal);

            using (var longest = X509Credential.FromStore(store, X509FindType.FindBySubjectName, "leaf"))
                Assert.Equal(leaf.RawData, longest.CertificateChain[0].ToArray());
            store.Add(later);
            using (var longest = X509Credential.FromStore(store, X509FindType.FindBySubjectName, "leaf"))
                Assert.Equal(later.RawData, longest.CertificateChain[0].ToArray());
        }
        finally
        {
            store.RemoveRange(store.Certificates);
            var directory = Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
                ".dotnet/corefx/cryptography/x509stores",
                name);
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
    }

    private static X509Certificate2 Ending(DateTimeOffset notAfter)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=leaf, O=other", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(notAfter.AddYears(-1), notAfter);
    }

    private void MakeKey(string kind)
    {
        if (kind == "ec")
            OpenSsl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ec.pem");
        else
            OpenSsl("genrsa", "-out", "rsa.pem", "2048");
        OpenSsl("req", "-x509", "-new", "-key", $"{kind}.pem", "-out", $"{kind}-cert.pem", "-subj", $"/CN={kind}");
    }

    private void Convert(string kind, string form)
    {
        switch (form)
        {
            case "sec1.pem":
                OpenSsl("ec", "-in", "ec.pem", "-out", form);
                AssertLabel(form, "EC PRIVATE KEY");
                break;
            case "pkcs1.pem":
                OpenSsl("rsa", "-in", "rsa.pem", "-traditional", "-out", form);
                AssertLabel(form, "RSA PRIVATE KEY");
                break;
            case "pkcs8.pem":
                OpenSsl("pkcs8", "-topk8", "-nocrypt", "-in", $"{kind}.pem", "-out", form);
                AssertLabel(form, "PRIVATE KEY");
                break;
            default:
                OpenSsl(
                    "pkcs8", "-topk8", "-v2", "aes256", "-in", $"{kind}.pem", "-out", form, "-passout", $"pass:{Password}");
                AssertLabel(form, "ENCRYPTED PRIVATE KEY");
                break;
        }
    }

    /// <summary>The leaf and its key each in a file, and what is above it in another, in either order.</summary>
    private (X509Certificate2 Leaf, X509Certificate2 Intermediate, X509Certificate2 Root) WriteChain(string first)
    {
        var (leaf, intermediate, root) = Certificates.Chain();
        using var key = leaf.GetECDsaPrivateKey()!;
        File.WriteAllText(InDirectory("key.pem"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(InDirectory("leaf.pem"), leaf.ExportCertificatePem());
        string[] others = [intermediate.ExportCertificatePem(), root.ExportCertificatePem()];
        File.WriteAllText(InDirectory("others.pem"), string.Join('\n', first == "root" ? others.Reverse() : others));
        return (leaf, intermediate, root);
    }

    private void AssertLabel(string name, string label) =>
        Assert.Contains($"-----BEGIN {label}-----", File.ReadAllText(InDirectory(name)), StringComparison.Ordinal);

    private static void AssertSigns(X509Credential credential)
    {
        using var key = DefaultCryptoProvider.Instance.ImportCertificateKey(credential.CertificateChain[0].Span);
        var signature = new byte[credential.MaximumSignatureLength];
        SignatureScheme scheme = credential.SignatureSchemes[0];
        var length = credential.Sign(scheme, [1, 2, 3], signature);
        Assert.True(key.Verify(scheme, [1, 2, 3], signature.AsSpan(0, length)));
    }

    private void OpenSsl(params string[] arguments) => Certificates.OpenSsl(_directory, arguments);

    private string InDirectory(string name) => Path.Combine(_directory, name);
}
