using System.Net;

namespace SynHello.Cli.Race;

/// <summary>A client of one scheme.</summary>
internal abstract class Contestant : IDisposable
{
    public static Contestant Of(RaceScheme scheme, RaceIdentity identity) => scheme switch
    {
        { IsHttp: true } => new HttpClientContestant(scheme, identity),
        { IsSynHello: true } => new SynHelloContestant(scheme, identity),
        _ => new SslStreamContestant(scheme, identity),
    };

    /// <summary>Connects, sends the request, and reads the response to its end.</summary>
    /// <param name="server">The server.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public abstract Task<RaceRun> RunAsync(IPEndPoint server, CancellationToken cancellationToken);

    public virtual void Dispose()
    {
    }
}
