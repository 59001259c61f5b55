using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;

using SynHello.Crypto;
using SynHello.Lab;
using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// A bounded flood of spoofed SYNs with ClientHellos upon a cookieless listener, while clients that mean well come to it
/// over a wire of 20 ms. They are an open loop (<see cref="OfferedLoad"/>), some tenth of what this machine can serve, and
/// what counts is how much of their load is served: in a closed loop the round trip that a plain handshake takes more would
/// count as lost, and that is the price of the retreat, not what the flood takes away.
/// </summary>
public sealed class FloodTests(ITestOutputHelper output)
{
    private const int Clients = 50;
    private const int Limit = 256; // the default
    private const int Spoofed = 30_000;
    private const int Rate = 5000;
    private const double LeastGoodput = 0.9;
    private const long MostGrowth = 3_000_000;
    private const string Unproven = "synhello.server.unproven_connections";
    private const string Level = "synhello.server.fast_open.level";

    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _window = TimeSpan.FromSeconds((double)Spoofed / Rate);
    private static readonly TimeSpan _lifeOfUnproven = TimeSpan.FromSeconds(3);

    /// <summary>With a ClientHello that is good, and with bytes that are none: those are answered with an alert and a reset.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Flood_LeavesLegitimateClientsTheirGoodput(bool isHello)
    {
        await using VoidNetwork nobody = await VoidNetwork.CreateAsync();
        using EmulatedWire wire = EmulatedWire.Start(new EmulatedWireOptions
        {
            OneWayDelay = TimeSpan.FromMilliseconds(10),
            Network = LongWire.FreshNetwork(),
        });
        TestChain chain = TestCertificates.Shared(CertificateKind.EcdsaP256);
        using X509Credential key = chain.ToCredential();
        var credential = new CountingCredential(key);
        using var log = new LevelLog();
        using var metrics = new RecordedMetrics();
        await using var listener = new SecureListener(new SecureListenerOptions
        {
            ListenEndPoint = new IPEndPoint(wire.LocalAddress, LongWire.Port),
            Credentials = [credential],
            FastOpen = FastOpenMode.Cookieless,
            LoggerFactory = log,
            MeterFactory = metrics,
        });
        Task serving = ServeAsync(listener);
        SecureClient[] clients = [.. Enumerable.Range(0, Clients).Select(_ => MakeClient(chain))];
        var load = new OfferedLoad(
            clients, new IPEndPoint(wire.RemoteAddress, listener.LocalEndPoint.Port), _interval);
        var flood = new SpoofedFlood(listener.LocalEndPoint, isHello ? ClientHello() : new byte[600]);

        await load.RunAsync(_window / 3); // so that everything is compiled
        (int begun, int servedBefore) = await load.RunAsync(_window);
        Assert.Empty(log.Steps);
        long memory = GC.GetTotalMemory(forceFullCollection: true);
        int signatures = credential.Signatures;

        using var over = new CancellationTokenSource();
        Task<(int Meter, int Kernel)> watching = WatchAsync(metrics, listener.LocalEndPoint.Port, over.Token);
        Task<TimeSpan> flooding = flood.SendAsync(Spoofed, Rate, TestContext.Current.CancellationToken);
        (int begunUnderFlood, int served) = await load.RunAsync(_window);
        TimeSpan time = await flooding;
        int made = credential.Signatures - signatures - begunUnderFlood;
        long end = Stopwatch.GetTimestamp();
        await log.SteppedUpAsync("Cookieless");
        TimeSpan recovery = Stopwatch.GetElapsedTime(end);
        await over.CancelAsync();
        (int meter, int kernel) = await watching;
        long growth = GC.GetTotalMemory(forceFullCollection: true) - memory;

        output.WriteLine(
            $"{Spoofed} spoofed SYNs in {time.TotalSeconds:0.0} s; {servedBefore} of {begun} visits were served before, {served} of "
            + $"{begunUnderFlood} meanwhile; at most {meter} were unproven by the meter and {kernel} by the kernel; {made} "
            + $"signatures for nobody; cookieless again {recovery.TotalSeconds:0.0} s later; managed memory grew by {growth} bytes.");
        foreach (string step in log.Steps)
            output.WriteLine(step);

        Assert.InRange(served, LeastGoodput * servedBefore, begunUnderFlood);
        int least = isHello ? Limit * 3 / 4 : 0; // less would mean that there was no flood
        Assert.InRange(meter, least, Limit);
        Assert.InRange(kernel, least, Limit);
        Assert.InRange(made, least, isHello ? Limit * (1 + (int)(time / _lifeOfUnproven)) : 0);
        Assert.InRange(growth, long.MinValue, MostGrowth);
        Assert.Equal(
            ["Cookie", "Off", "Cookie", "Cookieless"],
            log.Steps.Select(step => step.Split("steps ")[1].Split(' ')[2]));

        // It is as before.
        metrics.Observe();
        Assert.Equal((2, 0), ((int)metrics.Of(Level)[^1].Value, (int)metrics.Of(Unproven)[^1].Value));
        Assert.Equal(4, metrics.Sum("synhello.server.fast_open.steps"));
        await using (SecureStream stream = await MakeClient(chain).ConnectAsync( // who remembers nothing
            new IPEndPoint(wire.RemoteAddress, listener.LocalEndPoint.Port), LongWire.Host))
            Assert.Equal(FastOpenOutcome.Cookieless, stream.Report.FastOpen);

        await listener.DisposeAsync();
        await serving;
    }

