using System.Collections.Concurrent;

using Microsoft.Extensions.Logging;

namespace SynHello.OnTheWire.Tests;

/// <summary>Counts what is logged, by its id. Thread-safe.</summary>
internal sealed class LoggedEvents : ILoggerFactory, ILogger
{
    private readonly ConcurrentDictionary<int, int> _counts = [];

    /// <summary>How often it was logged.</summary>
    public int Count(int id) => _counts.GetValueOrDefault(id);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) => _counts.AddOrUpdate(eventId.Id, 1, (_, count) => count + 1);
}
