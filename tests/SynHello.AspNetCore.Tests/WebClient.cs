using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using SynHello.Interop.Tests;

namespace SynHello.AspNetCore.Tests;

/// <summary>.NET's own client, which trusts the tests' root.</summary>
internal static class WebClient
{
    public static HttpClient Create(
        IPEndPoint endPoint,
        Version? version = null,
        SslProtocols protocols = SslProtocols.None,
        X509Certificate2? certificate = null,
        TlsCipherSuite? suite = null)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(endPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = protocols,
                CipherSuitesPolicy = suite is { } only ? new CipherSuitesPolicy([only]) : null,
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    CustomTrustStore = { Identity.Root },
                },
                ClientCertificateContext = certificate is null
                    ? null
                    : SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            },
        };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://{Identity.Host}:{endPoint.Port}/"),
            DefaultRequestVersion = version ?? HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = ChildProcess.Patience,
        };
    }
}
