using System.Text;

namespace SynHello.Cli;

/// <summary>The SSLKEYLOGFILE that secrets are appended to; made for its owner alone. Thread-safe.</summary>
internal sealed class KeyLogFile : IDisposable
{
    private readonly Lock _lock = new();
    private readonly StreamWriter _writer;

    private KeyLogFile(StreamWriter writer) => _writer = writer;

    /// <exception cref="CommandFailure">The file cannot be written.</exception>
    public static KeyLogFile? Open(string? path)
    {
        if (path is null)
            return null;
        var options =
            new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            return new KeyLogFile(new StreamWriter(path, Encoding.ASCII, options) { AutoFlush = true });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandFailure($"cannot write the key log {path}: {exception.Message}", exception);
        }
    }

    public void Write(string line)
    {
        lock (_lock)
            _writer.Write(line + "\n");
    }

    public void Dispose() => _writer.Dispose();
}
