namespace SynHello.Tls.Tests;

/// <summary>The presentation language by hand (RFC 8446 section 3).</summary>
internal static class Octets
{
    public static byte[] Two(int value) => [(byte)(value >> 8), (byte)value];

    public static byte[] Three(int value) => [(byte)(value >> 16), (byte)(value >> 8), (byte)value];

    public static byte[] Vector8(params byte[] content) => [(byte)content.Length, .. content];

    public static byte[] Vector16(params byte[] content) => [.. Two(content.Length), .. content];

    public static byte[] Vector24(params byte[] content) => [.. Three(content.Length), .. content];

    public static byte[] Message(int type, params byte[] body) => [(byte)type, .. Vector24(body)];

    public static byte[] Record(int type, params byte[] content) => [(byte)type, 3, 3, .. Vector16(content)];

    public static byte[] Extensions(params (int Type, byte[] Data)[] extensions) =>
        Vector16([.. extensions.SelectMany(extension => (byte[])[.. Two(extension.Type),
            .. Vector16(extension.Data)])]);

    /// <summary>Changes one bit of the last octet.</summary>
    public static byte[] Flip(byte[] bytes) => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)];
}
