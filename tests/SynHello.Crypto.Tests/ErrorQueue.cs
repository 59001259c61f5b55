using System.Runtime.InteropServices;

namespace SynHello.Crypto.Tests;

/// <summary>What libcrypto keeps of failures in this thread.</summary>
internal static unsafe class ErrorQueue
{
    private static readonly delegate* unmanaged<nuint> s_peek =
        (delegate* unmanaged<nuint>)NativeLibrary.GetExport(NativeLibrary.Load("libcrypto.so.3"), "ERR_peek_error");

    public static nuint Peek() => s_peek();
}
