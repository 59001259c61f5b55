using System.Net;

using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.Cli;

/// <summary>This stack, over plain TCP as the peer.</summary>
/// <param name="kind">What kind of handshake is made.</param>
/// <param name="sendsEarlyData">Whether the request of an exchange is early data.</param>
internal sealed class SynHelloLoopback(HandshakeKind kind, bool sendsEarlyData = false) : LoopbackContestant
{
    private readonly SecureListener _listener = new(new SecureListenerOptions
    {
        ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        Credentials = { kind.Identity.Credential },
        FastOpen = FastOpenMode.Off,
        EnabledSslProtocols = kind.Protocol,
        TicketCount = kind.IsResumed ? 2 : 0,
        MaximumEarlyData = sendsEarlyData ? 16 * 1024 : 0,
    });

    private readonly SecureClient _client = new(new SecureClientOptions
    {
        CertificateChainPolicy = kind.Identity.CreateChainPolicy(),
        FastOpen = FastOpenMode.Off,
        EnabledSslProtocols = kind.Protocol,
        AllowResumption = kind.IsResumed,
    });

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (!kind.IsResumed)
            return;
        (SecureStream client, SecureStream server) = await HandshakeAsync(cancellationToken);
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    public override async Task<(Stream Client, Stream Server)> ConnectAsync(CancellationToken cancellationToken)
    {
        (SecureStream client, SecureStream server) = await HandshakeAsync(cancellationToken);
        Require(client.Report.IsResumed == kind.IsResumed, $"SynHello has {(kind.IsResumed ? "not " : "")}resumed a session");
        return (client, server);
    }

    public override async Task ExchangeAndCloseAsync(CancellationToken cancellationToken)
    {
        if (!sendsEarlyData)
        {
            await base.ExchangeAndCloseAsync(cancellationToken);
            return;
        }

        Task<SecureStream> answering = AnswerAsync(cancellationToken);
        SecureStream client = await _client.ConnectAsync(_listener.LocalEndPoint, Host, Request, cancellationToken);
        byte[] response = new byte[Response.Length];
        await client.ReadExactlyAsync(response, cancellationToken);
        SecureStream server = await answering;
        Require(client.Report.EarlyData == EarlyDataStatus.Accepted, "early data was not accepted");
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    public override ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task<(SecureStream Client, SecureStream Server)> HandshakeAsync(CancellationToken cancellationToken)
    {
        Task<SecureStream> accepting = _listener.AcceptAsync(cancellationToken).AsTask();
        SecureStream client = await _client.ConnectAsync(_listener.LocalEndPoint, Host, cancellationToken);
        await client.FlushAsync(cancellationToken); // the server's handshake is part of the pair
        SecureStream server = await accepting;
        await client.CompleteHandshakeAsync(cancellationToken); // and so is what follows a False Start
        return (client, server);
    }

    private async Task<SecureStream> AnswerAsync(CancellationToken cancellationToken)
    {
        SecureStream server = await _listener.AcceptAsync(cancellationToken);
        byte[] request = new byte[Request.Length];
        int count = await server.ReadEarlyDataAsync(request, cancellationToken);
        Require(count == request.Length, "the request did not come as early data");
        await server.WriteAsync(Response, cancellationToken);
        await server.CompleteHandshakeAsync(cancellationToken); // it is part of the pair
        return server;
    }
}
