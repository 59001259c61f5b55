namespace SynHello.Interop.Tests;

public enum KeyKind
{
    P256,
    P384,
    Rsa,
}
