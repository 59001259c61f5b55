using Microsoft.Extensions.Logging;

namespace SynHello.Cli;

/// <summary>Writes warnings to standard error, a line each.</summary>
internal sealed class WarningLogger : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            ErrorLine.Write($"warning: {formatter(state, exception)}");
    }
}
