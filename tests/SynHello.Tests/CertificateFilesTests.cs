using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Microsoft.Extensions.Logging;

using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>Certificates in files that change.</summary>
public sealed class CertificateFilesTests : IDisposable
{
    private const int Reloaded = 80;
    private const int Kept = 81;
    private const string Host = "a.example";

    private static readonly TestChain _one = TestCertificates.Issue(CertificateKind.EcdsaP256, [Host]);
    private static readonly TestChain _two = TestCertificates.Issue(CertificateKind.EcdsaP256, [Host]);
    private static readonly TestChain _rsa = TestCertificates.Issue(CertificateKind.Rsa2048, [Host]);
    private static readonly TestChain _other = TestCertificates.Issue(CertificateKind.EcdsaP256, ["b.example", "*.c.example"]);

    private readonly CertificateDirectory _directory = new();
    private readonly CollectingLogger _log = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Timer_FindsWhatChanged_UntilItIsDisposedOf()
    {
        var clock = new FakeTimeProvider();
        var files = new CertificateFiles(
            [_directory.Write("a", _one)], new CertificateFilesOptions { TimeProvider = clock, LoggerFactory = _log });
        Assert.Equal(1, clock.ActiveTimers);
        _directory.Write("a", _two);
        Task<CollectingLogger.Entry> reloaded = _log.NextAsync(Reloaded);
        while (!reloaded.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        CollectingLogger.Entry entry = await reloaded;
        Assert.Equal(LogLevel.Information, entry.Level);
        Assert.Equal(
            $"The certificate of CN=a.example, valid until {_two.Leaf.NotAfter.ToUniversalTime():u}, "
            + $"was loaded anew from {_directory["a.crt"]}",
            entry.Message);
        AssertShows(files, _two);
        await files.DisposeAsync().Guarded();
        Assert.Equal(0, clock.ActiveTimers);
        AssertShows(files, _two);
    }

    /// <summary>A file that is being written may look like a shorter one that is whole.</summary>
    [Fact]
    public async Task Look_WaitsUntilNobodyWritesAnyMore()
    {
        await using CertificateFiles files = Open(_directory.Write("a", _one));
        _directory.WriteText("a.crt", _two.Leaf.ExportCertificatePem()); // without its intermediate
        _directory.WriteKey("a", _two);
        Assert.False(files.Look());
        _directory.WriteCertificate("a", _two);
        Assert.False(files.Look());
        AssertShows(files, _one);
        Assert.True(files.Look());
        AssertShows(files, _two);
        Assert.Equal(2, files.Credentials[0].CertificateChain.Count);
        Assert.False(files.Look());
        Assert.Equal([Reloaded], _log.Entries.Select(entry => entry.Id));
    }

    [Fact]
    public async Task Look_KeepsTheOldCertificateUntilTheKeyIsThere()
    {
        await using CertificateFiles files = Open(_directory.Write("a", _one));
        _directory.WriteCertificate("a", _two);
        Assert.False(files.Look());
        Assert.Empty(_log.Entries); // which is how every renewal looks for a moment
        for (int i = 0; i < 3; i++)
            Assert.False(files.Look());
        AssertShows(files, _one);
        CollectingLogger.Entry entry = Assert.Single(_log.Entries); // and is not repeated
        Assert.Equal((LogLevel.Warning, Kept), (entry.Level, entry.Id));
        Assert.Contains($"{_directory["a.key"]} does not hold the private key", entry.Message, StringComparison.Ordinal);

        _directory.WriteKey("a", _two);
        Assert.False(files.Look());
        Assert.True(files.Look());
        AssertShows(files, _two);
        Assert.Equal([Kept, Reloaded], _log.Entries.Select(entry => entry.Id));
    }

    [Theory]
    [InlineData("empty", "holds no PEM certificate")]
    [InlineData("cut", "holds a certificate that is cut off")]
    [InlineData("garbage", "holds no PEM certificate")]
    [InlineData("binary", "is no PFX that can be read", true)]
    [InlineData("missing", "Could not find file")]
    [InlineData("directory", "denied")]
    [InlineData("large", "has more than 1048576 bytes")]
    public async Task Look_KeepsTheOldCertificateWhereTheNewFileIsBroken(string how, string reason, bool both = false)
    {
        string path = _directory["a.crt"];
        _directory.Write("a", _one);
        if (both)
            File.AppendAllText(path, _one.ToKeyPem());
        string good = File.ReadAllText(path);
        await using CertificateFiles files = Open(both ? new CertificateFile(path) : _directory.File("a"));
        File.Delete(path);
        switch (how)
        {
            case "empty":
                File.WriteAllText(path, "");
                break;
            case "cut":
                File.WriteAllText(path, good[..^100]);
                break;
            case "garbage":
                File.WriteAllText(path, "-----BEGIN nothing");
                break;
            case "binary":
                File.WriteAllBytes(path, [0x30, 0x82, 0xff, 0xff, .. new byte[100]]);
                break;
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "large":
                File.WriteAllText(path, good + new string('x', 1 << 20));
                break;
        }

        Assert.False(files.Look());
        Assert.Empty(_log.Entries);
        for (int i = 0; i < 3; i++)
            Assert.False(files.Look());
        AssertShows(files, _one);
        CollectingLogger.Entry entry = Assert.Single(_log.Entries);
        Assert.Equal(Kept, entry.Id);
        Assert.Contains(path, entry.Message, StringComparison.Ordinal);
        Assert.Contains(reason, entry.Message, StringComparison.Ordinal);

        // As it was: nothing is new, and what breaks next is said again.
        if (how == "directory")
            Directory.Delete(path);
        File.WriteAllText(path, good);
        for (int i = 0; i < 3; i++)
            Assert.False(files.Look());
        Assert.Single(_log.Entries);
        File.Delete(path);
        Assert.False(files.Reload());
        Assert.Equal(2, _log.Entries.Count);
    }

    [Fact]
    public async Task Files_MayStartWithAByteOrderMark()
    {
        File.WriteAllText(_directory["a.crt"], _one.ToCertificatePem(), System.Text.Encoding.UTF8);
        File.WriteAllText(_directory["a.key"], _one.ToKeyPem(), System.Text.Encoding.Unicode);
        await using CertificateFiles files = Open(_directory.File("a"));
        AssertShows(files, _one);
    }

    [Fact]
    public async Task Look_GoesByContent_NotByTime()
    {
        await using CertificateFiles files = Open(_directory.Write("a", _one));
        DateTime time = File.GetLastWriteTimeUtc(_directory["a.crt"]);
        File.SetLastWriteTimeUtc(_directory["a.crt"], time.AddHours(1));
        Assert.False(files.Reload());
        Assert.Empty(_log.Entries);

        _directory.Write("a", _two);
        File.SetLastWriteTimeUtc(_directory["a.crt"], time);
        File.SetLastWriteTimeUtc(_directory["a.key"], time);
        Assert.True(files.Reload());
        AssertShows(files, _two);
    }

    [Fact]
    public async Task Look_FollowsLinksThatAreTurned()
    {
        CertificateFile one = _directory.Write("one", _one);
        CertificateFile two = _directory.Write("two", _two);
        File.CreateSymbolicLink(_directory["a.crt"], one.CertificatePath);
        File.CreateSymbolicLink(_directory["a.key"], one.KeyPath!);
        await using CertificateFiles files = Open(_directory.File("a"));
        foreach ((string name, string target) in new[] { ("a.crt", two.CertificatePath), ("a.key", two.KeyPath!) })
        {
            File.CreateSymbolicLink(_directory["new"], target);
            File.Move(_directory["new"], _directory[name], overwrite: true);
        }

        Assert.False(files.Look());
        Assert.True(files.Look());
        AssertShows(files, _two);
    }

    [Fact]
    public async Task Look_GoesOnWithTheOthersWhenOneIsBroken()
    {
        await using CertificateFiles files = Open(_directory.Write("a", _one), _directory.Write("b", _other));
        using TestChain renewed = TestCertificates.Issue(CertificateKind.EcdsaP256, ["b.example", "d.example"]);
        _directory.WriteText("a.crt", "broken");
        _directory.Write("b", renewed);
        Assert.False(files.Look());
        Assert.True(files.Look());
        AssertShows(files, _one, Host);
        AssertShows(files, renewed, "b.example");
        AssertShows(files, renewed, "d.example");
        AssertShows(files, _one, "x.c.example"); // is nobody's any more
    }

    [Fact]
    public async Task Files_MayBePfxOrHoldBoth_AndBeEncrypted()
    {
        const string Password = "secret";
        using ECDsa key = _one.Leaf.GetECDsaPrivateKey()!;
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 100);
        _directory.WriteText("both.pem", _one.ToCertificatePem() + key.ExportEncryptedPkcs8PrivateKeyPem(Password, parameters));
        File.WriteAllBytes(_directory["other.pfx"], Pfx(_other, Password));
        await using CertificateFiles files = Open(
            new CertificateFile(_directory["both.pem"]) { Password = Password },
            new CertificateFile(_directory["other.pfx"]) { Password = Password, HostNames = ["given.example"] });
        AssertShows(files, _one, Host);
        AssertShows(files, _other, "given.example");
        AssertShows(files, _one, "b.example"); // which the second one says, and was not asked

        File.WriteAllBytes(_directory["other.pfx"], Pfx(_two, Password));
        Assert.True(files.Reload());
        AssertShows(files, _two, "given.example");

        static byte[] Pfx(TestChain chain, string password) =>
            new X509Certificate2Collection { chain.Leaf, chain.Intermediates[0] }.Export(X509ContentType.Pkcs12, password)!;
    }

