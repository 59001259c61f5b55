using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;

namespace SynHello.Cli;

/// <summary>Two of .NET's SslStreams over pipes in memory: no socket, no system call, no other thread.</summary>
/// <param name="resumes">Whether each connection resumes a session; otherwise every handshake is a full one.</param>
/// <param name="protocol">The TLS version.</param>
internal sealed class SslStreamInMemory(bool resumes, SslProtocols protocol = SslProtocols.Tls13) : PairContestant
{
    private static readonly PipeOptions InOneThread = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);

    private readonly SslServerAuthenticationOptions _server = BenchIdentity.CreateServerOptions(resumes, protocol);
    private readonly SslClientAuthenticationOptions _client = BenchIdentity.CreateClientOptions(resumes, protocol);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (resumes)
            await RunAsync(cancellationToken);
    }

    public override async Task ConnectAndCloseAsync(CancellationToken cancellationToken)
    {
        bool isResumed = await RunAsync(cancellationToken);
        Require(isResumed == resumes, $"SslStream has {(resumes ? "not " : "")}resumed a session");
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Sets a connection up and takes it down again.</summary>
    /// <returns>Whether a session was resumed.</returns>
    private async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var toServer = new Pipe(InOneThread);
        var toClient = new Pipe(InOneThread);
        var watch = new ServerHelloWatch(new DuplexPipeStream(toClient.Reader, toServer.Writer));
        await using var client = new SslStream(watch);
        await using var server = new SslStream(new DuplexPipeStream(toServer.Reader, toClient.Writer));
        Task accepting = server.AuthenticateAsServerAsync(_server, cancellationToken);
        await client.AuthenticateAsClientAsync(_client, cancellationToken);
        await accepting;
        if (resumes)
        {
            // The ticket is in front of the first data, and taken when that is read.
            byte[] one = new byte[1];
            await server.WriteAsync(one, cancellationToken);
            await client.ReadExactlyAsync(one, cancellationToken);
        }

        return watch.SessionResumed;
    }
}
