using Microsoft.Extensions.Logging;

namespace SynHello.Tests;

/// <summary>A log whose disk is full. Thread-safe.</summary>
internal sealed class BrokenLogger : ILoggerFactory, ILogger
{
    private int _attempts;

    /// <summary>How often somebody wanted to log something.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Interlocked.Increment(ref _attempts);
        throw new IOException("No space left on device.");
    }
}
