using System.Net.Security;

namespace SynHello.Cli;

/// <summary>Two of .NET's SslStreams in memory: no socket, no system call, no other thread.</summary>
/// <param name="kind">What kind of handshake is made.</param>
internal sealed class SslStreamInMemory(HandshakeKind kind) : InMemoryContestant
{
    private readonly SslServerAuthenticationOptions _server = BenchIdentity.CreateServerOptions(kind);
    private readonly SslClientAuthenticationOptions _client = BenchIdentity.CreateClientOptions(kind);
    private readonly byte[] _byte = new byte[1];

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (kind.IsResumed)
            await RunAsync();
    }

    public override async Task ConnectAndCloseAsync(CancellationToken cancellationToken)
    {
        bool isResumed = await RunAsync();
        Require(isResumed == kind.IsResumed, $"SslStream has {(kind.IsResumed ? "not " : "")}resumed a session");
    }

    /// <summary>Sets a connection up and takes it down again.</summary>
    /// <returns>Whether a session was resumed.</returns>
    private async Task<bool> RunAsync()
    {
        var clientEnd = new HandedStream();
        var serverEnd = new HandedStream();
        var watch = new ServerHelloWatch(clientEnd);
        BeginTurn();
        var client = new SslStream(kind.IsResumed ? watch : clientEnd);
        Task connecting = client.AuthenticateAsClientAsync(_client);
        EndClientsTurn();
        var server = new SslStream(serverEnd);
        Task accepting = server.AuthenticateAsServerAsync(_server);
        EndServersTurn();
        Carry(clientEnd, serverEnd);
        Require(connecting.IsCompleted && accepting.IsCompleted, "SslStream's handshake waits for something else than its peer");
        await connecting;
        await accepting;
        if (kind.IsResumed)
        {
            // The ticket is in front of the first data, and taken when that is read.
            BeginTurn();
            await server.WriteAsync(_byte);
            EndServersTurn();
            ValueTask<int> reading = client.ReadAsync(_byte);
            EndClientsTurn();
            Carry(clientEnd, serverEnd);
            Require(reading.IsCompleted && await reading == 1, "SslStream's client has not read what was sent");
        }

        BeginTurn();
        await client.DisposeAsync();
        EndClientsTurn();
        await server.DisposeAsync();
        EndServersTurn();
        return watch.SessionResumed;
    }

    /// <summary>Carries bytes until both ends are silent.</summary>
    private void Carry(HandedStream client, HandedStream server)
    {
        bool moved = true;
        while (moved)
        {
            BeginTurn();
            moved = client.CarryTo(server);
            EndServersTurn();
            moved |= server.CarryTo(client);
            EndClientsTurn();
        }
    }
}
