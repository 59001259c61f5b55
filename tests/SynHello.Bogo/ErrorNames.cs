using System.Text.Json;

using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>
/// What is printed for a failure. The ErrorMap of config.json gives, for each error that the runner expects, a text that
/// lists the causes which answer to it; the runner looks for that text. So each text that lists the cause is printed.
/// </summary>
internal static class ErrorNames
{
    /// <summary>What no cause of the engine's stands for: a callback fails as the runner asked it to.</summary>
    private const string CallbackFailed = nameof(CallbackFailed);

    /// <summary>
    /// Whether a connection was refused for a reason. What else is thrown in an engine is an InternalError, and answers
    /// to nothing that the runner expects.
    /// </summary>
    public static bool IsRefusal(TlsProtocolException failure) =>
        failure.Cause != TlsErrorCause.InternalError || IsCallbackFailure(failure);

    public static IEnumerable<string> Of(TlsProtocolException failure)
    {
        string name = IsCallbackFailure(failure) ? CallbackFailed
            : failure.PeerAlert is { } alert ? $"{failure.Cause}({alert})"
            : failure.Cause.ToString();
        string path = Path.Combine(AppContext.BaseDirectory, "config.json");
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(path));
        foreach (JsonProperty entry in config.RootElement.GetProperty("ErrorMap").EnumerateObject())
        {
            string causes = entry.Value.GetString()!;
            if (causes.Trim('[', ']').Split(" | ").Contains(name))
                yield return causes;
        }
    }

    private static bool IsCallbackFailure(TlsProtocolException failure) =>
        failure.InnerException is CallbackFailedException;
}
