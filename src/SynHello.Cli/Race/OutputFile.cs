namespace SynHello.Cli.Race;

/// <summary>
/// A file that will be written at the end. It is opened at the beginning, so that whoever may not write there hears of
/// it before waiting; what it holds stays until there is something to put in its place.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;
    private readonly bool _isNew;
    private bool _isWritten;

    private OutputFile(string path, FileStream stream, bool isNew)
    {
        _path = path;
        _stream = stream;
        _isNew = isNew;
    }

    /// <summary>Opens it.</summary>
    /// <exception cref="RaceException">It cannot be written.</exception>
    public static OutputFile Open(string path)
    {
        try
        {
            bool isNew = !File.Exists(path);
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
            return new OutputFile(path, stream, isNew);
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new RaceException($"cannot write {path}: {e.Message}", e);
        }
    }

    /// <summary>Replaces its contents.</summary>
    /// <exception cref="RaceException">It cannot be written.</exception>
    public void Write(Action<Stream> write)
    {
        try
        {
            if (_stream.CanSeek)
                _stream.SetLength(0);
            write(_stream);
            _stream.Flush();
            _isWritten = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RaceException($"cannot write {_path}: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        if (_isNew && !_isWritten)
            File.Delete(_path);
    }
}