    [Fact]
    public async Task UnknownHosts_GetWhatTheFirstHostGets()
    {
        await using CertificateFiles files = Open(
            _directory.Write("rsa", _rsa), _directory.Write("other", _other), _directory.Write("ecdsa", _one));
        Assert.Equal([_one, _rsa], files.Find(null).Select(Chain)); // the better key first
        Assert.Equal([_one, _rsa], files.Find("unknown.example").Select(Chain));
        Assert.Equal([_one, _rsa], files.Find(Host).Select(Chain));
        Assert.Equal([_other], files.Find("x.c.example").Select(Chain));
    }

    /// <summary>An RSA certificate of a host's own does not hide the ECDSA one of its whole domain.</summary>
    [Fact]
    public async Task EcdsaKeys_StandInFront_AlsoWhereAWildcardHasThem()
    {
        using TestChain exact = TestCertificates.Issue(CertificateKind.Rsa2048, ["www.c.example"]);
        await using CertificateFiles files = Open(
            _directory.Write("exact", exact), _directory.Write("wildcard", _other), _directory.Write("rsa", _rsa));
        byte[][] both = [_other.Leaf.RawData, exact.Leaf.RawData];
        Assert.Equal(both, Find("www.c.example"));
        Assert.Equal(both, Find("unknown.example")); // what the first host of the first file gets
        Assert.Equal(both, Find(null));
        Assert.Equal([_other.Leaf.RawData], Find("other.c.example"));
        Assert.Equal([_rsa.Leaf.RawData], Find(Host));

        IEnumerable<byte[]> Find(string? host) => files.Find(host).Select(credential => credential.CertificateChain[0].ToArray());
    }

