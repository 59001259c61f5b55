using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello;

/// <summary>The roots that this system trusts.</summary>
internal static class SystemRoots
{
    /// <summary>Whether a root has this name.</summary>
    /// <param name="name">The DER of the name.</param>
    public static bool Contain(ReadOnlyMemory<byte> name) =>
        Contain(name, StoreLocation.LocalMachine) || Contain(name, StoreLocation.CurrentUser);

    private static bool Contain(ReadOnlyMemory<byte> name, StoreLocation location)
    {
        using var store = new X509Store(StoreName.Root, location);
        try
        {
            store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
        }
        catch (CryptographicException)
        {
            return false; // there is none
        }

        X509Certificate2Collection roots = store.Certificates;
        bool contains = false;
        foreach (X509Certificate2 root in roots)
        {
            contains |= root.SubjectName.RawData.AsSpan().SequenceEqual(name.Span);
            root.Dispose();
        }

        return contains;
    }
}
