namespace SynHello.Cli;

/// <summary>One thing that the doctor found.</summary>
/// <param name="Mark">"ok", "no" or "hint".</param>
/// <param name="Text">What was found, as one sentence.</param>
/// <param name="Command">The exact command that would change it; null when there is none.</param>
internal sealed record Finding(string Mark, string Text, string? Command = null)
{
    public static Finding Ok(string text) => new("ok", text);

    public static Finding No(string text, string? command = null) => new("no", text, command);

    public static Finding Hint(string text, string? command = null) => new("hint", text, command);
}
