using FsCheck;
using FsCheck.Fluent;

namespace SynHello.Tests;

public sealed class ReaderBufferTests
{
    /// <summary>Records of any size into buffers of any size: the reader's first, then what is kept, is what came, in order.</summary>
    [Fact]
    public void Records_ComeOutInTheirOrder() => Prop.ForAll(
        Gen.Choose(0, 20_000).ToArbitrary(),
        Gen.Choose(1, 6_000).ArrayOf().ToArbitrary(),
        (room, records) =>
        {
            var kept = new PooledBuffer();
            var reader = new ReaderBuffer(kept);
            byte[] buffer = Exchange.Bytes(room, seed: 5);
            List<byte> model = [];
            byte next = 0;
            reader.Lend(buffer);
            foreach (int content in records)
            {
                // A record's type stands behind its content, and takes room too.
                Span<byte> inner = reader.GetSpan(content + 1);
                Assert.True(inner.Length > content);
                for (int i = 0; i < content; i++)
                    model.Add(inner[i] = next++);
                inner[content] = 23;
                reader.Advance(content);
            }

            int direct = reader.Count;
            Assert.Equal(direct, reader.TakeBack());
            Assert.Equal(model, [.. buffer[..direct], .. kept.Span]);
            Assert.True(direct > 0 || records.Length == 0 || records[0] + 1 > room);
            Assert.All(buffer.Skip(direct).Select((left, i) => (left, i)), place =>
                Assert.True(place.left == 0 || place.left == Exchange.Bytes(room, seed: 5)[direct + place.i]));
            kept.Release();
        }).Check(Config.QuickThrowOnFailure);

    /// <summary>Messages and records that do not open are no data: nothing of them stays where the application sees it.</summary>
    [Fact]
    public void WhatIsNotAdvancedOver_IsCleared()
    {
        var kept = new PooledBuffer();
        var reader = new ReaderBuffer(kept);
        byte[] buffer = new byte[100];
        buffer.AsSpan().Fill(7);
        reader.Lend(buffer);
        reader.GetSpan(10).Fill(1);
        reader.Advance(9);
        reader.GetSpan(50).Fill(2);
        reader.GetSpan(20).Fill(3);

        Assert.Equal(9, reader.TakeBack());
        Assert.Equal([.. Enumerable.Repeat((byte)1, 9), .. new byte[50], .. Enumerable.Repeat((byte)7, 41)], buffer);
        Assert.True(kept.IsEmpty);

        // Nothing is lent any more.
        reader.GetSpan(10).Fill(4);
        reader.Advance(10);
        Assert.Equal(10, kept.Length);
        kept.Release();
    }
}
