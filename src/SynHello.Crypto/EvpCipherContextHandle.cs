using System.Runtime.InteropServices;

namespace SynHello.Crypto;

/// <summary>An EVP_CIPHER_CTX; libcrypto wipes its key when it is freed.</summary>
internal sealed class EvpCipherContextHandle : SafeHandle
{
    public EvpCipherContextHandle()
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Libcrypto.EVP_CIPHER_CTX_free(handle);
        return true;
    }
}
