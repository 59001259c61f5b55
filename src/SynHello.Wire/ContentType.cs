namespace SynHello.Wire;

/// <summary>What a TLS record carries (RFC 8446 section 5.1). Unknown values survive.</summary>
/// <param name="Value">The octet on the wire.</param>
public readonly record struct ContentType(byte Value)
{
    /// <summary>
    /// change_cipher_spec (20): in TLS 1.3 sent only for middleboxes, and dropped (RFC 8446 appendix D.4).
    /// </summary>
    public static ContentType ChangeCipherSpec => new(20);

    /// <summary>alert (21).</summary>
    public static ContentType Alert => new(21);

    /// <summary>handshake (22).</summary>
    public static ContentType Handshake => new(22);

    /// <summary>application_data (23).</summary>
    public static ContentType ApplicationData => new(23);

    /// <summary>The RFC's name of the value, or its number when it is unknown.</summary>
    public override string ToString() => Value switch
    {
        20 => "change_cipher_spec",
        21 => "alert",
        22 => "handshake",
        23 => "application_data",
        _ => CodePoint.Unknown(Value),
    };
}