    [Fact]
    public async Task UnknownHosts_GetTheDefaultThatIsNamed_OrNothing()
    {
        CertificateFile first = _directory.Write("a", _one);
        _directory.Write("b", _other);
        var second = new CertificateFile(_directory["b.crt"], _directory["b.key"]) { IsDefault = true };
        await using (CertificateFiles files = Open(first, second))
            AssertShows(files, _other, "unknown.example");
        await using var refusing = new CertificateFiles(
            [first], new CertificateFilesOptions { RefuseUnknownHosts = true, Interval = Timeout.InfiniteTimeSpan });
        Assert.Empty(refusing.Find(null));
        Assert.Empty(refusing.Find("unknown.example"));
        AssertShows(refusing, _one, Host);
    }

    [Fact]
    public async Task Prepare_MakesWhatIsShown_AndIsToldWhenItIsReplaced()
    {
        var made = new List<TlsCredential>();
        var replaced = new List<TlsCredential>();
        bool fails = false;
        await using var files = new CertificateFiles([_directory.Write("a", _one)], new CertificateFilesOptions
        {
            Interval = Timeout.InfiniteTimeSpan,
            LoggerFactory = _log,
            Prepare = credential =>
            {
                if (fails)
                    throw new InvalidOperationException("No staple today.");
                made.Add(new BrokenCredential(credential));
                return made[^1];
            },
            Replaced = replaced.Add,
        });
        Assert.Equal(made, files.Credentials);
        fails = true;
        _directory.Write("a", _two);
        Assert.False(files.Reload());
        Assert.Equal(made, files.Credentials);
        Assert.Contains("No staple today.", Assert.Single(_log.Entries).Message, StringComparison.Ordinal);
        Assert.Empty(replaced);
        fails = false;
        Assert.True(files.Reload());
        Assert.Equal([made[1]], files.Credentials);
        Assert.Equal([made[0]], replaced);
    }

