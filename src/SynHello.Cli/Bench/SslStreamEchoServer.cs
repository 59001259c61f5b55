using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Cli;

/// <summary>Over .NET's own TLS, without session tickets.</summary>
internal sealed class SslStreamEchoServer : SocketEchoServer
{
    private readonly SslServerAuthenticationOptions _options;

    public SslStreamEchoServer(X509Certificate2 identity, SslProtocols protocol)
    {
        _options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(
                identity, additionalCertificates: null, offline: true),
            EnabledSslProtocols = protocol,
            AllowTlsResume = false,
        };
        Start();
    }

    protected override async Task ServeAsync(Stream transport)
    {
        var stream = new SslStream(transport);
        try
        {
            await stream.AuthenticateAsServerAsync(_options);
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            await stream.DisposeAsync();
            return;
        }

        await EchoAsync(stream);
    }
}
