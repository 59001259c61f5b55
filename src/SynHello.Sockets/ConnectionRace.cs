using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;

namespace SynHello.Sockets;

/// <summary>
/// Dials the addresses of one destination, each after a while beside those before it (RFC 8305 section 5), and a
/// connection with Fast Open together with a plain one that starts when its SYN is not answered in time. The first that
/// is established wins; the others are closed before anything more is sent. Used once.
/// </summary>
/// <remarks>
/// A flight rides only in the SYN of an attempt that starts alone, so it is never on its way twice; whoever wins
/// without one gets a flight made anew. A mode of null means that Fast Open would be wanted and is held back.
/// </remarks>
internal sealed class ConnectionRace(
    DestinationAddresses addresses,
    FastOpenMode? mode,
    FastOpenPaths paths,
    TimeProvider clock,
    FirstFlightFactory firstFlight)
{
    /// <summary>How long an address is dialed alone (RFC 8305 section 5).</summary>
    public static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest that a SYN with Fast Open is waited for alone.</summary>
    public static readonly TimeSpan LongestPatience = AttemptDelay;

    private static readonly TimeSpan PatienceBeyondRoundTrips = TimeSpan.FromMilliseconds(25);

    /// <summary>In the order in which they were started.</summary>
    private readonly List<ConnectionAttempt> _running = [];

    /// <summary>The last attempt with Fast Open, and whether an error was what came of it.</summary>
    private ConnectionAttempt? _fastOpen;
    private bool _isRefused;

    private long? _plainDue;
    private long _plainStartedAt;
    private long _nextDue;
    private Exception? _failure;

    /// <summary>How long a SYN with Fast Open is waited for alone on a path.</summary>
    public static TimeSpan Patience(TimeSpan? roundTrip)
    {
        TimeSpan patience = roundTrip is { } known ? (2 * known) + PatienceBeyondRoundTrips : LongestPatience;
        return patience < LongestPatience ? patience : LongestPatience;
    }

    /// <summary>Dials.</summary>
    /// <param name="cancellationToken">Ends all attempts.</param>
    /// <returns>The connection, with its first flight handed to the kernel.</returns>
    /// <exception cref="SocketException">No address could be connected to: the error that came last.</exception>
    public async ValueTask<DialedSocket> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                addresses.Update();
                if (await FindWinnerAsync().ConfigureAwait(false) is { } winner)
                {
                    AbandonAllBut(winner);
                    bool isSent = await winner.TrySendFlightAsync(cancellationToken).ConfigureAwait(false);
                    if (isSent) return Conclude(winner);
                }

                bool hasFailed = RemoveFailed();
                if (StartDue(hasFailed, cancellationToken)) continue;
                if (_running.Count == 0 && addresses.Pending is null) ExceptionDispatchInfo.Throw(_failure!);
                await WaitAsync().ConfigureAwait(false);
            }
        }
        catch
        {
            AbandonAllBut(null);
            throw;
        }
    }

    private async ValueTask<ConnectionAttempt?> FindWinnerAsync()
    {
        ConnectionAttempt? winner = _running.Find(static attempt => attempt.IsEstablished);
        if (winner is null || winner == _running[0]) return winner;

        // The answer to the SYN with the flight may be here, and only the news of it late.
        ConnectionAttempt first = _running[0];
        if (first.UsesFastOpen && first.IsAnswered) await first.Ended.ConfigureAwait(false);
        return first.IsEstablished ? first : winner;
    }

    private bool RemoveFailed()
    {
        foreach (ConnectionAttempt attempt in _running)
        {
            if (attempt.Failure is not { } failure) continue;
            if (attempt.IsFlightFailure) ExceptionDispatchInfo.Throw(failure);
            attempt.Dispose();
            _failure = failure;
            _isRefused |= attempt == _fastOpen;
        }

        return _running.RemoveAll(static attempt => attempt.Failure is not null) > 0;
    }

    // An attempt that failed starts the next one at once.
    private bool StartDue(bool hasFailed, CancellationToken cancellationToken)
    {
        long now = clock.GetTimestamp();
        bool isDue = hasFailed || _running.Count == 0;
        if (_plainDue is { } plainDue && (isDue || now >= plainDue))
        {
            _plainDue = null;
            _plainStartedAt = now;
            Start(_fastOpen!.EndPoint, FastOpenAttempt.HeldBack, now, cancellationToken);
            return true;
        }

        if ((isDue || now >= _nextDue) && addresses.TryTake(out IPEndPoint? endPoint))
        {
            _nextDue = clock.After(now, AttemptDelay);
            Start(endPoint, Plan(endPoint.Address), now, cancellationToken);
            return true;
        }

        return false;
    }

    private FastOpenAttempt Plan(IPAddress address)
    {
        if (mode == FastOpenMode.Off) return FastOpenAttempt.Off;
        if (mode is not { } wanted || _running.Count > 0) return FastOpenAttempt.HeldBack;
        return paths.Advise(address, wanted) switch
        {
            FastOpenMode.Off => FastOpenAttempt.HeldBack,
            FastOpenMode.Cookie => FastOpenAttempt.InSyn,
            _ => FastOpenAttempt.InSynWithoutCookie,
        };
    }

    private void Start(IPEndPoint endPoint, FastOpenAttempt fastOpen, long now, CancellationToken cancellationToken)
    {
        ConnectionAttempt attempt = ConnectionAttempt.Start(endPoint, fastOpen, firstFlight, now, cancellationToken);
        _running.Add(attempt);
        if (!attempt.UsesFastOpen) return;

        _fastOpen = attempt;
        _isRefused = false;
        if (!attempt.IsEstablished) _plainDue = clock.After(now, Patience(RoundTripOf(attempt)));
    }

    private TimeSpan? RoundTripOf(ConnectionAttempt attempt)
    {
        IPAddress remote = attempt.EndPoint.Address;
        return attempt.LocalAddress is not { } local
            ? null
            : paths.RoundTrip(remote, local) ?? PathMetrics.RoundTrip(local, remote);
    }

    private async ValueTask WaitAsync()
    {
        long? due = _plainDue;
        if (addresses.HasNext && (due is null || _nextDue < due)) due = _nextDue;
        if (due is null && addresses.Pending is null && _running is [var only])
        {
            await only.Ended.ConfigureAwait(false);
            return;
        }

        List<Task> events = _running.ConvertAll(static attempt => attempt.Ended);
        if (addresses.Pending is { } pending) events.Add(pending);
        if (due is not { } timestamp)
        {
            await Task.WhenAny(events).ConfigureAwait(false);
            return;
        }

        var alarm = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        events.Add(alarm.Task);
        using ITimer timer = clock.CreateTimer(
            static state => ((TaskCompletionSource)state!).TrySetResult(),
            alarm,
            clock.Until(timestamp),
            Timeout.InfiniteTimeSpan);
        await Task.WhenAny(events).ConfigureAwait(false);
    }

    private void AbandonAllBut(ConnectionAttempt? winner)
    {
        foreach (ConnectionAttempt attempt in _running)
        {
            if (attempt != winner) attempt.Dispose();
        }

        _running.RemoveAll(attempt => attempt != winner);

        // Should the winner die before it has its flight, this is what is left for its address.
        if (winner?.UsesFastOpen == true) _plainDue ??= clock.GetTimestamp();
    }

    private DialedSocket Conclude(ConnectionAttempt winner)
    {
        if (mode == FastOpenMode.Off || winner.LocalAddress is not { } local)
            return winner.ToDialedSocket(paths, clock, fallback: null, isKnown: true);

        IPAddress remote = winner.EndPoint.Address;
        TcpInfo info = winner.GetInfo();
        FastOpenOutcome outcome = FastOpenVerdict.Of(winner.FastOpen, info);
        bool isRefused = winner.FastOpen == FastOpenAttempt.InSynWithoutCookie && outcome == FastOpenOutcome.Ignored;
        FastOpenUse use = ConnectionAttempt.UseOf(winner.FastOpen);
        bool isKnown = paths.NoteEstablished(remote, local, info.RoundTrip, isRefused, use);

        FastOpenFallback? fallback = null;
        if (winner.UsesFastOpen)
        {
            // The SYN was lost, and the kernel sent it again without data before anybody else did.
            if (outcome == FastOpenOutcome.Fallback)
                fallback = Fallback(FastOpenFallbackReason.NotAnswered, winner.StartedAt, clock.GetTimestamp());
        }
        else if (_fastOpen is { } loser && loser.EndPoint.Equals(winner.EndPoint))
        {
            fallback = Fallback(
                _isRefused ? FastOpenFallbackReason.Refused : FastOpenFallbackReason.NotAnswered,
                loser.StartedAt,
                _plainStartedAt);
        }

        return winner.ToDialedSocket(paths, clock, fallback, isKnown);

        FastOpenFallback Fallback(FastOpenFallbackReason reason, long from, long to) => new()
        {
            Reason = reason,
            Waited = clock.GetElapsedTime(from, to),
            LeftAloneUntil = paths.NoteLost(remote, local),
        };
    }
}
