using System.Net;

using SynHello.Tls;

namespace SynHello.Cli.Race;

/// <summary>
/// SynHello as an application uses it, except that each run has a client of its own: a client that lives on knows a
/// chain that it has verified before, and SslStream verifies each time. A returning visitor finds the sessions of its
/// earlier runs in the store that they share; each run uses one up and brings new ones.
/// </summary>
internal sealed class SynHelloContestant(RaceScheme scheme, RaceIdentity identity) : StreamContestant
{
    private readonly MemorySessionStore? _sessions = scheme.Resumes ? new() : null;

    protected override async ValueTask<(Stream Stream, IPEndPoint Client)> SendAsync(
        IPEndPoint server, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        var client = new SecureClient(new SecureClientOptions
        {
            FastOpen = scheme.FastOpen,
            EnabledSslProtocols = scheme.Protocol,
            AllowFalseStart = scheme.MakesFalseStart,
            CertificateChainPolicy = identity.Policy,
            AllowResumption = scheme.Resumes,
            SessionStore = _sessions,
        });
        SecureStream stream;
        if (scheme.SendsEarlyData)
        {
            // The request is a GET: it does no harm when it is done twice.
            stream = await client.ConnectAsync(server, RaceExchange.Host, request, cancellationToken);
        }
        else
        {
            stream = await client.ConnectAsync(server, RaceExchange.Host, cancellationToken);
            await stream.WriteAsync(request, cancellationToken);
        }

        return (stream, (IPEndPoint)stream.LocalEndPoint!);
    }

    protected override EarlyDataStatus EarlyDataOf(Stream stream) => ((SecureStream)stream).Report.EarlyData;
}
