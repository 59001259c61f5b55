using System.Diagnostics;
using System.Net;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// Clients that each begin a visit every so often, whether the one before is over or not: an open loop, whose load does not
/// depend on how fast it is served. A visit is a first contact, a request and its whole response.
/// </summary>
/// <param name="clients">The clients.</param>
/// <param name="server">Where they go.</param>
/// <param name="interval">How often each begins a visit.</param>
internal sealed class OfferedLoad(IReadOnlyList<SecureClient> clients, IPEndPoint server, TimeSpan interval)
{
    public const int RequestLength = 100;
    public const int ResponseLength = 1000;

    private static readonly TimeSpan _hung = TimeSpan.FromMinutes(2);

    /// <summary>Offers it for a while.</summary>
    /// <param name="window">How long.</param>
    /// <returns>How many visits were begun, and how many were over by the end of the window.</returns>
    /// <exception cref="Exception">A visit failed, then or later.</exception>
    public async Task<(int Begun, int Served)> RunAsync(TimeSpan window)
    {
        using var timeout = new CancellationTokenSource(_hung);
        long start = Stopwatch.GetTimestamp();
        int served = 0;
        Task[][] visits = await Task.WhenAll(clients.Select((client, index) => BeginAsync(client, index)));
        await Task.WhenAll(visits.SelectMany(visit => visit));
        return (visits.Sum(visit => visit.Length), served);

        async Task<Task[]> BeginAsync(SecureClient client, int index)
        {
            List<Task> begun = [];
            TimeSpan next = interval * index / clients.Count; // one after the other
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
            while (next < window)
            {
                while (Stopwatch.GetElapsedTime(start) < next)
                    await timer.WaitForNextTickAsync(timeout.Token);
                begun.Add(VisitAsync(client));
                next += interval;
            }

            return [.. begun];
        }

        async Task VisitAsync(SecureClient client)
        {
            await using SecureStream stream = await client.ConnectAsync(server, LongWire.Host, timeout.Token);
            await stream.WriteAsync(new byte[RequestLength], timeout.Token);
            await stream.ReadExactlyAsync(new byte[ResponseLength], timeout.Token);
            if (Stopwatch.GetElapsedTime(start) < window)
                Interlocked.Increment(ref served);
            await stream.ShutdownAsync(timeout.Token);
        }
    }
}
