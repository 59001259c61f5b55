namespace SynHello.Wire;

/// <summary>A TLS version as it stands on the wire (RFC 8446 section 4.2.1). Unknown values survive.</summary>
/// <param name="Value">The two octets on the wire.</param>
public readonly record struct ProtocolVersion(ushort Value)
{
    /// <summary>TLS 1.0 (0x0301): only as the legacy version of a first record.</summary>
    public static ProtocolVersion Tls10 => new(0x0301);

    /// <summary>TLS 1.2 (0x0303): also the legacy version of every TLS 1.3 hello and record.</summary>
    public static ProtocolVersion Tls12 => new(0x0303);

    /// <summary>TLS 1.3 (0x0304), RFC 8446.</summary>
    public static ProtocolVersion Tls13 => new(0x0304);

    /// <summary>"1.3" and the like, or the number when it is unknown.</summary>
    public override string ToString() => Value switch
    {
        0x0301 => "1.0",
        0x0302 => "1.1",
        0x0303 => "1.2",
        0x0304 => "1.3",
        _ => CodePoint.Unknown(Value),
    };
}
