using System.Diagnostics.CodeAnalysis;

using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SynHello.AspNetCore;

/// <summary>
/// Has Kestrel listen on all secure endpoints, after everything else that configures Kestrel: defaults of its TLS hold for them whenever they
/// were set.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Dependency injection makes it.")]
internal sealed class EndPointSetup(
    IEnumerable<EndPointInCode> endPoints, ILoggerFactory loggerFactory, ConfiguredEndPoints? configured = null)
    : IPostConfigureOptions<KestrelServerOptions>
{
    public void PostConfigure(string? name, KestrelServerOptions kestrel)
    {
        if (name != Options.DefaultName)
            return;
        bool haveCertificates = false;
        configured?.Listen(kestrel, https => haveCertificates |= HttpsDefaults.HaveCertificates(https));
        foreach (EndPointInCode endPoint in endPoints)
        {
            SecureEndPoints.Listen(
                kestrel,
                new SecureEndPoint(),
                https =>
                {
                    haveCertificates |= HttpsDefaults.HaveCertificates(https);
                    var options = new SecureListenerOptions();
                    HttpsDefaults.Apply(https, options);
                    endPoint.Configure(options);
                    return options;
                },
                endPoint.ConfigureEndPoint);
        }

        if (haveCertificates)
            Log.CertificatesNotTaken(loggerFactory.CreateLogger<EndPointSetup>());
    }
}
