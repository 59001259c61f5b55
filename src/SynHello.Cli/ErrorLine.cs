namespace SynHello.Cli;

/// <summary>The one clear line on standard error with which an operation fails.</summary>
internal static class ErrorLine
{
    public static void Write(string message) => Console.Error.WriteLine($"synhello: {OneLine(message)}");

    /// <summary>
    /// The same text on one line. What a peer or a file says may stand in it, so no control character may pass: it
    /// could forge further lines, or move a terminal's cursor.
    /// </summary>
    public static string OneLine(string message)
    {
        string line = message.ReplaceLineEndings(" ").Trim();
        return line.Any(char.IsControl) ? string.Concat(line.Select(c => char.IsControl(c) ? '?' : c)) : line;
    }
}
