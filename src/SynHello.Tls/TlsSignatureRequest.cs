using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>A signature that is made elsewhere. Immutable; safe to use from any thread.</summary>
public sealed class TlsSignatureRequest
{
    internal TlsSignatureRequest(TlsCredential credential, SignatureScheme scheme, ReadOnlyMemory<byte> content)
    {
        Credential = credential;
        Scheme = scheme;
        Content = content;
    }

    /// <summary>Whose key signs.</summary>
    public TlsCredential Credential { get; }

    /// <summary>How.</summary>
    public SignatureScheme Scheme { get; }

    /// <summary>What is signed, before hashing.</summary>
    public ReadOnlyMemory<byte> Content { get; }
}