    private static SecureClient MakeClient(TestChain chain) => new(new SecureClientOptions
    {
        FastOpen = FastOpenMode.Cookieless,
        TrustedRoots = [chain.Root],
        AllowResumption = false, // first contacts, all of them
    });

    private static byte[] ClientHello()
    {
        using var engine = new TlsClientEngine(new TlsClientConfiguration(DefaultCryptoProvider.Instance), LongWire.Host);
        var hello = new ArrayBufferWriter<byte>();
        engine.Start(hello);
        return hello.WrittenSpan.ToArray();
    }

    private static async Task ServeAsync(SecureListener listener)
    {
        List<Task> visits = [];
        try
        {
            while (true)
            {
                visits.Add(AnswerAsync(await listener.AcceptAsync()));
                visits.RemoveAll(visit => visit.IsCompletedSuccessfully);
            }
        }
        catch (ObjectDisposedException)
        {
            await Task.WhenAll(visits);
        }
    }

    private static async Task AnswerAsync(SecureStream stream)
    {
        await using (stream)
        {
            byte[] request = new byte[OfferedLoad.RequestLength];
            if (await stream.ReadAtLeastAsync(request, request.Length, throwOnEndOfStream: false) < request.Length)
                return; // the last one asks nothing
            await stream.WriteAsync(new byte[OfferedLoad.ResponseLength]);
            await stream.CopyToAsync(Stream.Null);
        }
    }

    /// <summary>The most that were unproven at a time, as the meter tells it and as the kernel shows it.</summary>
    private static async Task<(int Meter, int Kernel)> WatchAsync(
        RecordedMetrics metrics, int port, CancellationToken cancellationToken)
    {
        int kernel = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                metrics.Observe();
                kernel = Math.Max(kernel, CountUnproven(port));
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }

        return ((int)metrics.Of(Unproven).Max(measurement => measurement.Value), kernel);
    }

    /// <summary>
    /// The accepted sockets in SYN-RECEIVED: what has an owner is no SYN that waits for its handshake. The kernel shows some
    /// twice when others come and go meanwhile.
    /// </summary>
    private static int CountUnproven(int port)
    {
        const string SynReceived = "03";
        string local = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        return File.ReadLines("/proc/net/tcp").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == SynReceived && fields[9] != "0" && fields[1].EndsWith(local, StringComparison.Ordinal))
            .DistinctBy(fields => fields[2])
            .Count();
    }
}
