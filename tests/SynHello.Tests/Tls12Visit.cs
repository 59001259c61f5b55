using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Tests;

/// <summary>Clients and listeners that speak TLS 1.2 over plain TCP, unless told otherwise.</summary>
internal static class Tls12Visit
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static SecureListener Listen(Action<SecureListenerOptions>? configure = null) => SecurePair.Listen(options =>
    {
        options.EnabledSslProtocols = SslProtocols.Tls12;
        options.FastOpen = FastOpenMode.Off;
        configure?.Invoke(options);
    });

    public static SecureClient MakeClient(Action<SecureClientOptions>? configure = null) => SecurePair.MakeClient(options =>
    {
        options.EnabledSslProtocols = SslProtocols.Tls12;
        options.FastOpen = FastOpenMode.Off;
        configure?.Invoke(options);
    });

    /// <summary>A request and a response, the request in the client's first write.</summary>
    public static async Task<(HandshakeReport Client, HandshakeReport Server)> MakeAsync(SecureClient client, SecureListener listener)
    {
        await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled);
        await stream.WriteAsync(new byte[] { 1, 2, 3 }, Cancelled);
        await using SecureStream served = await listener.AcceptAsync(Cancelled).Guarded();
        byte[] request = new byte[3];
        await served.ReadExactlyAsync(request, Cancelled).Guarded();
        await served.WriteAsync(request, Cancelled);
        await stream.ReadExactlyAsync(request, Cancelled).Guarded();
        Assert.Equal([1, 2, 3], request);
        return (stream.Report, served.Report);
    }
}
