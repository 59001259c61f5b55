using System.Globalization;

namespace SynHello.OnTheWire.Tests;

/// <summary>Somebody else's reading of a capture.</summary>
internal static class Tshark
{
    /// <summary>The payload's length of each SYN that carries a ClientHello, in the order of the capture.</summary>
    public static async Task<IReadOnlyList<int>> ClientHelloSynsAsync(string path)
    {
        const string Filter = "tcp.flags.syn==1 && tls.handshake.type==1";
        ProgramRun run = await ProgramRun.RunAsync("tshark", "-r", path, "-Y", Filter, "-T", "fields", "-e", "tcp.len");
        Assert.True(run.ExitCode == 0, run.Error);
        return
        [
            .. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => int.Parse(line, CultureInfo.InvariantCulture)),
        ];
    }
}
