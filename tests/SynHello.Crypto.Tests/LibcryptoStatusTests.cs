using System.Reflection;

namespace SynHello.Crypto.Tests;

public sealed class LibcryptoStatusTests
{
    [Fact]
    public void Current_FindsTheLibraryThatDotNetUses()
    {
        var status = LibcryptoStatus.Current;
        Assert.True(status.IsAvailable, string.Join(' ', status.Missing));
        Assert.Contains("SSL", status.Version, StringComparison.Ordinal);
        Assert.True(status.HasX25519);
        Assert.True(status.HasEd25519);
        Assert.True(status.HasNistCurves);
        Assert.Empty(status.Missing);
    }

    [Fact]
    public void Absent_SaysWhatIsMissing()
    {
        var status = LibcryptoStatus.Absent;
        Assert.False(status.IsAvailable);
        Assert.Null(status.Version);
        Assert.False(status.HasX25519 || status.HasEd25519 || status.HasNistCurves);
        Assert.NotEmpty(status.Missing);
    }

    [Fact]
    public void Functions_NameEveryImport()
    {
        var imports = typeof(Libcrypto)
            .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Select(m => m.Name)
            .Order(StringComparer.Ordinal);
        Assert.Equal(imports, Libcrypto.Functions.Concat(Libcrypto.OptionalFunctions).Order(StringComparer.Ordinal));
    }
}
