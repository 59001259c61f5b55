using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace SynHello.Cli;

/// <summary>.NET's own TLS 1.3, every handshake a full one.</summary>
internal sealed class SslStreamLoopback : LoopbackContestant
{
    private readonly Socket _listener = Listen();

    private readonly SslServerAuthenticationOptions _server = new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(Certificate, additionalCertificates: null, offline: true),
        EnabledSslProtocols = SslProtocols.Tls13,
        AllowTlsResume = false,
    };

    private readonly SslClientAuthenticationOptions _client = new()
    {
        TargetHost = Host,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateChainPolicy = CreateChainPolicy(),
        AllowTlsResume = false,
    };

    public override async Task<(Stream Client, Stream Server)> ConnectAsync(CancellationToken cancellationToken)
    {
        (Socket clientSocket, Socket serverSocket) = await ConnectSocketsAsync(_listener, cancellationToken);
        var client = new SslStream(new NetworkStream(clientSocket, ownsSocket: true));
        var server = new SslStream(new NetworkStream(serverSocket, ownsSocket: true));
        Task accepting = server.AuthenticateAsServerAsync(_server, cancellationToken);
        await client.AuthenticateAsClientAsync(_client, cancellationToken);
        await accepting;
        return (client, server);
    }

    public override ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }
}
