using System.Security.Cryptography;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace SynHello;

/// <summary>
/// Keeps sessions in a file, so that a program is a returning visitor the next time it runs. Several stores, also of
/// several processes, can share a file: no session is given out twice, and none is lost. Thread-safe.
/// </summary>
/// <remarks>
/// The file holds secrets, in the clear. It is made readable and writable by its owner alone, and replaced as a whole;
/// beside it stands an empty file whose name ends in ".lock". A file that others can read or write, or that belongs to
/// another user, is left alone, and the store works as if it were always empty. A file that is broken counts as empty,
/// and is replaced when there is something to keep; one that never was a session file is renamed first, to a name that
/// ends in ".bak". Each problem is logged once, as a warning; none fails a connection. Trust the folder: who may write
/// there can take the file away.
/// </remarks>
public sealed class FileSessionStore : SessionStore
{
    /// <summary>How many sessions are kept unless told otherwise.</summary>
    public const int DefaultCapacity = 256;

    private static readonly TimeSpan LockInterval = TimeSpan.FromMilliseconds(5);

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly int _capacity;
    private readonly int _sessionsPerKey;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private int _warned;

    /// <summary>Makes a store. The file is not touched yet, and need not exist.</summary>
    /// <param name="path">The file. Its folder has to exist.</param>
    /// <param name="logger">Where problems are logged; null means nowhere.</param>
    /// <param name="timeProvider">The clock that sessions expire by; null means the system's.</param>
    /// <param name="capacity">How many sessions are kept in all; never more than fit into 4 MB.</param>
    /// <param name="sessionsPerKey">How many are kept for one key; the oldest gives way.</param>
    /// <exception cref="ArgumentException">The path is empty or no path.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is not positive.</exception>
    public FileSessionStore(
        string path,
        ILogger? logger = null,
        TimeProvider? timeProvider = null,
        int capacity = DefaultCapacity,
        int sessionsPerKey = MemorySessionStore.DefaultSessionsPerKey)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sessionsPerKey);
        _path = Path.GetFullPath(path);
        _logger = logger ?? NullLogger.Instance;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _capacity = capacity;
        _sessionsPerKey = sessionsPerKey;
    }

    private enum Problem
    {
        Content = 1,
        Refused = 2,
        Busy = 4,
        Failed = 8,
    }

    /// <summary>True: each call reads the file, and most write it.</summary>
    public override bool MayBlock => true;

    /// <summary>How often the lock is tried for before the file is given up for this once.</summary>
    internal int LockAttempts { get; init; } = 200;

    /// <inheritdoc/>
    public override void Add(SessionKey key, StoredSession session)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(session);
        TryChange(index => index.Add(key, session));
    }

    /// <inheritdoc/>
    public override StoredSession? Take(SessionKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        StoredSession? taken = null;

        // What could not be removed from the file is still there for the next one to take.
        return TryChange(index => taken = index.Take(key, _timeProvider.GetUtcNow())) ? taken : null;
    }

    /// <inheritdoc/>
    public override void Remove(SessionKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        TryChange(index => index.Remove(key));
    }

    /// <inheritdoc/>
    public override void Clear() => TryChange(index => index.Clear());

    /// <summary>Reads the file, changes what it holds and writes it, with everybody else kept out.</summary>
    /// <returns>Whether the file is now as it should be.</returns>
    private bool TryChange(Action<SessionIndex> change)
    {
        if (!_lock.TryEnter(LockAttempts * LockInterval))
        {
            WarnOfLock("another thread holds it");
            return false;
        }

        try
        {
            using FileStream? exclusive = TryLock();
            if (exclusive is null || Load(out bool isForeign) is not { } index)
                return false;
            change(index);
            if (index.IsChanged)
                Save(index, isForeign);
            return true;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            if (IsNew(Problem.Failed))
                Log.SessionFileFailed(_logger, _path, exception.Message);
            return false;
        }
        finally
        {
            _lock.Exit();
        }
    }

    private FileStream? TryLock()
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(_path + ".lock", PrivateFile.Options(FileMode.OpenOrCreate));
            }
            catch (IOException exception) when (exception.GetType() == typeof(IOException))
            {
                // Somebody else has it; more precise exceptions say that it cannot be had at all.
                if (attempt < LockAttempts)
                {
                    Thread.Sleep(LockInterval);
                    continue;
                }

                WarnOfLock(exception.Message);
                return null;
            }
        }
    }

    /// <returns>What the file holds; null when it may not be used.</returns>
    private SessionIndex? Load(out bool isForeign)
    {
        isForeign = false;
        var index = new SessionIndex(_capacity, _sessionsPerKey);
        using SafeFileHandle? handle = PrivateFile.TryOpen(_path, out string? refusal);
        if (refusal is not null)
        {
            if (IsNew(Problem.Refused))
                Log.SessionFileRefused(_logger, _path, refusal);
            return null;
        }

        if (handle is null)
            return index;
        byte[] bytes = Read(handle);
        try
        {
            if (!SessionFile.TryDecode(bytes, index, out string? problem) && IsNew(Problem.Content))
                Log.SessionFileUnreadable(_logger, _path, problem);
            isForeign = !SessionFile.IsOwn(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }

        index.IsChanged = false;
        return index;
    }

    /// <returns>The file, or as much of one that is too large as it takes to tell.</returns>
    private static byte[] Read(SafeFileHandle handle)
    {
        byte[] bytes = new byte[Math.Min(RandomAccess.GetLength(handle), SessionFile.MaximumLength + 1)];
        int length = 0;
        while (length < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(length), length) is var count and > 0)
            length += count;
        return length == bytes.Length ? bytes : bytes[..length];
    }

    private void Save(SessionIndex index, bool isForeign)
    {
        // Whoever crashed while he held the lock left this behind.
        string replacement = _path + ".new";
        File.Delete(replacement);
        byte[] bytes = SessionFile.Encode(index);
        try
        {
            using var stream = new FileStream(replacement, PrivateFile.Options(FileMode.CreateNew));
            stream.Write(bytes);
            stream.Flush(flushToDisk: true);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }

        if (isForeign)
            File.Move(_path, _path + ".bak");
        File.Move(replacement, _path, overwrite: true);
    }

    private void WarnOfLock(string reason)
    {
        if (IsNew(Problem.Busy))
            Log.SessionFileBusy(_logger, _path, reason);
    }

    private bool IsNew(Problem problem) => (Interlocked.Or(ref _warned, (int)problem) & (int)problem) == 0;
}
