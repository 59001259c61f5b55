using System.Globalization;

namespace SynHello.Fuzz;

/// <summary>The committed inputs of each target: a folder a target, a file an input.</summary>
internal static class Corpus
{
    /// <summary>Where a build puts them.</summary>
    public static string BuiltIn => Path.Combine(AppContext.BaseDirectory, "corpus");

    /// <summary>A target's inputs, in an order that is the same everywhere.</summary>
    public static List<byte[]> Read(string folder, string target)
    {
        string own = Path.Combine(folder, target);
        if (!Directory.Exists(own))
            return [];
        return [.. Directory.EnumerateFiles(own).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
    }

    /// <summary>
    /// Replaces a target's generated inputs: right ones, and short ones of those that a run makes of them and that reach something else.
    /// Those that were added by hand have other names and stay.
    /// </summary>
    public static int Write(string folder, FuzzTarget target)
    {
        const int Executions = 20_000;
        const int MostDiscovered = 24;
        string own = Path.Combine(folder, target.Name);
        Directory.CreateDirectory(own);
        foreach (string old in Directory.EnumerateFiles(own, "seed-*").Concat(Directory.EnumerateFiles(own, "found-*")))
            File.Delete(old);
        List<byte[]> seeds = [.. target.MakeSeeds()];
        var fuzzer = new Fuzzer(target, seed: 0, seeds, folder);
        fuzzer.Run(Executions, TimeSpan.MaxValue);
        List<byte[]> discovered = [.. fuzzer.Discovered.OrderBy(input => input.Length).Take(4 * MostDiscovered)];
        Write(own, "seed", seeds);
        Write(own, "found", [.. discovered.Where((_, i) => i % Math.Max(1, discovered.Count / MostDiscovered) == 0).Take(MostDiscovered)]);
        return Directory.GetFiles(own).Length;
    }

    private static void Write(string folder, string kind, List<byte[]> inputs)
    {
        for (int i = 0; i < inputs.Count; i++)
            File.WriteAllBytes(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{kind}-{i:000}")), inputs[i]);
    }
}
