namespace SynHello.Fuzz;

/// <summary>An input that did what none may do.</summary>
/// <param name="Target">The target's name.</param>
/// <param name="Seed">The seed of the run.</param>
/// <param name="Execution">Which execution of the run it was, from 0 on.</param>
/// <param name="Input">The input.</param>
/// <param name="Problem">What was thrown.</param>
internal sealed record Finding(string Target, ulong Seed, long Execution, byte[] Input, Exception Problem)
{
    public override string ToString() =>
        $"{Target}: seed {Seed}, execution {Execution}, {Input.Length} bytes: {Problem.GetType().Name}: {Problem.Message}";

    /// <summary>Writes the input to a file.</summary>
    /// <returns>The file.</returns>
    public string Save(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"{Target}-{Seed}-{Execution}");
        File.WriteAllBytes(path, Input);
        return path;
    }
}
