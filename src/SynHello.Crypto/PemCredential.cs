using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Crypto;

/// <summary>Loads a credential from PEM text and says in plain words what is wrong with it.</summary>
internal static class PemCredential
{
    /// <param name="certificatePem">The chain.</param>
    /// <param name="certificateSource">What a message calls <paramref name="certificatePem"/>.</param>
    /// <param name="keyPem">The key.</param>
    /// <param name="keySource">What a message calls <paramref name="keyPem"/>.</param>
    public static X509Credential Load(
        string certificatePem, string certificateSource, string keyPem, string keySource)
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

            return Join(chain, certificateSource, keyPem, keySource);
        }
        finally
        {
            foreach (var certificate in chain)
                certificate.Dispose();
        }
    }

    private static X509Credential Join(
        X509Certificate2Collection chain, string certificateSource, string keyPem, string keySource)
    {
        try
        {
            switch (chain[0].PublicKey.Oid.Value)
            {
                case X509Credential.EcPublicKey:
                    using (var key = ECDsa.Create())
                    {
                        Import(key, keyPem, keySource);
                        using var certificate = chain[0].CopyWithPrivateKey(key);
                        return X509Credential.FromCertificate(certificate, chain);
                    }

                case X509Credential.RsaEncryption:
                    using (var key = RSA.Create())
                    {
                        Import(key, keyPem, keySource);
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

    private static void Import(AsymmetricAlgorithm key, string keyPem, string keySource)
    {
        try
        {
            key.ImportFromPem(keyPem);
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException(
                keyPem.Contains("ENCRYPTED", StringComparison.Ordinal)
                    ? $"{keySource} holds an encrypted private key; it has to be decrypted first."
                    : $"{keySource} does not hold one PEM private key of the certificate's kind.",
                e);
        }
        catch (CryptographicException e)
        {
            throw new CryptographicException(
                $"{keySource} holds a private key that cannot be read, or one of another kind than the certificate's.", e);
        }
    }
}
