namespace SynHello.Wire.Tests;

public sealed class TlsWriterTests
{
    [Fact]
    public void Integers_AreBigEndian()
    {
        using var writer = new TlsWriter();
        writer.WriteUInt8(0x01);
        writer.WriteUInt16(0x0203);
        writer.WriteUInt24(0x040506);
        writer.WriteUInt32(0x0708090a);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], writer.Written.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.WriteUInt24(0x1000000));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.WriteUInt24(-1));
    }

    [Fact]
    public void Scopes_FillInTheirLengthsWhenDisposed()
    {
        using var writer = new TlsWriter();
        using (writer.Message(HandshakeType.Certificate))
        {
            using (writer.Vector16())
            {
                using (writer.Vector8())
                    writer.WriteUInt8(0xaa);
                writer.WriteUInt16(0xbbcc);
            }
        }

        using (writer.Extension(ExtensionType.KeyShare))
            writer.WriteVector24([1]);
        Assert.Equal("0b0000060004" + "01aabbcc" + "00330004" + "00000101", Convert.ToHexStringLower(writer.Written));
    }

    [Fact]
    public void Scopes_RefuseMoreThanTheirLengthCanSay()
    {
        using var writer = new TlsWriter();
        writer.WriteVector8(new byte[255]);
        Assert.Throws<InvalidOperationException>(() => writer.WriteVector8(new byte[256]));
        Assert.Throws<InvalidOperationException>(() => writer.WriteVector16(new byte[65536]));
    }

    [Fact]
    public void Growing_KeepsWhatWasWritten()
    {
        using var writer = new TlsWriter();
        byte[] expected = new byte[100_000];
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = (byte)(i * 7);
            writer.WriteUInt8(expected[i]);
        }

        Assert.Equal(expected, writer.Written.ToArray());
    }

    [Fact]
    public void RemoveFront_MovesTheRestForward()
    {
        using var writer = new TlsWriter();
        writer.WriteBytes([1, 2, 3, 4]);
        writer.RemoveFront(3);
        writer.WriteUInt8(5);
        Assert.Equal([4, 5], writer.Written.ToArray());
        writer.Clear();
        Assert.Equal(0, writer.Length);
    }

    [Fact]
    public void Dispose_LeavesAWriterThatCanBeUsedAgain()
    {
        var writer = new TlsWriter();
        writer.WriteUInt32(uint.MaxValue);
        writer.Dispose();
        Assert.Equal(0, writer.Length);
        writer.WriteUInt8(9);
        Assert.Equal([9], writer.Written.ToArray());
        writer.Dispose();
    }
}
