namespace SynHello.Wire;

/// <summary>A signature algorithm with its hash (RFC 8446 section 4.2.3). Unknown values survive.</summary>
/// <param name="Value">The two octets on the wire.</param>
public readonly record struct SignatureScheme(ushort Value)
{
    /// <summary>rsa_pkcs1_sha256 (0x0401): in TLS 1.3 for certificates only.</summary>
    public static SignatureScheme RsaPkcs1Sha256 => new(0x0401);

    /// <summary>rsa_pkcs1_sha384 (0x0501): in TLS 1.3 for certificates only.</summary>
    public static SignatureScheme RsaPkcs1Sha384 => new(0x0501);

    /// <summary>rsa_pkcs1_sha512 (0x0601): in TLS 1.3 for certificates only.</summary>
    public static SignatureScheme RsaPkcs1Sha512 => new(0x0601);

    /// <summary>ecdsa_secp256r1_sha256 (0x0403).</summary>
    public static SignatureScheme EcdsaSecp256r1Sha256 => new(0x0403);

    /// <summary>ecdsa_secp384r1_sha384 (0x0503).</summary>
    public static SignatureScheme EcdsaSecp384r1Sha384 => new(0x0503);

    /// <summary>rsa_pss_rsae_sha256 (0x0804): an rsaEncryption key signing with PSS.</summary>
    public static SignatureScheme RsaPssRsaeSha256 => new(0x0804);

    /// <summary>rsa_pss_rsae_sha384 (0x0805).</summary>
    public static SignatureScheme RsaPssRsaeSha384 => new(0x0805);

    /// <summary>rsa_pss_rsae_sha512 (0x0806).</summary>
    public static SignatureScheme RsaPssRsaeSha512 => new(0x0806);

    /// <summary>ed25519 (0x0807), RFC 8032.</summary>
    public static SignatureScheme Ed25519 => new(0x0807);

    /// <summary>The RFC's name of the scheme, or its number when it is unknown; "none" of the default, where nothing was signed.</summary>
    public override string ToString() => Value switch
    {
        0 => "none",
        0x0401 => "rsa_pkcs1_sha256",
        0x0501 => "rsa_pkcs1_sha384",
        0x0601 => "rsa_pkcs1_sha512",
        0x0403 => "ecdsa_secp256r1_sha256",
        0x0503 => "ecdsa_secp384r1_sha384",
        0x0804 => "rsa_pss_rsae_sha256",
        0x0805 => "rsa_pss_rsae_sha384",
        0x0806 => "rsa_pss_rsae_sha512",
        0x0807 => "ed25519",
        _ => CodePoint.Unknown(Value),
    };
}
