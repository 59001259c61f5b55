using Microsoft.Extensions.Logging;

namespace SynHello.Cli;

/// <summary>Logs a line an event to standard error. Thread-safe.</summary>
internal sealed class StandardErrorLoggerProvider : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new StandardErrorLogger();

    public void Dispose()
    {
        // Standard error is the process's.
    }

    private sealed class StandardErrorLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            string level = logLevel switch
            {
                LogLevel.Trace or LogLevel.Debug => "debug",
                LogLevel.Information => "info",
                LogLevel.Warning => "warning",
                _ => "error",
            };
            string message = formatter(state, exception);
            if (exception is not null)
                message = $"{message}: {exception.GetType().Name}: {exception.Message}";
            DateTimeOffset now = TimeProvider.System.GetLocalNow();
            Console.Error.WriteLine($"{now:yyyy-MM-dd HH:mm:ss.fff} {level}: {ErrorLine.OneLine(message)}");
        }
    }
}
