using System.Collections.Concurrent;
using System.Net.Security;
using System.Runtime.Versioning;
using System.Security.Cryptography;

using Microsoft.Extensions.Logging;

using SynHello.Sockets.Tests;
using SynHello.Testing;

using static SynHello.Tests.SampleSessions;

namespace SynHello.Tests;

[UnsupportedOSPlatform("windows")]
public sealed class FileSessionStoreTests : IDisposable
{
    private const int Unreadable = 40, Refused = 41, Busy = 42, Failed = 43;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FakeTimeProvider _clock = new();
    private readonly CollectingLogger _log = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("synhello-sessions-");
    private readonly string _path;

    public FileSessionStoreTests() => _path = Path.Combine(_folder.FullName, "sessions");

    public void Dispose()
    {
        _log.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Sessions_SurviveTheStore()
    {
        Store().Add(Key(), Session("a", Now));
        Store().Add(Key(), Session("b", Now));
        Store().Add(Key("example.org"), Session("c", Now));

        Assert.Equal("b", Name(Store().Take(Key())));
        Assert.Equal("a", Name(Store().Take(Key())));
        Assert.Null(Store().Take(Key()));
        Assert.Equal("c", Name(Store().Take(Key("example.org"))));
        Assert.Empty(_log.Entries);
        Assert.Equal(["sessions", "sessions.lock"], _folder.GetFiles().Select(file => file.Name).Order());
    }

    [Fact]
    public void Session_ComesBackAsItWent()
    {
        StoredSession session = Session("a", Now);
        Store().Add(Key(), session);

        StoredSession? back = Store().Take(Key());

        Assert.NotNull(back);
        Assert.Equal(session.Session.Export(), back.Session.Export());
        Assert.Equal(session.Verification, back.Verification);
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors, back.Verification.PolicyErrors);
    }

    [Fact]
    public void KeyOfManyProtocols_ComesBack()
    {
        SessionKey key = Key(protocols: [.. Enumerable.Range(1, 255).Select(i => new SslApplicationProtocol(new byte[i]))]);
        Store().Add(key, Session("a", Now));

        Assert.Equal("a", Name(Store().Take(key)));
    }

    [Fact]
    public void OrderOfUse_IsKept()
    {
        Store(capacity: 3).Add(Key("a"), Session("a1", Now));
        Store(capacity: 3).Add(Key("a"), Session("a2", Now));
        Store(capacity: 3).Add(Key("b"), Session("b1", Now));
        Assert.Equal("a2", Name(Store(capacity: 3).Take(Key("a"))));
        Store(capacity: 3).Add(Key("c"), Session("c1", Now));
        Store(capacity: 3).Add(Key("d"), Session("d1", Now)); // b1 goes

        Assert.Equal("a1", Name(Store().Take(Key("a"))));
        Assert.Null(Store().Take(Key("b")));
        Assert.Equal("c1", Name(Store().Take(Key("c"))));
        Assert.Equal("d1", Name(Store().Take(Key("d"))));
    }

    [Fact]
    public void ExpiredSession_IsGone()
    {
        Store().Add(Key(), Session("a", Now, TimeSpan.FromSeconds(10)));
        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Null(Store().Take(Key()));
    }

    [Fact]
    public void RemoveAndClear_ReachTheFile()
    {
        Store().Add(Key("a"), Session("a", Now));
        Store().Add(Key("b"), Session("b", Now));
        Store().Add(Key("c"), Session("c", Now));

        Store().Remove(Key("a"));
        Assert.Null(Store().Take(Key("a")));
        Assert.Equal("b", Name(Store().Take(Key("b"))));
        Store().Clear();
        Assert.Null(Store().Take(Key("c")));
    }

