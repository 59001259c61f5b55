using System.Security.Cryptography;

using SynHello.Tls;

namespace SynHello.Crypto.Tests;

public sealed class AllocationTests
{
    private static readonly DefaultCryptoProvider s_provider = DefaultCryptoProvider.Instance;

    [Theory, MemberData(nameof(AeadTests.Suites), MemberType = typeof(AeadTests))]
    public void SealAndTryOpen_AllocateNothing(ushort suite, bool libcrypto)
    {
        using var aead = AeadTests.Create(suite, libcrypto);
        var nonce = new byte[Aead.NonceLength];
        var associatedData = new byte[5];
        var buffer = new byte[16384 + Aead.TagLength];
        AssertNone(() => aead.Seal(nonce, associatedData, buffer.AsSpan(0, 16384), buffer));
        aead.Seal(nonce, associatedData, buffer.AsSpan(0, 16384), buffer);
        var plaintext = new byte[16384];
        AssertNone(() => aead.TryOpen(nonce, associatedData, buffer, plaintext));
    }

    [Theory]
    [InlineData("SHA256", 32)]
    [InlineData("SHA384", 48)]
    public void HashesAndKeyDerivation_AllocateNothing(string name, int length)
    {
        var algorithm = new HashAlgorithmName(name);
        var key = new byte[length];
        var data = new byte[100];
        var destination = new byte[length];
        using var transcript = s_provider.CreateTranscriptHash(algorithm);
        AssertNone(() => s_provider.Hash(algorithm, data, destination));
        AssertNone(() => s_provider.Hmac(algorithm, key, data, destination));
        AssertNone(() => s_provider.HkdfExtract(algorithm, data, key, destination));
        AssertNone(() => s_provider.HkdfExpand(algorithm, key, data, destination));
        AssertNone(() => transcript.Append(data));
        AssertNone(() => transcript.GetCurrentHash(destination));
        AssertNone(() => s_provider.FillRandom(destination));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SignAndVerify_AllocateNothingInLibcrypto(bool rsa)
    {
        using var certificate = rsa ? Certificates.Rsa(2048) : Certificates.Ecdsa(ECCurve.NamedCurves.nistP256);
        using var credential = X509Credential.FromCertificate(certificate);
        using var key = s_provider.ImportCertificateKey(certificate.RawData);
        var scheme = credential.SignatureSchemes[0];
        var message = new byte[130];
        var signature = new byte[credential.MaximumSignatureLength];
        var length = 0;
        AssertNone(() => length = credential.Sign(scheme, message, signature));
        var verified = true;
        AssertNone(() => verified &= key.Verify(scheme, message, signature.AsSpan(0, length)));
        Assert.True(verified);
    }

    private static void AssertNone(Action action)
    {
        for (var i = 0; i < 10; i++)
            action();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            action();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
