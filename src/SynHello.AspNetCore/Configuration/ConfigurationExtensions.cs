using System.Globalization;

using Microsoft.Extensions.Configuration;

namespace SynHello.AspNetCore;

/// <summary>Reads values, and says in one line which one cannot be used, and why.</summary>
internal static class ConfigurationExtensions
{
    public static InvalidOperationException Error(this IConfiguration configuration, string? key, string reason, Exception? inner = null)
    {
        string path = configuration is IConfigurationSection section ? section.Path : "";
        if (key is not null)
            path = path.Length > 0 ? ConfigurationPath.Combine(path, key) : key;
        return new InvalidOperationException($"{path}: {reason}", inner);
    }

    /// <summary>A value of an enumeration, by name; null where there is none.</summary>
    public static T? GetEnum<T>(this IConfiguration configuration, string key)
        where T : struct, Enum
    {
        string? text = configuration[key];
        if (string.IsNullOrEmpty(text))
            return null;
        return Parse<T>(configuration, key, text);
    }

    /// <summary>Flags of an enumeration, as a list of names or as one text; null where there are none.</summary>
    public static T? GetFlags<T>(this IConfiguration configuration, string key)
        where T : struct, Enum
    {
        string?[] parts = [.. configuration.GetSection(key).GetChildren().Select(child => child.Value)];
        return parts.Length == 0 ? configuration.GetEnum<T>(key) : Parse<T>(configuration, key, string.Join(',', parts));
    }

    /// <summary>A number from 0 to a bound; null where there is none.</summary>
    public static int? GetNumber(this IConfiguration configuration, string key, int maximum)
    {
        string? text = configuration[key];
        if (string.IsNullOrEmpty(text))
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= maximum)
            return number;
        throw configuration.Error(key, $"\"{text}\" is no number from 0 to {maximum}.");
    }

    private static T Parse<T>(IConfiguration configuration, string key, string text)
        where T : struct, Enum
    {
        // Numbers are not names, whatever Enum.TryParse takes them for.
        if (text.Any(char.IsAsciiLetter) && Enum.TryParse(text, ignoreCase: true, out T value))
            return value;
        throw configuration.Error(key, $"\"{text}\" is none of {string.Join(", ", Enum.GetNames<T>())}.");
    }
}
