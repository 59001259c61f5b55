using System.Runtime.InteropServices;

namespace SynHello.Crypto;

/// <summary>An EVP_PKEY; libcrypto wipes a private key when it is freed.</summary>
internal sealed class EvpKeyHandle : SafeHandle
{
    public EvpKeyHandle()
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Libcrypto.EVP_PKEY_free(handle);
        return true;
    }
}
