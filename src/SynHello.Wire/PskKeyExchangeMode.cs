namespace SynHello.Wire;

/// <summary>How a pre-shared key is used (RFC 8446 section 4.2.9).</summary>
internal static class PskKeyExchangeMode
{
    /// <summary>psk_ke: the key alone.</summary>
    public const byte PskKe = 0;

    /// <summary>psk_dhe_ke: the key with (EC)DHE.</summary>
    public const byte PskDheKe = 1;
}
