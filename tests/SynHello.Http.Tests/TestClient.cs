
using SynHello.Sockets;

namespace SynHello.Http.Tests;

/// <summary>Clients that trust the test servers.</summary>
internal static class TestClient
{
    public static HttpClient Create(
        Action<SecureHttpHandler>? configure = null,
        string version = "1.1",
        HttpVersionPolicy policy = HttpVersionPolicy.RequestVersionOrLower) => new(CreateHandler(configure))
        {
            DefaultRequestVersion = Version.Parse(version),
            DefaultVersionPolicy = policy,
        };

    public static SecureHttpHandler CreateHandler(Action<SecureHttpHandler>? configure = null)
    {
        var handler = new SecureHttpHandler
        {
            UseProxy = false,
            SecureOptions = { FastOpen = FastOpenMode.Off, TrustedRoots = [WebServer.Root] },
        };
        configure?.Invoke(handler);
        return handler;
    }
}
