using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>Reads what a ClientHello offers that no engine tells, out of the first record of a connection.</summary>
internal static class ClientHelloView
{
    private const int RecordHeaderLength = 5;
    private const int MessageHeaderLength = 4;

    /// <summary>The ProtocolNameList of ALPN, without the length in front of it.</summary>
    public static byte[] ApplicationProtocols(ReadOnlySpan<byte> firstBytes)
    {
        int length = (firstBytes[RecordHeaderLength + 1] << 16) | (firstBytes[RecordHeaderLength + 2] << 8)
            | firstBytes[RecordHeaderLength + 3];
        ClientHello hello = ClientHello.Parse(firstBytes.Slice(RecordHeaderLength + MessageHeaderLength, length));
        return hello.ApplicationProtocols.Encoded.ToArray();
    }
}
