namespace SynHello.Capture;

/// <summary>What a packet carries, in the words of TCP and TLS.</summary>
/// <remarks>
/// A TLS record counts for every packet that carries a byte of it. What TLS 1.3 encrypts is told by its place in the
/// conversation, not by its contents, which the capture cannot read.
/// </remarks>
[Flags]
public enum PacketContents
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A SYN of the client.</summary>
    Syn = 1 << 0,

    /// <summary>A SYN of the server, which acknowledges the client's.</summary>
    SynAck = 1 << 1,

    /// <summary>An acknowledgement and nothing else: no data, no SYN, no FIN, no RST.</summary>
    Ack = 1 << 2,

    /// <summary>A FIN.</summary>
    Fin = 1 << 3,

    /// <summary>A reset.</summary>
    Reset = 1 << 4,

    /// <summary>A ClientHello (the first, or the one that answers a HelloRetryRequest).</summary>
    ClientHello = 1 << 5,

    /// <summary>A HelloRetryRequest.</summary>
    HelloRetryRequest = 1 << 6,

    /// <summary>A ServerHello.</summary>
    ServerHello = 1 << 7,

    /// <summary>
    /// Other handshake messages: the rest of the server's first flight (in TLS 1.3 up to its Finished), in TLS 1.2 also
    /// the client's key exchange; in TLS 1.3 EndOfEarlyData.
    /// </summary>
    Handshake = 1 << 8,

    /// <summary>The client's Finished, or in TLS 1.2 the Finished of either end.</summary>
    Finished = 1 << 9,

    /// <summary>A change_cipher_spec record (in TLS 1.3 a dummy, RFC 8446, appendix D.4).</summary>
    ChangeCipherSpec = 1 << 10,

    /// <summary>An alert that is not encrypted as application data.</summary>
    Alert = 1 << 11,

    /// <summary>
    /// TLS 1.3 records of the server between the handshake and the response, as a rule NewSessionTicket.
    /// </summary>
    PostHandshake = 1 << 12,

    /// <summary>Early data.</summary>
    EarlyData = 1 << 13,

    /// <summary>The request, or more data from the client after it.</summary>
    Request = 1 << 14,

    /// <summary>The response, or more data from the server after its first byte.</summary>
    Response = 1 << 15,

    /// <summary>Data that none of the other words fits.</summary>
    OtherData = 1 << 16,
}
