using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.Cli.Race;

/// <summary>
/// SslStream as an application uses it, on a socket without Nagle's algorithm. A scheme that resumes lets .NET do it,
/// as it does by default: it keeps the session of a host in the process. With Fast Open the raw socket option, which
/// .NET does not offer by name, makes its ClientHello ride in the SYN.
/// </summary>
internal sealed class SslStreamContestant(RaceScheme scheme, RaceIdentity identity) : StreamContestant
{
    private readonly SslClientAuthenticationOptions _options = new()
    {
        TargetHost = RaceExchange.Host,
        EnabledSslProtocols = scheme.Protocol,
        AllowTlsResume = scheme.Resumes,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = identity.Policy,
    };

    protected override async ValueTask<(Stream Stream, IPEndPoint Client)> SendAsync(
        IPEndPoint server, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? stream = null;
        try
        {
            if (scheme.FastOpen != FastOpenMode.Off)
                RawFastOpen.Set(socket, RawFastOpen.Connect, 1);
            await socket.ConnectAsync(server, cancellationToken);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(_options, cancellationToken);
            await stream.WriteAsync(request, cancellationToken);
            return (stream, (IPEndPoint)socket.LocalEndPoint!);
        }
        catch
        {
            if (stream is not null)
                await stream.DisposeAsync();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>It has none.</summary>
    protected override EarlyDataStatus EarlyDataOf(Stream stream) => EarlyDataStatus.None;
}
