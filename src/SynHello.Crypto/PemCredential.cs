using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Crypto;

/// <summary>Loads a credential from PEM text and says in plain words what is wrong with it.</summary>
internal static class PemCredential
{
    private const string BeginCertificate = "-----BEGIN CERTIFICATE-----";
    private const string BeginEncryptedKey = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

    /// <param name="certificatePem">The chain.</param>
    /// <param name="certificateSource">What a message calls <paramref name="certificatePem"/>.</param>
    /// <param name="keyPem">The key.</param>
    /// <param name="keySource">What a message calls <paramref name="keyPem"/>.</param>
    /// <param name="password">The key's password; null when there is none.</param>
    public static X509Credential Load(
        ReadOnlySpan<char> certificatePem,
        string certificateSource,
        ReadOnlySpan<char> keyPem,
        string keySource,
        string? password)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            try
            {
                chain.ImportFromPem(certificatePem);
            }
            catch (CryptographicException e)
            {
                throw new CryptographicException(
                    $"{certificateSource} holds a certificate that cannot be read: {e.Message}", e);
            }

            if (chain.Count == 0)
                throw new CryptographicException($"{certificateSource} holds no PEM certificate.");

            // The import passes over what is not whole; a chain that lost its end would be served as one.
            if (certificatePem.Count(BeginCertificate) != chain.Count)
                throw new CryptographicException($"{certificateSource} holds a certificate that is cut off.");

            return Join(chain, certificateSource, keyPem, keySource, password);
        }
        finally
        {
            foreach (var certificate in chain)
                certificate.Dispose();
        }
    }

    private static X509Credential Join(
        X509Certificate2Collection chain,
        string certificateSource,
        ReadOnlySpan<char> keyPem,
        string keySource,
        string? password)
    {
        try
        {
            switch (chain[0].PublicKey.Oid.Value)
            {
                case X509Credential.EcPublicKey:
                    using (var key = ECDsa.Create())
                    {
                        Import(key, keyPem, keySource, password);
                        using var certificate = chain[0].CopyWithPrivateKey(key);
                        return X509Credential.FromCertificate(certificate, chain);
                    }

                case X509Credential.RsaEncryption:
                    using (var key = RSA.Create())
                    {
                        Import(key, keyPem, keySource, password);
                        using var certificate = chain[0].CopyWithPrivateKey(key);
                        return X509Credential.FromCertificate(certificate, chain);
                    }

                default:
                    throw new CryptographicException(
                        $"The first certificate of {certificateSource} has a key that is neither ECDSA nor RSA "
                        + "(rsaEncryption); no other kind can sign here.");
            }
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException(
                $"{keySource} does not hold the private key of the first certificate in {certificateSource}.", e);
        }
    }

    private static void Import(
        AsymmetricAlgorithm key, ReadOnlySpan<char> keyPem, string keySource, string? password)
    {
        if (keyPem.IndexOf(BeginEncryptedKey) >= 0)
        {
            ImportEncrypted(key, keyPem, keySource, password);
            return;
        }

        try
        {
            key.ImportFromPem(keyPem);
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException(
                keyPem.IndexOf("4,ENCRYPTED") >= 0
                    ? $"{keySource} holds a private key that is encrypted in OpenSSL's old form, which is not read; "
                        + "\"openssl pkcs8 -topk8\" makes PKCS #8 of it."
                    : $"{keySource} does not hold one PEM private key of the certificate's kind.",
                e);
        }
        catch (CryptographicException e)
        {
            throw new CryptographicException(
                $"{keySource} holds a private key that cannot be read, or one of another kind than the certificate's.", e);
        }
    }

    private static void ImportEncrypted(
        AsymmetricAlgorithm key, ReadOnlySpan<char> keyPem, string keySource, string? password)
    {
        if (password is null)
            throw new CryptographicException($"{keySource} holds an encrypted private key, and no password was given.");

        try
        {
            key.ImportFromEncryptedPem(keyPem, password);
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException($"{keySource} does not hold one encrypted PEM private key.", e);
        }
        catch (CryptographicException e)
        {
            throw new CryptographicException(
                $"{keySource} holds an encrypted private key that the password does not open, or one of another kind than "
                + "the certificate's.",
                e);
        }
    }
}
