namespace SynHello.OnTheWire.Tests;

/// <summary>What the doctor says of the levels of Fast Open, with the settings of this namespace as the test makes them.</summary>
public sealed class DoctorTests : IDisposable
{
    private const string Title = "A server under load: the levels of Fast Open";

    private readonly Dictionary<string, string> _before = [];

    public void Dispose()
    {
        foreach ((string path, string value) in _before)
            File.WriteAllText(path, value);
    }

    [Fact]
    public async Task Levels_AreAllThereByDefault()
    {
        string[] lines = await LevelsAsync();
        Assert.Equal(5, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("  ok ", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("net/ipv4/tcp_fastopen", "1", "Without a cookie: ", "sysctl -w net.ipv4.tcp_fastopen=3")]
    [InlineData("net/ipv4/tcp_fastopen", "1", "With a cookie, the next one: ", "sysctl -w net.ipv4.tcp_fastopen=3")]
    [InlineData("net/ipv4/tcp_fastopen", "515", "0x200", "sysctl -w net.ipv4.tcp_fastopen=3")]
    [InlineData("net/ipv4/tcp_syncookies", "0", "keeps everybody out", "sysctl -w net.ipv4.tcp_syncookies=1")]
    [InlineData("net/ipv4/tcp_syncookies", "2", "no data in one is ever taken", "sysctl -w net.ipv4.tcp_syncookies=1")]
    [InlineData("net/core/somaxconn", "128", "64 connections may be unproven", "sysctl -w net.core.somaxconn=4096")]
    public async Task LevelThatIsMissing_IsToldWithTheCommand(string setting, string value, string text, string command)
    {
        string path = $"/proc/sys/{setting}";
        _before[path] = await File.ReadAllTextAsync(path);
        await File.WriteAllTextAsync(path, value);

        string[] lines = await LevelsAsync();
        int index = Array.FindIndex(lines, line => line.Contains(text, StringComparison.Ordinal));
        Assert.StartsWith("  no ", lines[index], StringComparison.Ordinal);
        Assert.EndsWith($": {command}", lines[index + 1], StringComparison.Ordinal);
    }

    private static async Task<string[]> LevelsAsync()
    {
        ProgramRun run = await CommandLine.RunAsync("doctor");
        Assert.True(run.ExitCode == 0, run.Error);
        return [.. run.Output.Split('\n').SkipWhile(line => line != Title).Skip(1).TakeWhile(line => line.Length > 0)];
    }
}
