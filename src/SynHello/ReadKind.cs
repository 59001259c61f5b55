namespace SynHello;

/// <summary>What a read is for.</summary>
internal enum ReadKind
{
    /// <summary>Any data, once the handshake is complete.</summary>
    ApplicationData,

    /// <summary>Early data, as it comes.</summary>
    EarlyData,

    /// <summary>The end of the handshake; data is left where it is.</summary>
    Handshake,
}
