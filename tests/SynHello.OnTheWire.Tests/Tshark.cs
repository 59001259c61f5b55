using System.Globalization;

namespace SynHello.OnTheWire.Tests;

/// <summary>Somebody else's reading of a capture.</summary>
internal static class Tshark
{
    /// <summary>The payload's length of each SYN that carries a ClientHello, in the order of the capture.</summary>
    public static Task<IReadOnlyList<int>> ClientHelloSynsAsync(string path) =>
        PayloadLengthsAsync(path, "tcp.flags.syn==1 && tls.handshake.type==1");

    /// <summary>
    /// The same of each SYN that carries a ClientHello with early_data and pre_shared_key and application data behind
    /// it (RFC 8446 section 4.2.10).
    /// </summary>
    public static Task<IReadOnlyList<int>> EarlyDataSynsAsync(string path) => PayloadLengthsAsync(
        path,
        "tcp.flags.syn==1 && tls.handshake.type==1 && tls.handshake.extension.type==42 "
        + "&& tls.handshake.extension.type==41 && tls.record.opaque_type==23");

    private static async Task<IReadOnlyList<int>> PayloadLengthsAsync(string path, string filter)
    {
        ProgramRun run = await ProgramRun.RunAsync("tshark", "-r", path, "-Y", filter, "-T", "fields", "-e", "tcp.len");
        Assert.True(run.ExitCode == 0, run.Error);
        return
        [
            .. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => int.Parse(line, CultureInfo.InvariantCulture)),
        ];
    }
}
