using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Cuts bytes into records.</summary>
internal static class RecordReader
{
    public static List<(ContentType Type, byte[] Record)> Split(ReadOnlySpan<byte> bytes)
    {
        var records = new List<(ContentType, byte[])>();
        while (RecordHeader.TryRead(bytes, out RecordHeader header))
        {
            records.Add((header.Type, bytes[..(RecordHeader.Size + header.Length)].ToArray()));
            bytes = bytes[(RecordHeader.Size + header.Length)..];
        }

        Assert.True(bytes.IsEmpty, "The output ends within a record.");
        return records;
    }

    public static List<ContentType> Types(ReadOnlySpan<byte> bytes) => [.. Split(bytes).Select(record => record.Type)];
}
