using System.Text.Json;

using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>
/// What is printed for a failure. The ErrorMap of config.json gives, for each error that the runner expects, a text that
/// lists the causes which answer to it; the runner looks for that text. So each text that lists the cause is printed.
/// </summary>
internal static class ErrorNames
{
    public static IEnumerable<string> Of(TlsProtocolException failure)
    {
        string name = failure.PeerAlert is { } alert ? $"{failure.Cause}({alert})" : failure.Cause.ToString();
        return Of(name);
    }

    public static IEnumerable<string> Of(string name)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "config.json");
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(path));
        foreach (JsonProperty entry in config.RootElement.GetProperty("ErrorMap").EnumerateObject())
        {
            string causes = entry.Value.GetString()!;
            if (causes.Trim('[', ']').Split(" | ").Contains(name))
                yield return causes;
        }
    }
}
