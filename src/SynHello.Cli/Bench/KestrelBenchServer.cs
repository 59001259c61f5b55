using System.Net;
using System.Security.Cryptography.X509Certificates;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

using SynHello.AspNetCore;
using SynHello.Crypto;
using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>Kestrel with a minimal application, which answers each request with 1,000 bytes.</summary>
internal sealed class KestrelBenchServer : BenchServer
{
    /// <summary>Without TLS.</summary>
    public const string Plain = "kestrel-plain";

    /// <summary>With UseHttps, as it comes.</summary>
    public const string Stock = "kestrel-stock";

    /// <summary>Over this stack, on plain TCP.</summary>
    public const string SynHello = "kestrel-synhello";

    public const int BodyLength = 1000;

    private static readonly byte[] Body = new byte[BodyLength];

    private readonly WebApplication _application;

    private KestrelBenchServer(WebApplication application)
    {
        _application = application;
        EndPoint = new IPEndPoint(IPAddress.Loopback, new Uri(application.Urls.Single()).Port);
    }

    public override IPEndPoint EndPoint { get; }

    public static async Task<BenchServer> ServeAsync(string stack, X509Certificate2? identity)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        var endPoint = new IPEndPoint(IPAddress.Loopback, 0);
        switch (stack)
        {
            case SynHello:
                builder.WebHost.UseSynHello(options =>
                {
                    options.ListenEndPoint = endPoint;
                    options.Credentials = [X509Credential.FromCertificate(identity!)];
                    options.FastOpen = FastOpenMode.Off;
                });
                break;
            case Stock:
                builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(
                    kestrel => kestrel.Listen(endPoint, listen => listen.UseHttps(identity!)));
                break;
            default:
                builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(endPoint));
                break;
        }

        WebApplication application = builder.Build();
        application.Run(context =>
        {
            context.Response.ContentLength = BodyLength;
            return context.Response.Body.WriteAsync(Body, context.RequestAborted).AsTask();
        });
        await application.StartAsync();
        return new KestrelBenchServer(application);
    }

    public override ValueTask DisposeAsync() => _application.DisposeAsync();
}
