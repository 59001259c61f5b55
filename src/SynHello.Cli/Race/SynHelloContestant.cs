using System.Net;

namespace SynHello.Cli.Race;

/// <summary>
/// SynHello as an application uses it, except that each run has a client of its own: a client that lives on knows a
/// chain that it has verified before, and SslStream verifies each time.
/// </summary>
internal sealed class SynHelloContestant(RaceScheme scheme, RaceIdentity identity) : Contestant
{
    protected override async ValueTask<(Stream Stream, IPEndPoint Client)> ConnectAsync(
        IPEndPoint server, CancellationToken cancellationToken)
    {
        var client = new SecureClient(new SecureClientOptions
        {
            FastOpen = scheme.FastOpen,
            CertificateChainPolicy = identity.Policy,
        });
        SecureStream stream = await client.ConnectAsync(server, RaceExchange.Host, cancellationToken);
        return (stream, (IPEndPoint)stream.LocalEndPoint!);
    }
}
