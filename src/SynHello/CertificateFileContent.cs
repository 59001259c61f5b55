using System.Security.Cryptography;

using SynHello.Crypto;

namespace SynHello;

/// <summary>The bytes of a certificate's files at one time. The key's are cleared when it is disposed of.</summary>
internal sealed class CertificateFileContent : IDisposable
{
    private const byte DerSequence = 0x30;

    private readonly CertificateFile _file;
    private readonly byte[] _certificate;
    private readonly byte[]? _key;

    private CertificateFileContent(CertificateFile file, byte[] certificate, byte[]? key, bool canBeReadAgain)
    {
        _file = file;
        _certificate = certificate;
        _key = key;
        CanBeReadAgain = canBeReadAgain;
        Digest = [.. SHA256.HashData(certificate), .. SHA256.HashData(key ?? [])];
    }

    /// <summary>What tells contents apart.</summary>
    public byte[] Digest { get; }

    /// <summary>False of pipes.</summary>
    public bool CanBeReadAgain { get; }

    /// <exception cref="IOException">A file is missing, cannot be read, or is too large.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static CertificateFileContent Read(CertificateFile file)
    {
        byte[] certificate = SecretFile.Read(file.CertificatePath, out bool canBeReadAgain);
        byte[]? key = null;
        try
        {
            if (file.KeyPath is not null)
            {
                key = SecretFile.Read(file.KeyPath, out bool keyCanBeReadAgain);
                canBeReadAgain &= keyCanBeReadAgain;
            }
        }
        catch
        {
            CryptographicOperations.ZeroMemory(certificate);
            throw;
        }

        return new CertificateFileContent(file, certificate, key, canBeReadAgain);
    }

    /// <exception cref="CryptographicException">They are not what they should be.</exception>
    public X509Credential Load()
    {
        if (_key is null && _certificate is [DerSequence, ..])
            return PfxCredential.Load(_certificate, _file.CertificatePath, _file.Password);
        char[] certificate = SecretFile.Decode(_certificate);
        char[] key = _key is null ? certificate : SecretFile.Decode(_key);
        try
        {
            return PemCredential.Load(
                certificate, _file.CertificatePath, key, _file.KeyPath ?? _file.CertificatePath, _file.Password);
        }
        finally
        {
            Array.Clear(certificate);
            Array.Clear(key);
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_certificate); // which may hold the key as well
        CryptographicOperations.ZeroMemory(_key);
    }
}
