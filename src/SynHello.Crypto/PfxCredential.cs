using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Crypto;

/// <summary>Loads a credential from a PFX and says in plain words what is wrong with it.</summary>
internal static class PfxCredential
{
    private const int InvalidPassword = unchecked((int)0x80070056); // ERROR_INVALID_PASSWORD

    /// <param name="pfx">The PFX.</param>
    /// <param name="source">What a message calls it.</param>
    /// <param name="password">Its password; null when there is none.</param>
    public static X509Credential Load(ReadOnlySpan<byte> pfx, string source, string? password)
    {
        var certificates = Open(pfx, source, password);
        try
        {
            X509Certificate2[] withKey = [.. certificates.Where(certificate => certificate.HasPrivateKey)];
            if (withKey.Length != 1)
            {
                throw new CryptographicException(
                    $"{source} holds {withKey.Length} certificates with their private key, and not just one.");
            }

            return X509Credential.FromCertificate(withKey[0], CertificateOrder.Above(withKey[0], certificates));
        }
        finally
        {
            foreach (var certificate in certificates)
                certificate.Dispose();
        }
    }

    private static X509Certificate2Collection Open(ReadOnlySpan<byte> pfx, string source, string? password)
    {
        // Where that is possible the key stays in memory: it is nobody's business to find it in a key store later.
        var storage = OperatingSystem.IsMacOS() || OperatingSystem.IsIOS()
            ? X509KeyStorageFlags.DefaultKeySet
            : X509KeyStorageFlags.EphemeralKeySet;
        try
        {
            return X509CertificateLoader.LoadPkcs12Collection(pfx, password, storage);
        }
        catch (CryptographicException e) when (e.HResult == InvalidPassword)
        {
            throw new CryptographicException(
                password is null
                    ? $"{source} is encrypted, and no password was given."
                    : $"{source} cannot be opened with this password.",
                e);
        }
        catch (CryptographicException e)
        {
            throw new CryptographicException($"{source} is no PFX that can be read: {e.Message}", e);
        }
    }
}
