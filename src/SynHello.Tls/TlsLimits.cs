namespace SynHello.Tls;

/// <summary>Bounds on what a peer can make this side keep or repeat. Each has a cause of its own.</summary>
internal static class TlsLimits
{
    /// <summary>The largest handshake message, header not counted.</summary>
    public const int HandshakeMessage = 64 * 1024;

    /// <summary>
    /// Certificates in a chain. Each costs its reader far more than its sender; public authorities need three or four.
    /// </summary>
    public const int Certificates = 32;

    /// <summary>Records without content (empty application data, change_cipher_spec) in a row.</summary>
    public const int EmptyRecords = 32;

    /// <summary>KeyUpdate messages in a row, without application data between them.</summary>
    public const int KeyUpdates = 32;

    /// <summary>NewSessionTicket messages in a row, without application data between them.</summary>
    public const int Tickets = 32;

    /// <summary>Bytes of a ticket that a client keeps: it has to come back in a ClientHello that holds other things too.</summary>
    public const int Ticket = 8 * 1024;

    /// <summary>user_canceled alerts.</summary>
    public const int WarningAlerts = 4;

    /// <summary>
    /// Bytes of a HelloRetryRequest's cookie: it has to come back in a ClientHello that holds other things too.
    /// </summary>
    public const int Cookie = 16 * 1024;

    /// <summary>
    /// Bytes of early data that a server which did not accept it skips (RFC 8446 section 4.2.10), besides as many as it
    /// accepts at other times.
    /// </summary>
    public const int SkippedEarlyData = 64 * 1024;

    /// <summary>
    /// Records sealed under one key before this side changes it: 2^24, below the 2^24.5 that RFC 8446 section 5.5
    /// allows
    /// for AES-GCM.
    /// </summary>
    public const ulong RecordsPerKey = 1ul << 24;

    /// <summary>
    /// AES blocks sealed under one key of TLS 1.2 before the connection has to end: as many as 2^24 records of the largest size have,
    /// which RFC 8446 section 5.5 allows. Smaller records may be more.
    /// </summary>
    public const ulong BlocksPerKey = 1ul << 34;
}
