namespace SynHello.OnTheWire.Tests;

/// <summary>The control bits of a TCP segment (RFC 9293 section 3.1).</summary>
[Flags]
internal enum TcpFlags
{
    None = 0,
    Fin = 0x01,
    Syn = 0x02,
    Rst = 0x04,
    Psh = 0x08,
    Ack = 0x10,
}
