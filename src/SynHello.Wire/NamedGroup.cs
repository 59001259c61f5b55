namespace SynHello.Wire;

/// <summary>A key exchange group (RFC 8446 section 4.2.7). Unknown values survive.</summary>
/// <param name="Value">The two octets on the wire.</param>
public readonly record struct NamedGroup(ushort Value)
{
    /// <summary>secp256r1 (0x0017), NIST P-256.</summary>
    public static NamedGroup Secp256r1 => new(0x0017);

    /// <summary>secp384r1 (0x0018), NIST P-384.</summary>
    public static NamedGroup Secp384r1 => new(0x0018);

    /// <summary>x25519 (0x001d), RFC 7748.</summary>
    public static NamedGroup X25519 => new(0x001d);

    /// <summary>The RFC's name of the group, or its number when it is unknown.</summary>
    public override string ToString() => Value switch
    {
        0x0017 => "secp256r1",
        0x0018 => "secp384r1",
        0x001d => "x25519",
        _ => CodePoint.Unknown(Value),
    };
}