    [Fact]
    public void EachFlippedBit_IsFound()
    {
        byte[] good = File();
        Assert.True(Decodes(good));
        for (int bit = 0; bit < good.Length * 8; bit++)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Decodes(bad), $"bit {bit}");
        }
    }

    [Fact]
    public void EachTruncation_IsFound()
    {
        byte[] good = File();
        for (int length = 0; length < good.Length; length++)
            Assert.False(Decodes(good[..length]), $"{length} bytes");
        Assert.False(Decodes([.. good, 0]));
    }

    /// <summary>Nobody but an attacker who may write the file makes these: then the reader is what stands in the way.</summary>
    [Fact]
    public void BrokenContentWithTheRightDigest_IsFoundOrHarmless()
    {
        byte[] good = File()[..^SHA256.HashSizeInBytes];
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bad = good[..random.Next(9, good.Length + 1)];
            for (int flips = random.Next(4); flips > 0; flips--)
                bad[random.Next(9, Math.Max(10, bad.Length)) % bad.Length] = (byte)random.Next(256);
            var index = new SessionIndex(4, 4);
            bool decodes = SessionFile.TryDecode([.. bad, .. SHA256.HashData(bad)], index, out string? problem);
            Assert.True(decodes ? problem is null : index.Count == 0 && problem is not null);
        }
    }

    [Fact]
    public void AnotherVersion_IsNotRead()
    {
        byte[] content = File()[..^SHA256.HashSizeInBytes];
        content[8]++;

        Assert.False(SessionFile.TryDecode([.. content, .. SHA256.HashData(content)], new SessionIndex(4, 4), out string? problem));
        Assert.Equal("of another version", problem);
    }

    [Fact]
    public void CorruptFile_IsEmptyWithOneWarningAndIsReplaced()
    {
        FileSessionStore store = Store();
        store.Add(Key(), Session("a", Now));
        Corrupt();

        Assert.Null(store.Take(Key()));
        Assert.Null(store.Take(Key()));
        CollectingLogger.Entry warning = Assert.Single(_log.Entries);
        Assert.Equal((LogLevel.Warning, Unreadable), (warning.Level, warning.Id));
        Assert.Contains($"{_path} is corrupt", warning.Message, StringComparison.Ordinal);

        store.Add(Key(), Session("b", Now));
        Assert.Equal("b", Name(Store().Take(Key())));
        Assert.Single(_log.Entries);
    }

    [Fact]
    public void FileOfSomethingElse_IsRenamedAndNotLost()
    {
        System.IO.File.WriteAllText(_path, "-----BEGIN PRIVATE KEY-----");
        System.IO.File.SetUnixFileMode(_path, OwnerOnly);
        FileSessionStore store = Store();

        Assert.Null(store.Take(Key()));
        Assert.Equal("-----BEGIN PRIVATE KEY-----", System.IO.File.ReadAllText(_path));
        store.Add(Key(), Session("a", Now));

        Assert.Equal("a", Name(store.Take(Key())));
        Assert.Equal("-----BEGIN PRIVATE KEY-----", System.IO.File.ReadAllText(_path + ".bak"));
        Assert.Contains("no session file", Assert.Single(_log.Entries).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EmptyFile_IsReplaced()
    {
        using (System.IO.File.Create(_path))
            System.IO.File.SetUnixFileMode(_path, OwnerOnly);

        Store().Add(Key(), Session("a", Now));

        Assert.Equal("a", Name(Store().Take(Key())));
    }

    [Fact]
    public void HugeFile_IsNotRead()
    {
        Store().Add(Key(), Session("a", Now));
        using (FileStream stream = System.IO.File.OpenWrite(_path))
            stream.SetLength(1L << 40); // sparse

        Assert.Null(Store().Take(Key()));
        Assert.Contains("too large", Assert.Single(_log.Entries).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SessionsThatWouldMakeTheFileTooLarge_AreDropped()
    {
        var index = new SessionIndex(1000, 1000);
        string large = new('x', 60_000);
        for (int i = 0; i < 100; i++)
            index.Add(Key(), Session($"{i:000}{large}", Now));

        byte[] bytes = SessionFile.Encode(index);

        Assert.InRange(bytes.Length, SessionFile.MaximumLength - 61_000, SessionFile.MaximumLength);
        var back = new SessionIndex(1000, 1000);
        Assert.True(SessionFile.TryDecode(bytes, back, out _));
        Assert.StartsWith("099", Name(back.Take(Key(), Now)), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_ArePrivateFromTheBeginning()
    {
        using (var stream = new FileStream(_path + ".x", PrivateFile.Options(FileMode.CreateNew)))
            Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(stream.SafeFileHandle));

        Store().Add(Key(), Session("a", Now));

        Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(_path));
        Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(_path + ".lock"));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void FileThatOthersCanReadOrWrite_IsLeftAlone(UnixFileMode extra)
    {
        Store().Add(Key(), Session("a", Now));
        System.IO.File.SetUnixFileMode(_path, OwnerOnly | extra);
        AssertLeftAlone("others can read or write it");

        System.IO.File.SetUnixFileMode(_path, OwnerOnly);
        Assert.Equal("a", Name(Store().Take(Key())));
    }

    [Fact]
    public void FileOfAnotherUser_IsLeftAlone()
    {
        Store().Add(Key(), Session("a", Now));
        PrivateNetwork.Run("chown", $"65534 {_path}");

        AssertLeftAlone("it belongs to another user");
    }

    [Fact]
    public async Task Pipe_IsNotOpened()
    {
        PrivateNetwork.Run("mkfifo", $"-m 600 {_path}");

        Assert.Null(await Task.Run(() => Store().Take(Key()), TestContext.Current.CancellationToken).Guarded()); // would wait for a writer
        Assert.Contains("it is no regular file", Assert.Single(_log.Entries).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_IsNotUsed()
    {
        Directory.CreateDirectory(_path);

        Assert.Null(Store().Take(Key()));
        Assert.Contains("it is a folder", Assert.Single(_log.Entries).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingFolder_FailsNothing()
    {
        FileSessionStore store = Store(path: Path.Combine(_folder.FullName, "missing", "sessions"));

        store.Add(Key(), Session("a", Now));
        Assert.Null(store.Take(Key()));
        store.Clear();

        Assert.Equal((LogLevel.Warning, Failed), (Assert.Single(_log.Entries).Level, _log.Entries.First().Id));
    }

    [Fact]
    public void SessionThatCannotBeRemovedFromTheFile_IsNotGivenOut()
    {
        Store().Add(Key(), Session("a", Now));
        Directory.CreateDirectory(_path + ".new"); // no file can be written there

        Assert.Null(Store().Take(Key()));
        Assert.Equal(Failed, Assert.Single(_log.Entries).Id);

        Directory.Delete(_path + ".new");
        Assert.Equal("a", Name(Store().Take(Key())));
    }

    [Fact]
    public void WhatACrashLeftBehind_IsReplaced()
    {
        System.IO.File.WriteAllText(_path + ".new", "half a fi");

        Store().Add(Key(), Session("a", Now));

        Assert.Equal("a", Name(Store().Take(Key())));
        Assert.False(System.IO.File.Exists(_path + ".new"));
    }

    [Fact]
    public void LockOfAnotherProcess_IsWaitedForAWhile()
    {
        Store().Add(Key(), Session("a", Now));
        FileSessionStore store = Store(lockAttempts: 3);
        using (new FileStream(_path + ".lock", FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.Null(store.Take(Key()));
            store.Add(Key(), Session("b", Now));
        }

        Assert.Equal((LogLevel.Warning, Busy), (Assert.Single(_log.Entries).Level, _log.Entries.First().Id));
        Assert.Equal("a", Name(store.Take(Key())));
        Assert.Null(store.Take(Key()));
    }

    [Fact]
    public void TwoStoresAndManyThreads_LoseNothingAndGiveNothingOutTwice()
    {
        const int Threads = 8, Each = 12;
        FileSessionStore[] stores = [MakeStore(), MakeStore()];
        var taken = new ConcurrentBag<string>();
        using var start = new Barrier(Threads);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
        {
            start.SignalAndWait();
            for (int i = 0; i < Each; i++)
            {
                stores[thread % 2].Add(Key(), Session($"{thread}.{i}", Now));
                if (i % 2 == 1 && Name(stores[(thread + i) % 2].Take(Key())) is { } name)
                    taken.Add(name);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        while (Name(stores[0].Take(Key())) is { } name)
            taken.Add(name);

        Assert.Empty(_log.Entries);
        Assert.Equal(Threads * Each, taken.Count);
        Assert.Equal(Threads * Each, taken.Distinct().Count());

        FileSessionStore MakeStore() => new(_path, _log, _clock, 1000, 1000) { LockAttempts = 12_000 };
    }

    private DateTimeOffset Now => _clock.GetUtcNow();

    private FileSessionStore Store(string? path = null, int capacity = 256, int lockAttempts = 2000) =>
        new(path ?? _path, _log, _clock, capacity) { LockAttempts = lockAttempts };

    private byte[] File()
    {
        var index = new SessionIndex(4, 4);
        index.Add(Key("a"), Session("one", Now));
        index.Add(Key("b", protocols: []), Session("two", Now));
        return SessionFile.Encode(index);
    }

    private static bool Decodes(byte[] bytes)
    {
        var index = new SessionIndex(4, 4);
        bool decodes = SessionFile.TryDecode(bytes, index, out string? problem);
        Assert.Equal(decodes ? 2 : 0, index.Count);
        Assert.Equal(decodes, problem is null);
        return decodes;
    }

    private void Corrupt()
    {
        byte[] bytes = System.IO.File.ReadAllBytes(_path);
        bytes[bytes.Length / 2] ^= 1;
        System.IO.File.WriteAllBytes(_path, bytes);
    }

    private void AssertLeftAlone(string reason)
    {
        byte[] before = System.IO.File.ReadAllBytes(_path);
        FileSessionStore store = Store();
        Assert.Null(store.Take(Key()));
        store.Add(Key(), Session("b", Now));
        store.Clear();
        Assert.Equal(before, System.IO.File.ReadAllBytes(_path));
        CollectingLogger.Entry warning = Assert.Single(_log.Entries);
        Assert.Equal((LogLevel.Warning, Refused), (warning.Level, warning.Id));
        Assert.Contains(reason, warning.Message, StringComparison.Ordinal);
    }
}
