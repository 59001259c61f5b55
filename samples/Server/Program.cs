using SynHello.AspNetCore;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseSynHello(); // serves the https endpoints of appsettings.json
builder.Services.AddHealthChecks().AddSynHello();

WebApplication app = builder.Build();
app.UseEarlyData(); // lets requests in before the handshake is complete, where an endpoint says so

// Reading does no harm when it happens twice: a returning client's request is answered in its first round trip.
app.MapGet("/", (HttpContext context) => new
{
    Protocol = context.Request.Protocol,
    CameEarly = context.IsEarlyData(),
    RoundTrips = context.GetHandshakeReport()?.RoundTripsUntilRequest,
    FastOpen = $"{context.GetHandshakeReport()?.FastOpen}",
}).AllowEarlyData();

// This changes something: should it come early, it is answered 425, and clients send it again after the handshake.
int orders = 0;
app.MapPost("/orders", () => Results.Created($"/orders/{Interlocked.Increment(ref orders)}", null));

app.MapHealthChecks("/health");
app.Run();
