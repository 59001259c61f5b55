using System.Reflection;
using System.Runtime.InteropServices;

namespace SynHello.Crypto;

/// <summary>What OpenSSL's libcrypto serves in this process. Immutable; found out once, at first use.</summary>
public sealed class LibcryptoStatus
{
    private static readonly string[] FileNames = ["libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"];

    private static nint s_library;

    private LibcryptoStatus(IReadOnlyList<string> missing) => Missing = missing;

    /// <summary>What this process has.</summary>
    public static LibcryptoStatus Current { get; } = Load();

    /// <summary>Whether a libcrypto was found that has every function in use.</summary>
    public bool IsAvailable { get; private init; }

    /// <summary>
    /// What the library says of its version, "OpenSSL 3.0.19 27 Jan 2026" for instance; null without one.
    /// </summary>
    public string? Version { get; private init; }

    /// <summary>Whether x25519 is offered.</summary>
    public bool HasX25519 { get; private init; }

    /// <summary>Whether Ed25519 signatures are verified.</summary>
    public bool HasEd25519 { get; private init; }

    /// <summary>Whether secp256r1 and secp384r1 go through libcrypto; otherwise they go through .NET, slower.</summary>
    public bool HasNistCurves { get; private init; }

    /// <summary>
    /// What is missing and what follows from it, a sentence each, for a person; empty when all is there.
    /// </summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Whether the library in use has <see cref="Libcrypto.OptionalFunctions"/>.</summary>
    internal static bool HasOptionalFunctions { get; private set; }

    /// <summary>
    /// Whether RSA signatures are verified in libcrypto; otherwise in .NET, whose import of a key is slow.
    /// </summary>
    internal bool HasRsaPss { get; private init; }

    /// <summary>A machine without libcrypto, for tests of the ways around it.</summary>
    internal static LibcryptoStatus Absent { get; } = new(["libcrypto was left out."]);

    private static LibcryptoStatus Load()
    {
        // Elsewhere the file names mean other things: macOS ends a process that loads its unversioned libcrypto.
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsFreeBSD())
            return WithoutLibrary("OpenSSL's libcrypto is used on Linux and FreeBSD only");

        string? incomplete = null;
        foreach (var fileName in FileNames)
        {
            if (!NativeLibrary.TryLoad(fileName, out var library))
                continue;

            var lacking = Libcrypto.Functions.Where(name => !NativeLibrary.TryGetExport(library, name, out _));
            var list = string.Join(", ", lacking);
            if (list.Length == 0)
            {
                s_library = library;
                HasOptionalFunctions = Libcrypto.OptionalFunctions.All(
                    name => NativeLibrary.TryGetExport(library, name, out _));
                NativeLibrary.SetDllImportResolver(typeof(LibcryptoStatus).Assembly, Resolve);
                return Probe();
            }

            incomplete ??= $"{fileName} lacks {list}";
            NativeLibrary.Free(library);
        }

        return WithoutLibrary(incomplete ?? $"none of {string.Join(", ", FileNames)} can be loaded");
    }

    private static nint Resolve(string libraryName, Assembly assembly, DllImportSearchPath? searchPath) =>
        libraryName == Libcrypto.Name ? s_library : 0;

    private static LibcryptoStatus Probe()
    {
        // A build without the algorithm, or one in FIPS mode, has the functions and fails in them.
        var x25519 = LibcryptoProbe.ServesX25519();
        var ed25519 = LibcryptoProbe.ServesEd25519();
        var nistCurves = NistCurve.P256.NativeGroup != 0 && NistCurve.P384.NativeGroup != 0;
        Libcrypto.ERR_clear_error();

        var missing = new List<string>();
        if (!x25519)
            missing.Add("libcrypto refuses x25519 (FIPS mode?): it is not offered.");

        if (!ed25519)
            missing.Add("libcrypto refuses Ed25519 (FIPS mode?): such certificates are not accepted.");

        if (!nistCurves)
            missing.Add("libcrypto lacks secp256r1 or secp384r1: they go through .NET, slower.");

        return new LibcryptoStatus(missing.AsReadOnly())
        {
            IsAvailable = true,
            Version = Marshal.PtrToStringUTF8(Libcrypto.OpenSSL_version(0)),
            HasX25519 = x25519,
            HasEd25519 = ed25519,
            HasNistCurves = nistCurves,
            HasRsaPss = HasOptionalFunctions,
        };
    }

    private static LibcryptoStatus WithoutLibrary(string reason) => new(Array.AsReadOnly(
    [
        $"{reason}: x25519 is not offered, Ed25519 certificates are not accepted, and the NIST curves go through .NET, slower.",
    ]));
}
