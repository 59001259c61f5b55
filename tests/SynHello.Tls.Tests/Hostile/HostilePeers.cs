namespace SynHello.Tls.Tests;

/// <summary>Hostile peers of either side, as far as a test wants them.</summary>
internal static class HostilePeers
{
    public static HostilePeer Fresh(bool isServer) => isServer ? new HostileClient() : new HostileServer();

    public static HostilePeer Connected(bool isServer) =>
        isServer ? new HostileClient().Connect() : new HostileServer().Connect();

    public static HostilePeer WithHandshakeKeys(bool isServer)
    {
        if (isServer)
        {
            var client = new HostileClient();
            client.SendHello(client.Hello());
            return client;
        }

        var server = new HostileServer();
        server.SendHello(server.Hello());
        return server;
    }
}
