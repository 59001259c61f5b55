using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Cli;

/// <summary>A stack whose two ends meet over loopback in this process.</summary>
internal abstract class LoopbackContestant : IAsyncDisposable
{
    public const string Host = "localhost";

    /// <summary>One ECDSA P-256 certificate for every contestant.</summary>
    protected static X509Certificate2 Certificate { get; } = SelfSignedCertificate.Create(Host);

    /// <summary>Sets a connection up, both handshakes complete.</summary>
    public abstract Task<(Stream Client, Stream Server)> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Sets a connection up and takes it down again.</summary>
    public async Task ConnectAndCloseAsync(CancellationToken cancellationToken)
    {
        (Stream client, Stream server) = await ConnectAsync(cancellationToken);
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    public abstract ValueTask DisposeAsync();

    protected static X509ChainPolicy CreateChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(Certificate.RawData));
        return policy;
    }

    protected static async Task<(Socket Client, Socket Server)> ConnectSocketsAsync(Socket listener, CancellationToken cancellationToken)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        ValueTask<Socket> accepting = listener.AcceptAsync(cancellationToken);
        await client.ConnectAsync(listener.LocalEndPoint!, cancellationToken);
        Socket server = await accepting;
        server.NoDelay = true;
        return (client, server);
    }

    protected static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(64);
        return listener;
    }
}
