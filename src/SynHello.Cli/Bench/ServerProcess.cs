using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace SynHello.Cli;

/// <summary>A server in a process of its own, which ends with this object, or with this process.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, IPEndPoint endPoint)
    {
        _process = process;
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>The CPU time of the process so far.</summary>
    public TimeSpan CpuTime => ProcessClock.Read(_process.Id);

    /// <summary>Starts this program as <see cref="BenchServerCommand"/>.</summary>
    /// <exception cref="CommandFailure">It did not start.</exception>
    public static async Task<ServerProcess> StartAsync(
        string stack, IdentityFiles identity, CancellationToken cancellationToken)
    {
        string[] words = (await File.ReadAllTextAsync("/proc/self/cmdline", cancellationToken)).Split('\0')[..^1];
        string[] own = words[1..Math.Max(1, words.Length - Environment.GetCommandLineArgs().Length + 1)];
        if (own is [.., var assembly] && assembly.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            own[^1] = Path.Combine(AppContext.BaseDirectory, Path.GetFileName(assembly));
        Process process = Start(
            Environment.ProcessPath ?? words[0],
            [
                .. own, "bench", BenchServerCommand.Name,
                "--stack", stack, "--cert", identity.Certificate, "--key", identity.Key,
            ]);
        string? line = await process.StandardOutput.ReadLineAsync(cancellationToken);
        if (line?.Split(' ') is ["listening", "on", var endPoint])
            return new ServerProcess(process, IPEndPoint.Parse(endPoint));
        await EndAsync(process);
        throw new CommandFailure($"the server of the benchmark did not start: {line ?? "it has ended"}.");
    }

    /// <summary>Starts nginx with one process that does all, without session tickets.</summary>
    /// <returns>Null when there is no nginx.</returns>
    /// <exception cref="CommandFailure">It did not start.</exception>
    public static async Task<ServerProcess?> StartNginxAsync(IdentityFiles identity, CancellationToken cancellationToken)
    {
        if (Find("nginx") is not { } nginx)
            return null;
        IPEndPoint endPoint = NginxConfiguration.FreeEndPoint();
        string configuration = NginxConfiguration.Write(identity, endPoint);
        Process process = Start(nginx, ["-c", configuration, "-p", identity.Directory, "-e", "stderr"]);
        return await WaitAsync(new ServerProcess(process, endPoint), cancellationToken);
    }

    /// <summary>Starts openssl's own server, which takes one connection after the other, without session tickets.</summary>
    /// <returns>Null when there is no openssl.</returns>
    /// <exception cref="CommandFailure">It did not start.</exception>
    public static async Task<ServerProcess?> StartOpensslAsync(IdentityFiles identity, CancellationToken cancellationToken)
    {
        if (Find("openssl") is not { } openssl)
            return null;
        IPEndPoint endPoint = NginxConfiguration.FreeEndPoint();

        // It says something of each connection, and would wait for somebody to read it.
        Process process = Start(
            "/bin/sh",
            [
                "-c", "exec \"$@\" >/dev/null 2>&1", "sh",
                openssl, "s_server", "-accept", $"{endPoint}", "-cert", identity.Certificate, "-key", identity.Key, "-quiet",
                "-tls1_3", "-groups", "X25519", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-num_tickets", "0",
            ]);
        return await WaitAsync(new ServerProcess(process, endPoint), cancellationToken);
    }

    /// <summary>Asks <see cref="BenchServerCommand"/> for its memory, in bytes.</summary>
    public async Task<long> MeasureMemoryAsync(CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(BenchServerCommand.MemoryQuestion.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        string? line = await _process.StandardOutput.ReadLineAsync(cancellationToken);
        return long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
            ? bytes
            : throw new CommandFailure("the server of the benchmark does not say how much memory it has.");
    }

    public async ValueTask DisposeAsync() => await EndAsync(_process);

    private static Process Start(string program, IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        }) ?? throw new CommandFailure($"{program} did not start.");

    private static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>Waits until a server takes connections.</summary>
    private static async Task<ServerProcess> WaitAsync(ServerProcess server, CancellationToken cancellationToken)
    {
        try
        {
            await NginxConfiguration.WaitAsync(server._process, server.EndPoint, cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private static string? Find(string program) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
}
