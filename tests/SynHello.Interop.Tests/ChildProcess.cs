using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SynHello.Interop.Tests;

/// <summary>A program that a test started; it is killed at the test's end if it is still there.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    /// <summary>For whatever is sure to happen; a slow machine must not fail a test.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<string> _errorLines = [];
    private readonly Task _reading;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ended;

    private ChildProcess(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        _reading = ReadAsync();
    }

    /// <summary>What it has printed so far, on either stream.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
                return [.. _lines];
        }
    }

    public IReadOnlyList<string> ErrorLines
    {
        get
        {
            lock (_lock)
                return [.. _errorLines];
        }
    }

    public string Transcript => string.Join('\n', Lines);

    public static ChildProcess Start(string program, params IEnumerable<string> arguments) => new(program, arguments);

    /// <summary>Waits for a line, on either stream, that it has printed or will print.</summary>
    public async Task<string> WaitForLineAsync(Func<string, bool> matches)
    {
        using var patience = new CancellationTokenSource(Patience);
        int next = 0;
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                for (; next < _lines.Count; next++)
                {
                    if (matches(_lines[next]))
                        return _lines[next];
                }

                if (_ended)
                    throw new InvalidOperationException(
                        $"The process ended without the line that was waited for:\n{string.Join('\n', _lines)}");
                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException exception)
            {
                throw new TimeoutException($"The line that was waited for did not come:\n{Transcript}", exception);
            }
        }
    }

    public Task<string> WaitForAsync(string text) =>
        WaitForLineAsync(line => line.Contains(text, StringComparison.Ordinal));

    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteAsync(line + "\n");
        await _process.StandardInput.FlushAsync();
    }

    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Waits for its end and for all that it printed.</summary>
    public async Task<int> ExitAsync()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience);
            await _reading.WaitAsync(Patience);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"The process did not end:\n{Transcript}", exception);
        }

        return _process.ExitCode;
    }

    public void Terminate()
    {
        const int Sigterm = 15;
        if (Kill(_process.Id, Sigterm) != 0)
            throw new InvalidOperationException("The signal could not be sent.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private async Task ReadAsync()
    {
        await Task.WhenAll(
            ReadAsync(_process.StandardOutput, error: false), ReadAsync(_process.StandardError, error: true));
        lock (_lock)
        {
            _ended = true;
            _changed.TrySetResult();
        }
    }

    private async Task ReadAsync(StreamReader reader, bool error)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                _lines.Add(line);
                if (error)
                    _errorLines.Add(line);
                _changed.TrySetResult();
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
