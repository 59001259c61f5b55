using static SynHello.AspNetCore.Tests.Http2Frames;

namespace SynHello.AspNetCore.Tests;

/// <summary>What is found out of frames that come in pieces.</summary>
public sealed class EarlyHttp2StreamsTests
{
    [Fact]
    public void LastStream_IsThatOfTheLastHeadersThatCameWhole()
    {
        (byte[] Bytes, int LastStream)[] frames =
        [
            (Preface, 0),
            (Request(1, "GET", "/"), 1),
            (Frame(Data, 1, 9, new byte[300]), 1),
            (Request(3, "GET", "/a", endsHeaders: false), 1),
            (EndOfHeaders(3), 3),
            (Request(1, "GET", "/trailers"), 3),
            (Frame(Data, 0, 5, []), 3),
            (Request(0x7ffffffe, "GET", "/"), 0x7ffffffe),
        ];
        foreach (int size in (int[])[1, 2, 3, 7, 9, 10, 24, 1000])
        {
            var streams = new EarlyHttp2Streams();
            foreach ((byte[] bytes, int lastStream) in frames)
            {
                int before = streams.LastStream;
                byte[][] parts = [.. bytes.Chunk(size)];
                foreach (byte[] part in parts[..^1])
                {
                    streams.Follow(part);
                    Assert.Equal(before, streams.LastStream);
                }

                streams.Follow(parts[^1]);
                Assert.Equal(lastStream, streams.LastStream);
            }
        }
    }
}
