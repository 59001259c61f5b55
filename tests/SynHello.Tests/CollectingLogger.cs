using System.Collections.Concurrent;
using System.Threading.Channels;

using Microsoft.Extensions.Logging;

namespace SynHello.Tests;

/// <summary>Keeps what is logged. Thread-safe.</summary>
internal sealed class CollectingLogger : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<Entry> _entries = new();
    private readonly Channel<Entry> _unread = Channel.CreateUnbounded<Entry>();

    internal sealed record Entry(LogLevel Level, int Id, string Message, Exception? Exception);

    /// <summary>All that was logged so far.</summary>
    public IReadOnlyCollection<Entry> Entries => _entries;

    /// <summary>The next entry that fits, wherever it stands; those before it are passed over.</summary>
    public async Task<Entry> NextAsync(params int[] ids)
    {
        while (true)
        {
            Entry entry = await _unread.Reader.ReadAsync(TestContext.Current.CancellationToken).Guarded();
            if (ids.Contains(entry.Id))
                return entry;
        }
    }

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
        Func<TState, Exception?, string> formatter)
    {
        var entry = new Entry(logLevel, eventId.Id, formatter(state, exception), exception);
        _entries.Enqueue(entry);
        _unread.Writer.TryWrite(entry);
    }
}
