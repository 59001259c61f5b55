namespace SynHello.Sockets;

/// <summary>
/// Why Fast Open failed at the client, as Linux 5.5 and later say it (<c>tcpi_fastopen_client_fail</c>, two bits).
/// </summary>
public enum FastOpenClientFailure
{
    /// <summary>It did not fail, or the kernel does not say.</summary>
    Unspecified = 0,

    /// <summary>There was no cookie for this destination.</summary>
    CookieUnavailable = 1,

    /// <summary>The SYN-ACK did not acknowledge the data in the SYN.</summary>
    DataNotAcknowledged = 2,

    /// <summary>The SYN timed out, and the SYN-ACK to the one sent again did not acknowledge the data.</summary>
    SynRetransmitted = 3,
}
