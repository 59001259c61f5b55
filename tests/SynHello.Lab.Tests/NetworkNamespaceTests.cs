using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SynHello.Lab.Tests;

[Collection(OnTheWire.Name)]
public sealed partial class NetworkNamespaceTests
{
    [Fact]
    public void Namespace_IsPrivateAndSupportsTheWire()
    {
        Assert.True(NetworkNamespace.IsPrivate);
        Assert.True(NetworkNamespace.Probe().IsSupported);
        Assert.Throws<InvalidOperationException>(() => NetworkNamespace.ReExecute([]));
    }

    [Fact]
    public void FastOpen_IsWhatWasSet()
    {
        NetworkNamespace.SetFastOpen(1);
        Assert.Equal(1, NetworkNamespace.GetFastOpen());
        NetworkNamespace.SetFastOpen(3);
        Assert.Equal(3, NetworkNamespace.GetFastOpen());
        Assert.Throws<ArgumentOutOfRangeException>(() => NetworkNamespace.SetFastOpen(-1));
    }

    [Fact]
    public async Task ReExecution_KeepsArgumentsStreamsAndExitStatus()
    {
        using Process process = StartSubject("one", "two words", "");

        await process.StandardInput.WriteLineAsync("hello");
        string[] lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n');
        await process.WaitForExitAsync();

        Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget, lines[0]);
        Assert.StartsWith("net:[", lines[0], StringComparison.Ordinal);
        Assert.Equal(["True", "again|one|two words|", "hello"], lines[1..4]);
        Assert.Equal(ReExecutionSubject.ExitCode, process.ExitCode);
    }

    [Fact]
    public async Task ReExecution_LetsSignalsReachTheProgram()
    {
        using Process process = StartSubject();
        for (int line = 0; line < 3; line++)
            Assert.NotNull(await process.StandardOutput.ReadLineAsync());

        const int SigTerm = 15;
        Assert.Equal(0, Kill(process.Id, SigTerm));
        await process.WaitForExitAsync();

        Assert.Equal(ReExecutionSubject.TerminatedExitCode, process.ExitCode);
    }

    private static Process StartSubject(params string[] arguments)
    {
        IReadOnlyList<string> command = ReExecution.CommandLine();
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[ReExecutionSubject.Variable] = "1";
        return Process.Start(start)!;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
