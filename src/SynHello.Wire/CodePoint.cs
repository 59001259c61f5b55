using System.Globalization;

namespace SynHello.Wire;

/// <summary>How a code point without a name is printed.</summary>
internal static class CodePoint
{
    public static string Unknown(int value) => string.Create(CultureInfo.InvariantCulture, $"unknown(0x{value:x4})");
}
