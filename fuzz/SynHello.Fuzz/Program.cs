using System.Globalization;

using SynHello.Fuzz;
using SynHello.Fuzz.Targets;

const string Usage = """
    usage: SynHello.Fuzz --target NAME|all [--executions N] [--seconds N] [--seed S] [--corpus FOLDER] [--findings FOLDER]
                        [--verbose]
           SynHello.Fuzz --target NAME --input FILE           runs one input, whole and in pieces
           SynHello.Fuzz corpus [--target NAME] FOLDER        makes the corpus anew
           SynHello.Fuzz list
    """;

string targetName = "all", corpusFolder = Corpus.BuiltIn, findings = Path.GetFullPath("fuzz-findings");
string? input = null, command = null, folder = null;
bool isVerbose = false;
long executions = long.MaxValue;
TimeSpan time = TimeSpan.MaxValue;
ulong seed = (ulong)Environment.TickCount64;
try
{
    for (int i = 0; i < args.Length; i++)
    {
        switch (args[i])
        {
            case "--target": targetName = args[++i]; break;
            case "--executions": executions = long.Parse(args[++i], CultureInfo.InvariantCulture); break;
            case "--seconds": time = TimeSpan.FromSeconds(double.Parse(args[++i], CultureInfo.InvariantCulture)); break;
            case "--seed": seed = ulong.Parse(args[++i], CultureInfo.InvariantCulture); break;
            case "--corpus": corpusFolder = args[++i]; break;
            case "--findings": findings = Path.GetFullPath(args[++i]); break;
            case "--verbose": isVerbose = true; break;
            case "--input": input = args[++i]; break;
            case "corpus" or "list" when command is null: command = args[i]; break;
            case var other when command == "corpus" && folder is null && !other.StartsWith('-'): folder = other; break;
            default: throw new FormatException();
        }
    }

    if ((command == "corpus") == folder is null)
        throw new FormatException();
}
catch (Exception exception) when (exception is FormatException or OverflowException or IndexOutOfRangeException)
{
    Console.Error.WriteLine(Usage);
    return 2;
}

FuzzTarget[] targets = [.. FuzzTargets.All.Where(target => targetName == "all" || target.Name == targetName)];
if (targets.Length == 0)
{
    Console.Error.WriteLine($"There is no target {targetName}; \"list\" names them.");
    return 2;
}

if (command == "list")
{
    foreach (FuzzTarget target in targets)
        Console.WriteLine(target.Name);
    return 0;
}

if (command == "corpus")
{
    foreach (FuzzTarget target in targets)
        Console.WriteLine($"{target.Name}: {Corpus.Write(folder!, target)} inputs");
    return 0;
}

if (input is not null)
{
    if (targets.Length != 1)
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }

    Console.WriteLine(Fuzzer.Reproduce(targets[0], File.ReadAllBytes(input)));
    return 0;
}

if (executions == long.MaxValue && time == TimeSpan.MaxValue)
    time = TimeSpan.FromSeconds(10);
int failed = 0;
foreach (FuzzTarget target in targets)
{
    List<byte[]> corpus = Corpus.Read(corpusFolder, target.Name);
    if (corpus.Count == 0)
    {
        Console.Error.WriteLine($"{target.Name}: there is no corpus in {corpusFolder}");
        failed++;
        continue;
    }

    FuzzReport report = new Fuzzer(target, seed, corpus, findings).Run(executions, time);
    Console.WriteLine(report);
    if (isVerbose)
    {
        foreach ((string outcome, long count) in report.Outcomes.OrderByDescending(pair => pair.Value))
            Console.WriteLine($"    {count,12} {outcome}");
    }

    if (report.Finding is not { } finding)
        continue;
    failed++;
    Console.Error.WriteLine($"{finding}; the input is in {finding.Save(findings)}");
    Console.Error.WriteLine(finding.Problem);
}

return failed == 0 ? 0 : 1;
