using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Crypto;

/// <summary>Loads a credential from a certificate store.</summary>
internal static class StoreCredential
{
    public static X509Credential Load(X509Store store, X509FindType findType, string value)
    {
        var all = store.Certificates;
        var found = all.Find(findType, value, validOnly: false);
        try
        {
            if (found.Count == 0)
                throw new CryptographicException($"The store {store.Name} has no certificate for {findType} \"{value}\".");

            var certificate = found.Where(candidate => candidate.HasPrivateKey).MaxBy(candidate => candidate.NotAfter)
                ?? throw new CryptographicException(
                    $"The store {store.Name} has no private key for {findType} \"{value}\".");

            // What is certified by nobody in there is left to the stores that are there for intermediates.
            AddAuthorities(all, StoreLocation.CurrentUser);
            AddAuthorities(all, StoreLocation.LocalMachine);
            return X509Credential.FromCertificate(certificate, CertificateOrder.Above(certificate, all));
        }
        finally
        {
            foreach (var certificate in found.Concat(all))
                certificate.Dispose();
        }
    }

    private static void AddAuthorities(X509Certificate2Collection certificates, StoreLocation location)
    {
        using var store = new X509Store(StoreName.CertificateAuthority, location);
        try
        {
            store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
        }
        catch (CryptographicException)
        {
            return; // there is none
        }

        certificates.AddRange(store.Certificates);
    }
}
