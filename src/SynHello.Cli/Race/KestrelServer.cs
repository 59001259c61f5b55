using System.Net;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

using SynHello.AspNetCore;
using SynHello.Crypto;

namespace SynHello.Cli.Race;

/// <summary>
/// Kestrel with a minimal application, over SynHello or as it comes. Its one request is a GET without side effects, so over SynHello it
/// takes it early.
/// </summary>
internal sealed class KestrelServer : RaceServer
{
    private const int MaximumEarlyData = 16 * 1024;

    private readonly WebApplication _application;
    private readonly X509Credential? _credential;

    private KestrelServer(RaceScheme scheme, RaceIdentity identity, IPEndPoint endPoint)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        if (scheme.IsSynHello)
        {
            _credential = X509Credential.FromCertificate(identity.Certificate, identity.Intermediates);
            builder.WebHost.UseSynHello(options =>
            {
                options.ListenEndPoint = endPoint;
                options.Credentials = [_credential];
                options.FastOpen = scheme.FastOpen;
                options.EnabledSslProtocols = scheme.Protocol;
                options.MaximumEarlyData = scheme.SendsEarlyData ? MaximumEarlyData : 0;
                options.RecordSizing = RecordSizing.Full; // as the peer's: the response is told from tickets by its record's length
            });
        }
        else
        {
            builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(endPoint, listen =>
                listen.UseHttps(identity.Certificate, https => https.ServerCertificateChain = identity.Intermediates)));
        }

        _application = builder.Build();
        if (scheme.IsSynHello)
            _application.UseEarlyData(new EarlyDataOptions { AllowByDefault = true, AllowUnprovenAddresses = true });
        _application.Run(AnswerAsync);
    }

    public static new KestrelServer Start(RaceScheme scheme, RaceIdentity identity, IPEndPoint endPoint)
    {
        var server = new KestrelServer(scheme, identity, endPoint);
        server._application.StartAsync().GetAwaiter().GetResult(); // before the first run
        return server;
    }

    public override async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _credential?.Dispose();
    }

    private static Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentLength = RaceExchange.ResponseLength;
        return context.Response.Body.WriteAsync(RaceExchange.Response, context.RequestAborted).AsTask();
    }
}
