using System.Security.Cryptography;

namespace SynHello.Cli;

/// <summary>A key whose signatures are made and verified by libcrypto alone. Not thread-safe.</summary>
internal sealed class BareSignature : IDisposable
{
    private readonly nint _key;
    private readonly nint _signing;
    private readonly nint _verifying;
    private readonly byte[] _message = new byte[130]; // as long as what a CertificateVerify signs (RFC 8446 section 4.4.3)
    private readonly byte[] _digest = new byte[SHA256.HashSizeInBytes];
    private readonly byte[] _signature = new byte[512];
    private nuint _length;

    public BareSignature(bool isRsa)
    {
        using AsymmetricAlgorithm key = isRsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _key = Import(key.ExportPkcs8PrivateKey());
        _signing = BareLibcrypto.EVP_PKEY_CTX_new(_key, 0);
        _verifying = BareLibcrypto.EVP_PKEY_CTX_new(_key, 0);
        bool ready = BareLibcrypto.EVP_PKEY_sign_init(_signing) == 1 && BareLibcrypto.EVP_PKEY_verify_init(_verifying) == 1;
        foreach (nint context in (ReadOnlySpan<nint>)[_signing, _verifying])
        {
            if (isRsa)
            {
                ready &= BareLibcrypto.EVP_PKEY_CTX_set_rsa_padding(context, BareLibcrypto.PssPadding) == 1
                    && BareLibcrypto.EVP_PKEY_CTX_set_rsa_pss_saltlen(context, BareLibcrypto.SaltLengthOfDigest) == 1;
            }

            ready &= BareLibcrypto.EVP_PKEY_CTX_set_signature_md(context, BareLibcrypto.EVP_sha256()) == 1;
        }

        BareCryptography.Check(ready);
        Sign();
    }

    public void Sign()
    {
        Hash();
        _length = (nuint)_signature.Length;
        BareCryptography.Check(
            BareLibcrypto.EVP_PKEY_sign(_signing, _signature, ref _length, _digest, (nuint)_digest.Length) == 1);
    }

    public void Verify()
    {
        Hash();
        BareCryptography.Check(
            BareLibcrypto.EVP_PKEY_verify(_verifying, _signature, _length, _digest, (nuint)_digest.Length) == 1);
    }

    public void Dispose()
    {
        BareLibcrypto.EVP_PKEY_CTX_free(_signing);
        BareLibcrypto.EVP_PKEY_CTX_free(_verifying);
        BareLibcrypto.EVP_PKEY_free(_key);
    }

    private static unsafe nint Import(byte[] privateKey)
    {
        fixed (byte* start = privateKey)
        {
            byte* position = start;
            nint key = BareLibcrypto.d2i_AutoPrivateKey(0, &position, privateKey.Length);
            CryptographicOperations.ZeroMemory(privateKey);
            BareCryptography.Check(key != 0);
            return key;
        }
    }

    private unsafe void Hash() => BareLibcrypto.SHA256(_message, (nuint)_message.Length, _digest);
}
