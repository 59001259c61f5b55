using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace SynHello.Cli;

/// <summary>.NET's own TLS. Its sessions are kept by the process, as .NET does it by default.</summary>
/// <param name="resumes">Whether each connection resumes a session; otherwise every handshake is a full one.</param>
/// <param name="protocol">The TLS version.</param>
internal sealed class SslStreamLoopback(bool resumes, SslProtocols protocol = SslProtocols.Tls13) : LoopbackContestant
{
    private readonly Socket _listener = Listen();
    private readonly SslServerAuthenticationOptions _server = BenchIdentity.CreateServerOptions(resumes, protocol);
    private readonly SslClientAuthenticationOptions _client = BenchIdentity.CreateClientOptions(resumes, protocol);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (!resumes)
            return;
        (SslStream client, SslStream server, _) = await HandshakeAsync(cancellationToken);
        await using (client)
        await using (server)
            await TakeTicketAsync(client, server, cancellationToken);
    }

    public override async Task<(Stream Client, Stream Server)> ConnectAsync(CancellationToken cancellationToken)
    {
        (SslStream client, SslStream server, ServerHelloWatch? watch) = await HandshakeAsync(cancellationToken);
        Require(watch?.SessionResumed != false, "SslStream has not resumed a session");
        return (client, server);
    }

    public override ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<(SslStream Client, SslStream Server, ServerHelloWatch? Watch)> HandshakeAsync(
        CancellationToken cancellationToken)
    {
        (Socket clientSocket, Socket serverSocket) = await ConnectSocketsAsync(_listener, cancellationToken);
        Stream transport = new NetworkStream(clientSocket, ownsSocket: true);
        ServerHelloWatch? watch = resumes ? new ServerHelloWatch(transport) : null;
        var client = new SslStream(watch ?? transport);
        var server = new SslStream(new NetworkStream(serverSocket, ownsSocket: true));
        Task accepting = server.AuthenticateAsServerAsync(_server, cancellationToken);
        await client.AuthenticateAsClientAsync(_client, cancellationToken);
        await accepting;
        return (client, server, watch);
    }
}
