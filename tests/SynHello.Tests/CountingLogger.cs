using System.Collections.Concurrent;

using Microsoft.Extensions.Logging;

namespace SynHello.Tests;

/// <summary>Keeps what is logged, to be counted. Thread-safe.</summary>
internal sealed class CountingLogger : ILogger
{
    private readonly ConcurrentQueue<Entry> _entries = new();

    internal sealed record Entry(LogLevel Level, int Id, string Message);

    public IReadOnlyCollection<Entry> Entries => _entries;

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        _entries.Enqueue(new Entry(logLevel, eventId.Id, formatter(state, exception)));
}
