using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace SynHello.Lab;

/// <summary>Starts the current program again, in this very process and under another command.</summary>
internal static class ReExecution
{
    /// <summary>
    /// The words with which the current program was started up to its own first argument: an executable, or the dotnet
    /// host with its options and an assembly.
    /// </summary>
    public static IReadOnlyList<string> CommandLine()
    {
        // .NET hides the host's words; the kernel does not. Both end with the program's own arguments.
        string[] words = File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1];
        int own = Environment.GetCommandLineArgs().Length - 1;
        string[] prefix = words[..Math.Max(1, words.Length - own)];
        prefix[0] = Environment.ProcessPath ?? prefix[0];

        // The assembly may be named relative to a directory that is not the current one any more.
        if (prefix.Length > 1 && prefix[^1].EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            prefix[^1] = Path.Combine(AppContext.BaseDirectory, Path.GetFileName(prefix[^1]));
        return prefix;
    }

    /// <summary>Quotes a word for the shell where it needs it.</summary>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "/._-=:,+@%".Contains(c))
            ? word
            : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>
    /// Replaces this process by a command: same process number, so signals, job control and exit status need no
    /// forwarding, and same standard streams.
    /// </summary>
    [DoesNotReturn]
    public static void Execute(string path, IReadOnlyList<string> arguments, string variable, string value)
    {
        // The runtime keeps its own copy of the environment, so it has to be handed over.
        Environment.SetEnvironmentVariable(variable, value);
        List<string?> environment = [];
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            environment.Add($"{entry.Key}={entry.Value}");

        Console.Out.Flush();
        Console.Error.Flush();
        _ = Libc.Execute(path, [path, .. arguments, null], [.. environment, null]);
        throw Libc.Failure($"Could not execute {path}");
    }
}
