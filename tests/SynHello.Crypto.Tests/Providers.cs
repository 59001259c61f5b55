namespace SynHello.Crypto.Tests;

/// <summary>The provider with libcrypto, and as it is on a machine without.</summary>
public static class Providers
{
    public static TheoryData<bool> WithAndWithoutLibcrypto => [true, false];

    internal static DefaultCryptoProvider WithoutLibcrypto { get; } = new(LibcryptoStatus.Absent);

    internal static DefaultCryptoProvider Get(bool libcrypto) =>
        libcrypto ? DefaultCryptoProvider.Instance : WithoutLibcrypto;
}
