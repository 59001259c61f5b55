using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SynHello.Capture.Tests;

/// <summary>TLS records with as much inside as a ledger looks at.</summary>
internal static class Tls
{
    public static byte[] Record(byte type, byte[] body)
    {
        byte[] record = new byte[5 + body.Length];
        record[0] = type;
        record[1] = 3;
        record[2] = 3;
        BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(3), (ushort)body.Length);
        body.CopyTo(record, 5);
        return record;
    }

    public static byte[] Message(byte type, byte[] body) =>
        [type, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];

    public static byte[] Handshake(byte type, int length) => Record(22, Message(type, new byte[length]));

    /// <summary>A ClientHello record of this many bytes in all.</summary>
    public static byte[] ClientHello(int length = 517) => Handshake(1, length - 9);

    public static byte[] ServerHello13() => Record(22, ServerHelloMessage(new byte[32], [0, 43, 0, 2, 3, 4]));

    /// <summary>One that takes the first pre-shared key.</summary>
    public static byte[] ServerHello13Resumed() =>
        Record(22, ServerHelloMessage(new byte[32], [0, 41, 0, 2, 0, 0, 0, 43, 0, 2, 3, 4]));

    public static byte[] ServerHello12() => Record(22, ServerHelloMessage(new byte[32], [0, 23, 0, 0]));

    public static byte[] HelloRetryRequest() =>
        Record(22, ServerHelloMessage(SHA256.HashData("HelloRetryRequest"u8), [0, 43, 0, 2, 3, 4]));

    public static byte[] ServerHelloMessage(byte[] random, byte[] extensions)
    {
        byte[] length = [(byte)(extensions.Length >> 8), (byte)extensions.Length];
        return Message(2, [3, 3, .. random, 32, .. new byte[32], 0x13, 0x01, 0, .. length, .. extensions]);
    }

    public static byte[] ChangeCipherSpec() => Record(20, [1]);

    /// <summary>An application_data record with this many bytes after its header.</summary>
    public static byte[] Data(int length) => Record(23, new byte[length]);

    /// <summary>An encrypted Finished of TLS 1.2.</summary>
    public static byte[] Finished12() => Record(22, Enumerable.Repeat((byte)0xA5, 40).ToArray());

    public static byte[] Finished13() => Data(53);

    public static byte[] EndOfEarlyData() => Data(21);

    public static byte[] Request() => Data(200);

    public static byte[] Response() => Data(1024);
}
