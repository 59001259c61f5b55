using System.Collections.Concurrent;

using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>Certificates that change while clients come.</summary>
public sealed class CertificateReloadTests : IDisposable
{
    private const int Reloads = 10_000;
    private const int WarmUp = 1_000;
    private const int ReloadsPerVisit = 5;
    private const int Visitors = 4;
    private const long MostGrowth = 2 << 20; // what counts the credentials takes half of one

    private readonly CertificateDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TenThousandReloads_FailNoHandshake_AndLeaveNothingBehind()
    {
        TestChain[] chains =
        [
            TestCertificates.SelfSigned(CertificateKind.EcdsaP256, "one.example", SecurePair.Host),
            TestCertificates.SelfSigned(CertificateKind.EcdsaP256, "two.example", SecurePair.Host),
        ];
        byte[][] contents = [.. chains.Select(chain => System.Text.Encoding.ASCII.GetBytes(chain.ToCertificatePem() + chain.ToKeyPem()))];
        var loaded = new ConcurrentQueue<WeakReference<TlsCredential>>();
        string path = _directory["both.pem"];
        await File.WriteAllBytesAsync(path, contents[0]);
        await using var files = new CertificateFiles([new CertificateFile(path)], new CertificateFilesOptions
        {
            Interval = Timeout.InfiniteTimeSpan,
            Prepare = credential =>
            {
                loaded.Enqueue(new WeakReference<TlsCredential>(credential));
                return credential;
            },
        });
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.Credentials = [];
            options.CredentialSelector = files.Select;
            options.FastOpen = FastOpenMode.Off;
            options.TicketCount = 0;
        });
        SecureClient client = SecurePair.MakeClient(options =>
        {
            options.TrustedRoots = [.. chains.Select(chain => chain.Root)];
            options.FastOpen = FastOpenMode.Off;
        });

        using var visits = new SemaphoreSlim(0);
        using var stop = new CancellationTokenSource();
        var seen = new ConcurrentDictionary<string, int>();
        Task[] clients = [.. Enumerable.Range(0, Visitors).Select(_ => Task.Run(VisitAllAsync))];
        long before = 0;
        for (int i = 1; i <= Reloads; i++)
        {
            await File.WriteAllBytesAsync(path, contents[i % 2]);
            Assert.True(files.Reload());
            if (i % ReloadsPerVisit == 0)
                visits.Release();
            if (i == WarmUp)
                before = MemoryInUse();
        }

        // Whatever is left of them comes to the last certificate.
        while (visits.CurrentCount > 0 && !clients.Any(visitor => visitor.IsFaulted))
            await Task.Yield();
        await stop.CancelAsync();
        await Task.WhenAll(clients).Guarded();
        Assert.Equal(Reloads / ReloadsPerVisit, seen.Values.Sum());
        Assert.Equal(2, seen.Count);
        long after = MemoryInUse();
        Assert.Equal(Reloads + 1, loaded.Count);
        Assert.InRange(loaded.Count(reference => reference.TryGetTarget(out _)), 1, 10); // those of connections that are ending
        Assert.True(after - before < MostGrowth, $"{after - before} bytes more than {before} after {WarmUp} reloads.");

        static long MemoryInUse()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return GC.GetTotalMemory(forceFullCollection: true);
        }

        async Task VisitAllAsync()
        {
            while (await NextVisitAsync())
            {
                await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host);
                await stream.FlushAsync();
                await using SecureStream accepted = await listener.AcceptAsync();
                await accepted.WriteAsync("x"u8.ToArray());
                Assert.Equal(1, await stream.ReadAsync(new byte[1]));
                seen.AddOrUpdate(stream.RemoteCertificate!.Thumbprint, 1, (_, count) => count + 1);
            }
        }

        async Task<bool> NextVisitAsync()
        {
            try
            {
                await visits.WaitAsync(stop.Token);
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }

    /// <summary>What is replaced is signed with to the end by those who have chosen it.</summary>
    [Fact]
    public async Task Handshake_EndsWithTheCertificateThatItHasBegunWith()
    {
        TestChain one = TestCertificates.Shared(CertificateKind.EcdsaP256);
        using TestChain two = TestCertificates.Issue(CertificateKind.EcdsaP256, [SecurePair.Host]);
        await using var files = new CertificateFiles(
            [_directory.Write("a", one)], new CertificateFilesOptions { Interval = Timeout.InfiniteTimeSpan });
        await using SecurePair pair = await SecurePair.ConnectAsync(configureListener: listener =>
        {
            listener.Credentials = [];
            listener.CredentialSelector = request =>
            {
                IReadOnlyList<TlsCredential> chosen = files.Select(request);
                _directory.Write("a", two);
                Assert.True(files.Reload());
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return chosen;
            };
        });
        await pair.Server.WriteAsync("x"u8.ToArray());
        Assert.Equal(1, await pair.Client.ReadAsync(new byte[1]).Guarded());
        Assert.Equal(two.Leaf.RawData, files.Credentials[0].CertificateChain[0].ToArray());
    }
}
