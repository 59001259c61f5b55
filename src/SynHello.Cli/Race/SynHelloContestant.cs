using System.Net;

namespace SynHello.Cli.Race;

/// <summary>SynHello as an application uses it.</summary>
internal sealed class SynHelloContestant(RaceScheme scheme, RaceIdentity identity) : Contestant
{
    private readonly SecureClient _client = new(new SecureClientOptions
    {
        FastOpen = scheme.FastOpen,
        CertificateChainPolicy = identity.Policy,
    });

    protected override async ValueTask<(Stream Stream, IPEndPoint Client)> ConnectAsync(
        IPEndPoint server, CancellationToken cancellationToken)
    {
        SecureStream stream = await _client.ConnectAsync(server, RaceExchange.Host, cancellationToken);
        return (stream, (IPEndPoint)stream.LocalEndPoint!);
    }
}
