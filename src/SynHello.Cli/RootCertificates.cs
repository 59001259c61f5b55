using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Cli;

/// <summary>Roots that a user names.</summary>
internal static class RootCertificates
{
    /// <summary>Reads them from a PEM file.</summary>
    /// <exception cref="CommandFailure">It cannot be read, or holds none.</exception>
    public static X509Certificate2Collection Load(string file)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(file);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandFailure($"cannot read the certificates in {file}: {exception.Message}", exception);
        }

        return roots.Count > 0 ? roots : throw new CommandFailure($"{file} holds no PEM certificate.");
    }
}
