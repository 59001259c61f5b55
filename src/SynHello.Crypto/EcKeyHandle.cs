using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SynHello.Crypto;

/// <summary>An EC_KEY; libcrypto wipes a private key when it is freed.</summary>
internal sealed class EcKeyHandle : SafeHandle
{
    public EcKeyHandle()
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>A key of a curve, with nothing in it yet.</summary>
    public static EcKeyHandle Create(NistCurve curve)
    {
        var key = Libcrypto.EC_KEY_new();
        if (!key.IsInvalid && Libcrypto.EC_KEY_set_group(key, curve.NativeGroup) == 1)
            return key;

        key.Dispose();
        Libcrypto.ERR_clear_error();
        throw new CryptographicException("libcrypto could not make an EC key.");
    }

    protected override bool ReleaseHandle()
    {
        Libcrypto.EC_KEY_free(handle);
        return true;
    }
}
