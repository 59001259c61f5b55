namespace SynHello.Capture;

/// <summary>
/// An estimate of how wide text becomes in a sans-serif font, on the wide side: which font the reader's machine has is
/// not known.
/// </summary>
internal static class TextWidth
{
    public static double Of(string text, double fontSize, bool isBold = false)
    {
        double width = 0;
        foreach (char c in text)
        {
            width += c switch
            {
                'i' or 'l' or 'j' or '.' or ',' or ':' or '\'' or '|' or ' ' or 'I' => 0.32,
                't' or 'f' or 'r' or '-' or '(' or ')' or '/' => 0.40,
                'm' or 'w' or 'M' or 'W' or '…' => 0.95,
                >= 'A' and <= 'Z' or '+' => 0.72,
                <= '\u024F' => 0.62,
                _ => 1.0,
            };
        }

        return width * fontSize * (isBold ? 1.12 : 1);
    }

    /// <summary>Breaks text between words; a word that is wider than a line is cut short.</summary>
    public static List<string> Wrap(string text, double fontSize, bool isBold, double width, int mostLines)
    {
        var lines = new List<string>();
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string longer = line.Length == 0 ? word : $"{line} {word}";
            if (line.Length == 0 || Of(longer, fontSize, isBold) <= width)
            {
                line = longer;
                continue;
            }

            lines.Add(line);
            line = word;
        }

        if (line.Length > 0)
            lines.Add(line);
        if (lines.Count > mostLines)
        {
            lines.RemoveRange(mostLines, lines.Count - mostLines);
            lines[^1] += "…";
        }

        return lines.ConvertAll(whole => Cut(whole, fontSize, isBold, width));
    }

    private static string Cut(string line, double fontSize, bool isBold, double width)
    {
        if (Of(line, fontSize, isBold) <= width)
            return line;
        int length = Math.Min(line.Length, 400);
        while (length > 1 && Of(line[..length] + "…", fontSize, isBold) > width)
            length--;
        // Half of a surrogate pair is no character.
        if (char.IsHighSurrogate(line[length - 1]))
            length--;
        return line[..length] + "…";
    }
}
