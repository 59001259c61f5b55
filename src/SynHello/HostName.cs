using System.Globalization;
using System.Net;

namespace SynHello;

/// <summary>Names of hosts as they are compared (RFC 9525 section 6.3).</summary>
internal static class HostName
{
    private const int MaximumLength = 253;
    private const int MaximumLabelLength = 63;
    private const string AnyLabel = "*.";

    /// <summary>
    /// The one form of a name: in lower case, internationalized labels in punycode (RFC 5891), no dot at the end; the label in front
    /// may be an asterisk. An IP address as it is written most often.
    /// </summary>
    /// <returns>Null when it is no such name.</returns>
    public static string? Normalize(string name)
    {
        bool isWildcard = name.StartsWith(AnyLabel, StringComparison.Ordinal);

        // In lower case first: without ICU .NET's punycode tells capital letters from small ones.
        string host = (isWildcard ? name[AnyLabel.Length..] : name).ToLowerInvariant();
        if (!isWildcard && IsAddress(host, out IPAddress? address))
            return address.ToString();
        if (!System.Text.Ascii.IsValid(host))
        {
            try
            {
                host = new IdnMapping().GetAscii(host);
            }
            catch (ArgumentException)
            {
                return null;
            }
        }

        if (host.EndsWith('.'))
            host = host[..^1];
        if (host.Length > MaximumLength || !HasLabels(host))
            return null;
        return isWildcard ? AnyLabel + host : host;
    }

    /// <summary>What follows the asterisk and its dot; null when a normalized name has none.</summary>
    public static string? WildcardDomain(string normalized) =>
        normalized.StartsWith(AnyLabel, StringComparison.Ordinal) ? normalized[AnyLabel.Length..] : null;

    private static bool IsAddress(string host, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(host, out address) && (host.Contains(':', StringComparison.Ordinal) || address.ToString() == host);

    private static bool HasLabels(ReadOnlySpan<char> host)
    {
        foreach (Range range in host.Split('.'))
        {
            ReadOnlySpan<char> label = host[range];
            if (label.Length is 0 or > MaximumLabelLength)
                return false;
            foreach (char letter in label)
            {
                if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_'))
                    return false;
            }
        }

        return true;
    }
}
