using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Interop.Tests;

/// <summary>Both roles against .NET's own SslStream.</summary>
public sealed class SslStreamTests
{
    [Theory]
    [InlineData(KeyKind.P256)]
    [InlineData(KeyKind.P384)]
    [InlineData(KeyKind.Rsa)]
    public async Task Server_ServesSslStream(KeyKind kind)
    {
        await using var server =
            new EchoServer(kind, options => options.ApplicationProtocols = [SslApplicationProtocol.Http11]);
        using var client = new TcpClient();
        await client.ConnectAsync(server.EndPoint);
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = Identity.Host,
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { Identity.Root },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        });
        Assert.Equal(SslApplicationProtocol.Http11, stream.NegotiatedApplicationProtocol);
        await EchoAsync(stream, stream.ShutdownAsync);
    }

    [Theory]
    [InlineData(KeyKind.P256)]
    [InlineData(KeyKind.P384)]
    [InlineData(KeyKind.Rsa)]
    public async Task Client_ConnectsToSslStream(KeyKind kind)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var identity = Identity.For(endPoint.Address, kind);
        using var certificate = X509Certificate2.CreateFromPemFile(identity.CertificateFile, identity.KeyFile);
        using var listener = new TcpListener(endPoint);
        listener.Start();
        Task serving = Task.Run(async () =>
        {
            using TcpClient accepted = await listener.AcceptTcpClientAsync();
            await using var server = new SslStream(accepted.GetStream());
            await server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                EnabledSslProtocols = SslProtocols.Tls13,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
            });
            await server.CopyToAsync(server);
            await server.ShutdownAsync();
        });
        var client = new SecureClient(new SecureClientOptions
        {
            TrustedRoots = [Identity.Root],
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        });
        await using SecureStream stream = await client.ConnectAsync(endPoint, Identity.Host);
        Assert.Equal(SslApplicationProtocol.Http11, stream.NegotiatedApplicationProtocol);
        await EchoAsync(stream, () => stream.ShutdownAsync());
        await serving.WaitAsync(ChildProcess.Patience);
    }

    private static async Task EchoAsync(Stream stream, Func<Task> shutdown)
    {
        byte[] sent = new byte[500_000];
        Random.Shared.NextBytes(sent);
        Task writing = Task.Run(async () =>
        {
            await stream.WriteAsync(sent);
            await shutdown();
        });
        using var received = new MemoryStream();
        await stream.CopyToAsync(received).WaitAsync(ChildProcess.Patience);
        await writing;
        Assert.Equal(sent, received.ToArray());
    }
}
