using System.Diagnostics;

using SynHello.Http;
using SynHello.Sockets;

// Visits a URL twice, each time over a connection of its own, and tells what each of them cost.
if (args is not [var url, .. var roots] || roots.Length > 1)
{
    Console.Error.WriteLine("usage: dotnet run -- URL [ROOTS.pem]");
    return 2;
}

var handler = new SecureHttpHandler
{
    SecureOptions = { FastOpen = FastOpenMode.Cookie },
    PooledConnectionLifetime = TimeSpan.Zero, // for the sake of the show: a connection serves one request
};
if (roots is [var file])
{
    handler.SecureOptions.TrustedRoots = [];
    handler.SecureOptions.TrustedRoots.ImportFromPemFile(file);
}

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
    using HttpResponseMessage response = await client.GetAsync(new Uri(url));
    Console.WriteLine($"{(int)response.StatusCode}: {(await response.Content.ReadAsStringAsync()).Length} characters");
}

return 0;
