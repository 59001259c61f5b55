using System.Net;
using System.Text.Json;

using SynHello.Interop.Tests;

namespace SynHello.AspNetCore.Tests;

/// <summary>The sample's server, as a program of its own.</summary>
public sealed class SampleTests
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();

    [Fact]
    public async Task Server_ServesUntilItIsToldToStop()
    {
        Identity identity = Identity.For(_endPoint.Address);
        await using ChildProcess server = Start(identity.CertificateFile, identity.KeyFile);
        await server.WaitForAsync($"Now listening on: https://{_endPoint}");
        using HttpClient client = WebClient.Create(_endPoint);
        using var page = JsonDocument.Parse(await client.GetStringAsync("/"));
        Assert.Equal("HTTP/2", page.RootElement.GetProperty("protocol").GetString());
        Assert.False(page.RootElement.GetProperty("cameEarly").GetBoolean());
        using HttpResponseMessage order = await client.PostAsync("/orders", content: null);
        Assert.Equal("/orders/1", order.Headers.Location?.OriginalString);
        Assert.Equal("Healthy", await client.GetStringAsync("/health"));
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Server_SaysWhyItCannotStart()
    {
        await using ChildProcess server = Start("/nowhere.pem", "/nowhere.key");
        Assert.NotEqual(0, await server.ExitAsync());
        Assert.Contains(
            "Unhandled exception. System.InvalidOperationException: "
            + "Kestrel:Endpoints:Https:Certificate: Could not find file '/nowhere.pem'.",
            server.ErrorLines);
    }

    private ChildProcess Start(string certificate, string key) => ChildProcess.Start(
        "dotnet",
        Path.Combine(AppContext.BaseDirectory, "SynHello.Samples.Server.dll"),
        $"--contentRoot={AppContext.BaseDirectory}",
        "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Information",
        $"--Kestrel:Endpoints:Https:Url=https://{_endPoint}",
        $"--Kestrel:Endpoints:Https:Certificate:Path={certificate}",
        $"--Kestrel:Endpoints:Https:Certificate:KeyPath={key}");
}
