using System.Collections.Concurrent;
using System.Threading.Channels;

using Microsoft.Extensions.Logging;

namespace SynHello.OnTheWire.Tests;

/// <summary>What a listener logs of its steps under load, and up again. Thread-safe.</summary>
internal sealed class LevelLog : ILoggerFactory, ILogger
{
    private const int SteppedDown = 61;
    private const int SteppedUp = 62;

    private static readonly TimeSpan _hung = TimeSpan.FromMinutes(2);

    private readonly Channel<string> _up = Channel.CreateUnbounded<string>();
    private readonly ConcurrentQueue<string> _all = [];

    /// <summary>All steps so far, as they were logged.</summary>
    public IReadOnlyCollection<string> Steps => _all;

    /// <summary>Waits for a step up to this mode; others are passed over.</summary>
    public async Task SteppedUpAsync(string mode)
    {
        using var timeout = new CancellationTokenSource(_hung);
        while (!(await _up.Reader.ReadAsync(timeout.Token)).Contains($"steps up to {mode} ", StringComparison.Ordinal))
        {
            // One in between.
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id is not (SteppedDown or SteppedUp))
            return;
        string message = formatter(state, exception);
        _all.Enqueue(message);
        if (eventId.Id == SteppedUp)
            _up.Writer.TryWrite(message);
    }
}
