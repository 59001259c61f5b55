using System.Security.Cryptography;
using System.Text;

using SynHello.Crypto;

namespace SynHello;

/// <summary>The bytes of a certificate's files at one time. The key's are cleared when it is disposed of.</summary>
internal sealed class CertificateFileContent : IDisposable
{
    /// <summary>A thousand certificates; what is larger is something else.</summary>
    public const int MaximumLength = 1 << 20;

    private const int UsualLength = 8192;
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
        bool canBeReadAgain = true;
        byte[] certificate = Read(file.CertificatePath, ref canBeReadAgain);
        return new CertificateFileContent(
            file, certificate, file.KeyPath is null ? null : Read(file.KeyPath, ref canBeReadAgain), canBeReadAgain);
    }

    /// <exception cref="CryptographicException">They are not what they should be.</exception>
    public X509Credential Load()
    {
        if (_key is null && _certificate is [DerSequence, ..])
            return PfxCredential.Load(_certificate, _file.CertificatePath, _file.Password);
        char[] key = Encoding.UTF8.GetChars(_key ?? _certificate);
        try
        {
            return PemCredential.Load(
                Encoding.UTF8.GetString(_certificate), _file.CertificatePath, key, _file.KeyPath ?? _file.CertificatePath, _file.Password);
        }
        finally
        {
            Array.Clear(key);
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_certificate); // which may hold the key as well
        CryptographicOperations.ZeroMemory(_key);
    }

    private static byte[] Read(string path, ref bool canBeReadAgain)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        canBeReadAgain &= stream.CanSeek;
        byte[] buffer = new byte[UsualLength];
        int length = 0;
        while (stream.Read(buffer, length, buffer.Length - length) is > 0 and int count)
        {
            length += count;
            if (length > MaximumLength)
                throw new IOException($"{path} has more than {MaximumLength} bytes: it is no certificate or key.");
            if (length == buffer.Length)
                buffer = Exchange(buffer, new byte[2 * length], length);
        }

        return Exchange(buffer, new byte[length], length);
    }

    private static byte[] Exchange(byte[] buffer, byte[] other, int length)
    {
        buffer.AsSpan(0, length).CopyTo(other);
        CryptographicOperations.ZeroMemory(buffer);
        return other;
    }
}
