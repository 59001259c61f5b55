using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

using SynHello.Http;
using SynHello.Tls;

namespace SynHello.Cli.Race;

/// <summary>
/// HttpClient as an application uses it, over SynHello or as it comes, except that each connection serves one request: what is
/// compared is setting them up.
/// </summary>
internal sealed class HttpClientContestant : Contestant
{
    private readonly HttpClient _client;
    private readonly ActivityListener? _spans;
    private int _clientPort;
    private EarlyDataStatus _earlyData;

    public HttpClientContestant(RaceScheme scheme, RaceIdentity identity)
    {
        if (scheme.IsSynHello)
        {
            _spans = new ActivityListener
            {
                ShouldListenTo = static source => source.Name == "SynHello",
                Sample = static (ref _) => ActivitySamplingResult.AllData,
                ActivityStopped = Note,
            };
            ActivitySource.AddActivityListener(_spans);
        }

        _client = new HttpClient(scheme.IsSynHello ? SynHelloHandler(scheme, identity) : StockHandler(identity));
    }

    public override async Task<RaceRun> RunAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        (_clientPort, _earlyData) = (0, EarlyDataStatus.None);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"https://{server}/"))
        {
            Headers = { Host = RaceExchange.Host },
        };
        long start = Stopwatch.GetTimestamp();
        using HttpResponseMessage response =
            await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        TimeSpan firstByte = Stopwatch.GetElapsedTime(start);
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (!body.AsSpan().SequenceEqual(RaceExchange.Response))
            throw new RaceException("a response did not arrive as it was sent.");
        return new RaceRun(_clientPort, server.Address, firstByte) { EarlyData = _earlyData };
    }

    public override void Dispose()
    {
        _client.Dispose();
        _spans?.Dispose();
        base.Dispose();
    }

    private static SecureHttpHandler SynHelloHandler(RaceScheme scheme, RaceIdentity identity) => new()
    {
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        AllowEarlyData = scheme.SendsEarlyData,
        SecureOptions =
        {
            FastOpen = scheme.FastOpen,
            EnabledSslProtocols = scheme.Protocol,
            CertificateChainPolicy = identity.Policy,
            AllowResumption = scheme.Resumes,
        },
    };

    private SocketsHttpHandler StockHandler(RaceIdentity identity) => new()
    {
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectCallback = ConnectAsync,
        SslOptions = new SslClientAuthenticationOptions
        {
            // The versions are the system's, as they are by default: with the options of another scheme the process would have one session
            // for the servers of both.
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = identity.Policy,
        },
    };

    /// <summary>What SocketsHttpHandler does by itself, and the port that it is done from.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            _clientPort = ((IPEndPoint)socket.LocalEndPoint!).Port;
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Runs are made one after the other, so the last connection is the run's own.</summary>
    private void Note(Activity span)
    {
        if (span.GetTagItem("network.local.port") is not int port)
            return;
        _clientPort = port;
        _earlyData = span.GetTagItem("synhello.early_data") switch
        {
            "accepted" => EarlyDataStatus.Accepted,
            "rejected" => EarlyDataStatus.Rejected,
            _ => EarlyDataStatus.None,
        };
    }
}
