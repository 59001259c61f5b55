using System.Net;

namespace SynHello.OnTheWire.Tests;

/// <summary>A network whose addresses nobody answers for: what is sent there is lost without a word.</summary>
internal sealed class VoidNetwork : IAsyncDisposable
{
    private const string Near = "void0";
    private const string Far = "void1";

    private VoidNetwork()
    {
    }

    /// <summary>The network.</summary>
    public static IPNetwork Network { get; } = new(new IPAddress([10, 66, 0, 0]), 16);

    /// <summary>Makes it in this namespace.</summary>
    public static async Task<VoidNetwork> CreateAsync()
    {
        await IpAsync("link", "add", Near, "type", "veth", "peer", "name", Far);
        await IpAsync("link", "set", Near, "arp", "off", "up");
        await IpAsync("link", "set", Far, "up");
        await IpAsync("address", "add", $"10.66.0.1/{Network.PrefixLength}", "dev", Near);
        return new VoidNetwork();
    }

    public async ValueTask DisposeAsync() => await IpAsync("link", "delete", Near);

    private static async Task IpAsync(params string[] arguments)
    {
        ProgramRun run = await ProgramRun.RunAsync("ip", arguments);
        Assert.True(run.ExitCode == 0, $"ip {string.Join(' ', arguments)}: {run.Error}");
    }
}
