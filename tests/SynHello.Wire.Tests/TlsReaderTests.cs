namespace SynHello.Wire.Tests;

public sealed class TlsReaderTests
{
    [Fact]
    public void Integers_AreBigEndian()
    {
        var reader = new TlsReader([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a]);
        Assert.Equal(0x01, reader.ReadUInt8());
        Assert.Equal(0x0203, reader.ReadUInt16());
        Assert.Equal(0x040506, reader.ReadUInt24());
        Assert.Equal(0x0708090au, reader.ReadUInt32());
        Assert.True(reader.IsAtEnd);
        reader.ExpectEnd();
    }

    [Fact]
    public void Integers_RefuseToReadPastTheEnd()
    {
        Refusal.Expect(TlsErrorCause.TruncatedMessage, () => new TlsReader([]).ReadUInt8());
        Refusal.Expect(TlsErrorCause.TruncatedMessage, () => new TlsReader([1]).ReadUInt16());
        Refusal.Expect(TlsErrorCause.TruncatedMessage, () => new TlsReader([1, 2]).ReadUInt24());
        Refusal.Expect(TlsErrorCause.TruncatedMessage, () => new TlsReader([1, 2, 3]).ReadUInt32());
        Refusal.Expect(TlsErrorCause.TruncatedMessage, () => new TlsReader([1, 2, 3]).ReadBytes(4));
    }

    [Fact]
    public void Vectors_HoldWhatTheirLengthSays()
    {
        var reader = new TlsReader([1, 0xa1, 0, 2, 0xb1, 0xb2, 0, 0, 1, 0xc1]);
        Assert.Equal([0xa1], reader.ReadVector8().ToArray());
        Assert.Equal([0xb1, 0xb2], reader.ReadVector16().ToArray());
        Assert.Equal([0xc1], reader.ReadVector24().ToArray());
        reader.ExpectEnd();
    }

    [Fact]
    public void Vectors_RefuseALengthBeyondTheEnd()
    {
        Refusal.Expect(TlsErrorCause.TruncatedMessage, () => new TlsReader([2, 1]).ReadVector8());
        Refusal.Expect(TlsErrorCause.TruncatedMessage, () => new TlsReader([0, 2, 1]).ReadVector16());
        Refusal.Expect(TlsErrorCause.TruncatedMessage, () => new TlsReader([0xff, 0xff, 0xff, 1]).ReadVector24());
    }

    [Fact]
    public void Vectors_RefuseALengthOutsideTheirLimits()
    {
        Refusal.Expect(TlsErrorCause.VectorLengthOutOfRange, () => new TlsReader([0]).ReadVector8(1));
        Refusal.Expect(TlsErrorCause.VectorLengthOutOfRange, () => new TlsReader([2, 1, 1]).ReadVector8(0, 1));
        Refusal.Expect(TlsErrorCause.VectorLengthOutOfRange, () => new TlsReader([0, 1, 1]).ReadVector16(2));
        Refusal.Expect(TlsErrorCause.VectorLengthOutOfRange, () => new TlsReader([0, 3, 1, 1, 1]).ReadVector16(0, 2));
        Refusal.Expect(TlsErrorCause.VectorLengthOutOfRange, () => new TlsReader([0, 0, 0]).ReadVector24(1));
    }

    [Fact]
    public void CodePoints_MustBeEvenAndNotEmpty()
    {
        CodePoints points = new TlsReader([0, 4, 0x13, 0x01, 0xfe, 0xed]).ReadCodePoints16();
        Assert.Equal(2, points.Count);
        Assert.Equal(0x1301, points[0]);
        Assert.Equal(0xfeed, points[1]);
        Assert.True(points.Contains(0xfeed));
        Assert.False(points.Contains(0x01fe));
        Refusal.Expect(TlsErrorCause.VectorLengthOutOfRange, () => new TlsReader([0, 3, 1, 2, 3]).ReadCodePoints16());
        Refusal.Expect(TlsErrorCause.VectorLengthOutOfRange, () => new TlsReader([0, 0]).ReadCodePoints16());
    }

    [Fact]
    public void ExpectEnd_RefusesWhatIsLeftOver() =>
        Refusal.Expect(TlsErrorCause.TrailingBytes, () => new TlsReader([0]).ExpectEnd());
}
