using System.Diagnostics;

using SynHello.Http;
using SynHello.Sockets;

// Visits a URL twice, each time over a connection of its own, and tells what each of them cost.
var handler = new SecureHttpHandler
{
    SecureOptions = { FastOpen = FastOpenMode.Cookie },
    PooledConnectionLifetime = TimeSpan.Zero, // for the sake of the show: a connection serves one request
};
using var client = new HttpClient(handler);

using var listener = new ActivityListener
{
    ShouldListenTo = source => source.Name == "SynHello",
    Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
    ActivityStopped = span =>
    {
        if (span.GetTagItem("synhello.round_trips") is int roundTrips)
            Console.WriteLine($"request sent after {roundTrips} round trips; early data: {span.GetTagItem("synhello.early_data")}");
    },
};
ActivitySource.AddActivityListener(listener);

for (int visit = 0; visit < 2; visit++)
{
    using HttpResponseMessage response = await client.GetAsync(new Uri(args[0]));
    Console.WriteLine($"{(int)response.StatusCode}: {(await response.Content.ReadAsStringAsync()).Length} characters");
}
