namespace SynHello.Testing;

/// <summary>What a test's certificate is made of.</summary>
public enum CertificateKind
{
    EcdsaP256,
    EcdsaP384,
    Rsa2048,
}
