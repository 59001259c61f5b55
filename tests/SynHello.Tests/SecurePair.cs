using System.Net.Sockets;

using SynHello.Sockets.Tests;
using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>Both ends of a connection over loopback, with the listener it came through.</summary>
internal sealed class SecurePair : IAsyncDisposable
{
    public const string Host = "example.com";

    private readonly SecureListener _listener;

    private SecurePair(SecureListener listener, SecureStream client, SecureStream server)
    {
        _listener = listener;
        Client = client;
        Server = server;
    }

    public SecureStream Client { get; }

    public SecureStream Server { get; }

    public static async Task<SecurePair> ConnectAsync(
        Action<SecureClientOptions>? configureClient = null,
        Action<SecureListenerOptions>? configureListener = null)
    {
        SecureListener listener = Listen(configureListener);
        try
        {
            SecureStream client = await MakeClient(configureClient)
                .ConnectAsync(listener.LocalEndPoint, Host, TestContext.Current.CancellationToken);

            // The server is done with the Finished, which the client holds back for a first request.
            await client.FlushAsync(TestContext.Current.CancellationToken);
            SecureStream server = await listener.AcceptAsync(TestContext.Current.CancellationToken);
            return new SecurePair(listener, client, server);
        }
        catch
        {
            await listener.DisposeAsync();
            throw;
        }
    }

    public static SecureListenerOptions ListenerOptions() => new()
    {
        ListenEndPoint = PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork),
        Credentials = [TestCertificates.Shared(CertificateKind.EcdsaP256).ToCredential()],
    };

    public static SecureListener Listen(Action<SecureListenerOptions>? configure = null)
    {
        SecureListenerOptions options = ListenerOptions();
        configure?.Invoke(options);
        return new SecureListener(options);
    }

    public static SecureClientOptions ClientOptions() => new()
    {
        TrustedRoots = [TestCertificates.Shared(CertificateKind.EcdsaP256).Root],
    };

    public static SecureClient MakeClient(Action<SecureClientOptions>? configure = null)
    {
        SecureClientOptions options = ClientOptions();
        configure?.Invoke(options);
        return new SecureClient(options);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        await _listener.DisposeAsync();
    }
}
