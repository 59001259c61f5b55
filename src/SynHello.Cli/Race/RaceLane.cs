using System.Diagnostics;
using System.Net;

using SynHello.Lab;

namespace SynHello.Cli.Race;

/// <summary>
/// One scheme's own wire, with its server at the far end and a record of its packets. Nothing that one scheme does can
/// leave a cookie, a measured path or a packet behind on another's.
/// </summary>
internal sealed class RaceLane : IAsyncDisposable
{
    /// <summary>HTTPS: readers of the capture know what to expect there.</summary>
    private const int Port = 443;

    private const int FirstNetwork = 77;
    private const int LongestRun = 30;

    private readonly EmulatedWire _wire;
    private readonly RaceServer _server;
    private readonly Contestant _contestant;
    private readonly PacketRecorder _recorder = new();
    private readonly List<RaceRun> _runs = [];
    private int _visits;

    private RaceLane(RaceScheme scheme, Contestant contestant, EmulatedWire wire, RaceServer server)
    {
        Scheme = scheme;
        _contestant = contestant;
        _wire = wire;
        _server = server;
        _wire.Subscribe(_recorder);
    }

    public RaceScheme Scheme { get; }

    /// <summary>Starts a wire with a server.</summary>
    /// <param name="scheme">How to connect.</param>
    /// <param name="identity">Who the server is.</param>
    /// <param name="number">Which network of its own the wire gets; unique.</param>
    /// <param name="roundTrip">The wire's round trip.</param>
    public static RaceLane Start(RaceScheme scheme, RaceIdentity identity, int number, TimeSpan roundTrip)
    {
        EmulatedWire wire = EmulatedWire.Start(new EmulatedWireOptions
        {
            OneWayDelay = roundTrip / 2,
            Network = new IPNetwork(new IPAddress([10, (byte)(FirstNetwork + number), 0, 0]), 16),
        });
        try
        {
            RaceServer server = RaceServer.Start(scheme, identity, new IPEndPoint(wire.LocalAddress, Port));
            return new RaceLane(scheme, Contestant.Of(scheme, identity), wire, server);
        }
        catch
        {
            wire.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs once and keeps nothing, except that a returning visitor now has been there, and holds the server's cookie
    /// and its tickets.
    /// </summary>
    public async Task WarmUpAsync(CancellationToken cancellationToken) => await RunOnceAsync(cancellationToken);

    /// <summary>Runs once and keeps what was measured.</summary>
    /// <param name="watch">Says whether the machine stood still meanwhile.</param>
    /// <param name="mayRepeat">Whether another run may be made in place of one during which it did.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>Whether another run has to be made.</returns>
    public async Task<bool> MeasureAsync(StallWatch watch, bool mayRepeat, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        RaceRun run = await RunOnceAsync(cancellationToken);
        bool isRepeated = mayRepeat && watch.HasStalledSince(start);
        _runs.Add(run with { IsRepeated = isRepeated });
        return isRepeated;
    }

    /// <summary>What the measured runs came to.</summary>
    /// <param name="startTimestamp">The moment from which the times of packets count.</param>
    public RaceRow ToRow(long startTimestamp)
    {
        if (_recorder.Overlooked > 0)
            throw new RaceException("there were too many packets to keep.");
        return RaceRow.Of(Scheme, _runs, _recorder.Snapshot(), _wire.ToWireTime(startTimestamp));
    }

    public async ValueTask DisposeAsync()
    {
        _contestant.Dispose();
        await _server.DisposeAsync();
        await _wire.DisposeAsync();
    }

    private async Task<RaceRun> RunOnceAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(LongestRun));
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await _contestant.RunAsync(new IPEndPoint(NextAddress(), Port), linked.Token);
        }
        catch (Exception e) when (e is not RaceException && !cancellationToken.IsCancellationRequested)
        {
            if (_wire.Completion.Exception?.InnerException is { } wireFailure)
                throw new RaceException($"the emulated wire failed: {wireFailure.Message}", wireFailure);
            if (_server.Failure is { } failure)
                throw new RaceException($"{Scheme.Name}: the server failed: {failure.Message}", failure);
            string reason = timeout.IsCancellationRequested ? $"no answer within {LongestRun} s." : e.Message;
            throw new RaceException($"{Scheme.Name}: {reason}", e);
        }
    }

    /// <summary>
    /// A returning visitor dials the same address each time; every other run goes to one that the kernel has never
    /// heard of, so that it is a first visit in truth.
    /// </summary>
    private IPAddress NextAddress()
    {
        byte[] address = _wire.RemoteAddress.GetAddressBytes();
        int visit = Scheme.IsReturningVisit ? 0 : _visits++;
        const int HostsPerBlock = 250;
        address[2] += (byte)(visit / HostsPerBlock);
        address[3] += (byte)(visit % HostsPerBlock);
        return new IPAddress(address);
    }
}
