using System.Buffers.Binary;

using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>
/// Reads which extensions a ServerHello of TLS 1.2 has that no engine tells of, out of the first record of a server.
/// </summary>
internal static class ServerHelloView
{
    private const int RecordHeaderLength = 5;
    private const int MessageHeaderLength = 4;
    private const int VersionLength = 2;
    private const int RandomLength = 32;
    private const int SuiteAndCompressionLength = 3;

    public static bool Has(ReadOnlySpan<byte> firstBytes, ExtensionType extension)
    {
        ReadOnlySpan<byte> message = firstBytes[RecordHeaderLength..];
        int length = (message[1] << 16) | (message[2] << 8) | message[3];
        ReadOnlySpan<byte> rest = message.Slice(MessageHeaderLength, length)[(VersionLength + RandomLength)..];
        rest = rest[(1 + rest[0] + SuiteAndCompressionLength)..];
        if (!rest.IsEmpty)
            rest = rest[2..];
        while (!rest.IsEmpty)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(rest) == extension.Value)
                return true;
            rest = rest[(4 + BinaryPrimitives.ReadUInt16BigEndian(rest[2..]))..];
        }

        return false;
    }
}
