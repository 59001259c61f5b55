using System.Net.Security;
using System.Net.Sockets;

namespace SynHello.Cli;

/// <summary>.NET's own TLS. Its sessions are kept by the process, as .NET does it by default.</summary>
/// <param name="kind">What kind of handshake is made.</param>
internal sealed class SslStreamLoopback(HandshakeKind kind) : LoopbackContestant
{
    private readonly Socket _listener = Listen();
    private readonly SslServerAuthenticationOptions _server = BenchIdentity.CreateServerOptions(kind);
    private readonly SslClientAuthenticationOptions _client = BenchIdentity.CreateClientOptions(kind);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (!kind.IsResumed)
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
        ServerHelloWatch? watch = kind.IsResumed ? new ServerHelloWatch(transport) : null;
        var client = new SslStream(watch ?? transport);
        var server = new SslStream(new NetworkStream(serverSocket, ownsSocket: true));
        Task accepting = server.AuthenticateAsServerAsync(_server, cancellationToken);
        await client.AuthenticateAsClientAsync(_client, cancellationToken);
        await accepting;
        return (client, server, watch);
    }
}
