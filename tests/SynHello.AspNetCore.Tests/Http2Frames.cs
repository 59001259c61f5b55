using System.Buffers.Binary;
using System.Text;

namespace SynHello.AspNetCore.Tests;

/// <summary>HTTP/2 by hand (RFC 9113), for clients that say exactly what a test wants, when it wants it.</summary>
internal static class Http2Frames
{
    public const byte Data = 0, HeadersType = 1, Settings = 4, Continuation = 9;

    private const byte EndStream = 1, EndHeaders = 4;

    /// <summary>What every connection begins with: the preface, and settings that change nothing.</summary>
    public static byte[] Preface => [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [])];

    /// <summary>A request without a body, its fields without compression (RFC 7541 section 6.2.2).</summary>
    public static byte[] Request(int stream, string method, string path, bool endsHeaders = true) =>
        Frame(HeadersType, (byte)(endsHeaders ? EndStream | EndHeaders : EndStream), stream, Fields(method, path));

    /// <summary>The rest of a header block, which is empty.</summary>
    public static byte[] EndOfHeaders(int stream) => Frame(Continuation, EndHeaders, stream, []);

    public static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)payload.Length << 8 | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    public static async Task<(byte Type, int Stream, byte[] Payload)> ReadAsync(Stream connection)
    {
        byte[] header = new byte[9];
        await connection.ReadExactlyAsync(header);
        byte[] payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(header) >> 8];
        await connection.ReadExactlyAsync(payload);
        return (header[3], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
    }

    /// <summary>Reads on until a stream's body has come, which is one frame here, and takes it for text.</summary>
    public static async Task<string> ReadBodyAsync(Stream connection, int stream)
    {
        while (true)
        {
            (byte type, int number, byte[] payload) = await ReadAsync(connection);
            if (type == Data && number == stream && payload.Length > 0)
                return Encoding.ASCII.GetString(payload);
        }
    }

    private static byte[] Fields(params ReadOnlySpan<string> methodAndPath)
    {
        var fields = new List<byte>();
        Add(":method", methodAndPath[0]);
        Add(":scheme", "https");
        Add(":path", methodAndPath[1]);
        Add(":authority", "localhost");
        return [.. fields];

        void Add(string name, string value)
        {
            fields.Add(0);
            fields.Add((byte)name.Length);
            fields.AddRange(Encoding.ASCII.GetBytes(name));
            fields.Add((byte)value.Length);
            fields.AddRange(Encoding.ASCII.GetBytes(value));
        }
    }
}
