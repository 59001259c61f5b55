using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using SynHello.Sockets.Tests;
using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>SslStream's end of a connection, with its socket: it can break off in ways that a well-behaved end does not.</summary>
internal sealed class SslPeer : IDisposable
{
    private SslPeer(Socket socket, Stream transport)
    {
        Socket = socket;
        Stream = new SslStream(transport);
    }

    public Socket Socket { get; }

    public SslStream Stream { get; }

    public static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork));
        listener.Listen();
        return listener;
    }

    /// <summary>A server, connected with a client of this library.</summary>
    public static async Task<(SecureStream Client, SslPeer Server)> ServeAsync(
        Action<SecureClientOptions>? configureClient = null,
        Action<SslServerAuthenticationOptions>? configureServer = null,
        Func<Stream, Stream>? wrap = null)
    {
        using Socket listener = Listen();
        ValueTask<SecureStream> connecting = SecurePair.MakeClient(configureClient)
            .ConnectAsync(listener.LocalEndPoint!, SecurePair.Host, TestContext.Current.CancellationToken);
        Socket socket = await listener.AcceptAsync().Guarded();
        var transport = new NetworkStream(socket);
        var peer = new SslPeer(socket, wrap?.Invoke(transport) ?? transport);
        TestChain chain = TestCertificates.Shared(CertificateKind.EcdsaP256);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(chain.Leaf, chain.Intermediates, offline: true),
            EnabledSslProtocols = SslProtocols.Tls13,
        };
        configureServer?.Invoke(options);
        Task serving = peer.Stream.AuthenticateAsServerAsync(options, TestContext.Current.CancellationToken);
        SecureStream client = await connecting.Guarded();
        await client.FlushAsync(TestContext.Current.CancellationToken);
        await serving.Guarded();
        return (client, peer);
    }

    /// <summary>A client of a listener of this library.</summary>
    public static async Task<SslPeer> ConnectAsync(EndPoint endPoint, Action<SslClientAuthenticationOptions>? configure = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint).Guarded();
        var peer = new SslPeer(socket, new NetworkStream(socket));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = SecurePair.Host,
            EnabledSslProtocols = SslProtocols.Tls13,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { TestCertificates.Shared(CertificateKind.EcdsaP256).Root },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
        configure?.Invoke(options);
        await peer.Stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken).Guarded();
        return peer;
    }

    /// <summary>TCP's FIN without a close_notify in front of it.</summary>
    public void EndWithoutCloseNotify() => Socket.Shutdown(SocketShutdown.Send);

    public void Reset()
    {
        Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        Socket.Dispose();
    }

    public void Dispose()
    {
        Stream.Dispose();
        Socket.Dispose();
    }
}
