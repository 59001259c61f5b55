using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;

namespace SynHello.Interop.Tests;

/// <summary>The command line, run as a process of its own, as a user runs it.</summary>
public static class Synhello
{
    // The program's output stands beside the tests': artifacts/bin/<project>/<configuration>.
    private static readonly string _program = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory,
        "../../SynHello.Cli",
        new DirectoryInfo(AppContext.BaseDirectory).Name,
        "SynHello.Cli.dll"));

    public static ChildProcess Start(params IEnumerable<string> arguments) =>
        ChildProcess.Start("dotnet", [_program, .. arguments]);

    /// <summary>Serves on an address, and waits until it does.</summary>
    public static async Task<ChildProcess> ServeAsync(IPEndPoint endPoint, Identity identity, params string[] options)
    {
        ChildProcess serve = Start(
        [
            "serve", "--listen", $"{endPoint}",
            "--cert", identity.CertificateFile, "--key", identity.KeyFile, .. options,
        ]);
        Assert.Equal($"listening on {endPoint}", await serve.WaitForAsync("listening on "));
        return serve;
    }

    public static async Task<(int ExitCode, byte[] Output, string Error)> RunAsync(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [_program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        try
        {
            using var output = new MemoryStream();
            Task<string> error = process.StandardError.ReadToEndAsync();
            await process.StandardOutput.BaseStream.CopyToAsync(output).WaitAsync(ChildProcess.Patience);
            await process.WaitForExitAsync().WaitAsync(ChildProcess.Patience);
            return (process.ExitCode, output.ToArray(), await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Gets a URL that has to work, and returns the body.</summary>
    public static async Task<byte[]> GetAsync(string url, params string[] options)
    {
        (int exitCode, byte[] output, string error) =
            await RunAsync(["get", url, "--cacert", Identity.RootFile, .. options]);
        Assert.True(exitCode == 0, $"get ended with status {exitCode}: {error}");
        return output;
    }

    public static async Task<JsonElement> GetJsonAsync(string url, params string[] options)
    {
        byte[] output = await GetAsync(url, ["--json", .. options]);
        using var document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }

    /// <summary>Runs what has to fail: status 1, one line on standard error, nothing on standard output.</summary>
    public static async Task<string> FailAsync(params IEnumerable<string> arguments)
    {
        (int exitCode, byte[] output, string error) = await RunAsync(arguments);
        Assert.True(exitCode == 1, $"It ended with status {exitCode}: {error}");
        Assert.Equal("", Encoding.UTF8.GetString(output));
        string line = Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("synhello: ", line);
        return line;
    }
}
