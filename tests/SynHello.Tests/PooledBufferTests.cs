using FsCheck;
using FsCheck.Fluent;

namespace SynHello.Tests;

public sealed class PooledBufferTests
{
    [Fact]
    public void Bytes_ComeOutInTheOrderTheyWentIn() => Prop.ForAll(
        Gen.Choose(-40_000, 40_000).ArrayOf().ToArbitrary(),
        steps =>
        {
            // Positive: so many bytes in. Negative: so many out.
            var buffer = new PooledBuffer();
            List<byte> model = [];
            byte next = 0;
            foreach (int step in steps)
            {
                if (step > 0)
                {
                    Span<byte> space = buffer.GetSpan(step);
                    Assert.True(space.Length >= step);
                    for (int i = 0; i < step; i++)
                        model.Add(space[i] = next++);
                    buffer.Advance(step);
                }
                else
                {
                    int count = Math.Min(-step, model.Count);
                    model.RemoveRange(0, count);
                    buffer.Consume(count);
                }

                Assert.Equal(model.Count, buffer.Length);
                Assert.True(buffer.Span.SequenceEqual(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(model)));
            }

            buffer.Release();
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Release_LeavesABufferThatCanBeUsedAgain()
    {
        var buffer = new PooledBuffer();
        buffer.GetSpan(10)[0] = 5;
        buffer.Advance(10);

        buffer.Release();
        buffer.Release();

        Assert.True(buffer.IsEmpty);
        Assert.True(buffer.Memory.IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(-1));
        buffer.GetSpan(1)[0] = 6;
        buffer.Advance(1);
        Assert.Equal([6], buffer.Memory.ToArray());
    }
}
