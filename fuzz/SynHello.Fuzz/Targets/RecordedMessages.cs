using SynHello.Fuzz.Engines;
using SynHello.Wire;

namespace SynHello.Fuzz.Targets;

/// <summary>The messages of every recorded handshake.</summary>
internal static class RecordedMessages
{
    private const int TagLength = 16;

    /// <summary>The different bodies of a message.</summary>
    public static IEnumerable<byte[]> Bodies(HandshakeType type, bool isTls12)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < Scenario.All.Count; i++)
        {
            Scenario scenario = Scenario.All[i];
            if (scenario.Name.StartsWith("1.2", StringComparison.Ordinal) != isTls12)
                continue;
            Recording recording = Stage.Of(i, EngineFlags.Binds).Recording;
            foreach (byte[] flight in recording.Up.Concat(recording.Down))
            {
                foreach (byte[] body in Bodies(Content(flight), type.Value))
                {
                    if (seen.Add(Convert.ToHexString(body)))
                        yield return body;
                }
            }
        }
    }

    /// <summary>What is in the handshake records of a flight, as far as they can be read: none behind TLS 1.2's change of keys.</summary>
    private static byte[] Content(byte[] flight)
    {
        var content = new List<byte>();
        bool isTls12Sealed = false;
        for (int at = 0; RecordHeader.TryRead(flight.AsSpan(at), out RecordHeader header); at += RecordHeader.Size + header.Length)
        {
            ReadOnlySpan<byte> body = flight.AsSpan(at + RecordHeader.Size, header.Length);
            isTls12Sealed |= header.Type == ContentType.ChangeCipherSpec;
            if (header.Type == ContentType.Handshake && !isTls12Sealed)
                content.AddRange(body);
            else if (header.Type == ContentType.ApplicationData
                && body.Length > TagLength && body[^(TagLength + 1)] == ContentType.Handshake.Value)
                content.AddRange(body[..^(TagLength + 1)]);
        }

        return [.. content];
    }

    private static IEnumerable<byte[]> Bodies(byte[] content, byte type)
    {
        for (int at = 0; at + 4 <= content.Length;)
        {
            int length = (content[at + 1] << 16) | (content[at + 2] << 8) | content[at + 3];
            int end = Math.Min(content.Length, at + 4 + length);
            if (content[at] == type)
                yield return content[(at + 4)..end];
            at = end;
        }
    }
}
