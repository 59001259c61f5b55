namespace SynHello.Wire.Tests;

/// <summary>Writes a ClientHello octet by octet, right or wrong, without the code under test.</summary>
internal sealed class ClientHelloBuilder
{
    public List<(ushort Type, byte[] Data)> Extensions { get; } = [];

    public byte[] SessionId { get; set; } = Samples.Bytes(32, 20);

    public byte[] CipherSuites { get; set; } = [0x13, 0x01, 0x13, 0x02, 0x7a, 0x7a];

    public byte[] Compression { get; set; } = [0];

    public static ClientHelloBuilder Typical()
    {
        var builder = new ClientHelloBuilder();
        builder.Extensions.AddRange(
        [
            (0, Convert.FromHexString("000e" + "00" + "000b" + Convert.ToHexString("example.com"u8))),
            (5, Convert.FromHexString("01" + "0000" + "0000")),
            (27, Convert.FromHexString("04" + "0002" + "0001")),
            (10, Convert.FromHexString("0006" + "001d" + "0017" + "7a7a")),
            (13, Convert.FromHexString("0004" + "0403" + "0804")),
            (16, Convert.FromHexString("000c" + "026832" + "08687474702f312e31")),
            (28, Convert.FromHexString("4001")),
            (43, Convert.FromHexString("04" + "7a7a" + "0304")),
            (51, Convert.FromHexString("002a" + "7a7a0002abcd" + "001d0020" + Convert.ToHexString(Samples.Bytes(32,
                21)))),
            (44, Convert.FromHexString("0003010203")),
            (21, new byte[7]),
            (0x5a5a, [1, 2, 3]),
        ]);
        return builder;
    }

    public ClientHelloBuilder With(ushort type, string data)
    {
        Extensions.RemoveAll(extension => extension.Type == type);
        Extensions.Add((type, Convert.FromHexString(data)));
        return this;
    }

    public byte[] ToBody()
    {
        byte[] extensions = [.. Extensions.SelectMany(extension =>
            (byte[])[.. Two(extension.Type), .. Two(extension.Data.Length), .. extension.Data])];
        return
        [
            .. ToBodyWithoutExtensions(),
            .. Two(extensions.Length), .. extensions,
        ];
    }

    public byte[] ToBodyWithoutExtensions() =>
    [
        3, 3, .. Samples.Bytes(32, 22),
        (byte)SessionId.Length, .. SessionId,
        .. Two(CipherSuites.Length), .. CipherSuites,
        (byte)Compression.Length, .. Compression,
    ];

    private static byte[] Two(int value) => [(byte)(value >> 8), (byte)value];
}