    [Fact]
    public async Task Reload_WarnsOfWhatIsWrongWithTheNewChain()
    {
        await using CertificateFiles files = Open(_directory.Write("a", _one));
        using TestChain expired = TestCertificates.Expired(CertificateKind.EcdsaP256, Host);
        _directory.Write("a", expired);
        Assert.True(files.Reload());
        Assert.Equal([Reloaded, 95], _log.Entries.Select(entry => entry.Id));
    }

    /// <summary>Nobody writes into it a second time, and whoever waits for that waits for good.</summary>
    [Fact]
    public async Task Pipe_IsReadOnce()
    {
        _directory.WriteKey("a", _one);
        using (Process process = Process.Start("mkfifo", _directory["a.crt"]))
            await process.WaitForExitAsync();
        Task writing = Task.Run(() => _directory.WriteCertificate("a", _one));
        await using CertificateFiles files = await Task.Run(() => Open(_directory.File("a"))).Guarded();
        await writing.Guarded();
        Assert.False(await Task.Run(files.Reload).Guarded());
        Assert.Empty(_log.Entries);
        AssertShows(files, _one);
    }

    [Fact]
    public void Constructor_NamesTheFileThatIsWrong()
    {
        CertificateFile good = _directory.Write("a", _one);
        _directory.WriteCertificate("b", _other);
        Assert.Contains(
            _directory["b.key"],
            Assert.Throws<FileNotFoundException>(() => Open(good, _directory.File("b"))).Message,
            StringComparison.Ordinal);
        _directory.WriteKey("b", _one);
        Assert.Contains(
            _directory["b.key"],
            Assert.ThrowsAny<CryptographicException>(() => Open(good, _directory.File("b"))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Open());
        Assert.Throws<ArgumentException>(() => new CertificateFile(""));
        Assert.Throws<ArgumentException>(() => new CertificateFile("a", ""));
        Assert.Throws<ArgumentException>(() => Open(new CertificateFile(good.CertificatePath, good.KeyPath) { HostNames = ["a b"] }));
        foreach (TimeSpan interval in new[] { TimeSpan.Zero, TimeSpan.FromMilliseconds(999), TimeSpan.FromDays(2) })
        {
            Assert.Throws<ArgumentOutOfRangeException>(
                () => new CertificateFiles([good], new CertificateFilesOptions { Interval = interval }));
        }
    }

    private static void AssertShows(CertificateFiles files, TestChain chain, string? host = null) =>
        Assert.Equal(
            [chain.Leaf.RawData], files.Find(host).Select(credential => credential.CertificateChain[0].ToArray()));

    private static TestChain? Chain(TlsCredential credential) => new[] { _one, _two, _rsa, _other }.SingleOrDefault(
            chain => chain.Leaf.RawDataMemory.Span.SequenceEqual(credential.CertificateChain[0].Span));

    private CertificateFiles Open(params CertificateFile[] files) => new(
        files, new CertificateFilesOptions { Interval = Timeout.InfiniteTimeSpan, LoggerFactory = _log });
}
