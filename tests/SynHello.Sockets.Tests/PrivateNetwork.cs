using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SynHello.Sockets.Tests;

// The sysctl is one for the whole namespace, so the tests take turns.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(PrivateNetwork))]

namespace SynHello.Sockets.Tests;

/// <summary>
/// The network namespace that the tests run in: loopback with the MTU of an Ethernet, and Fast Open for both ends.
/// Every listener gets an address of its own, because the kernel keeps cookies and the MSS for each pair of
/// addresses.
/// </summary>
public sealed class PrivateNetwork
{
    private const string SysctlPath = "/proc/sys/net/ipv4/tcp_fastopen";

    // Loopback, and the tunnels that some kernels put into every new namespace.
    private static readonly string[] s_bornWithNamespace =
        ["lo", "tunl0", "sit0", "gre0", "gretap0", "erspan0", "ip6tnl0", "ip6gre0", "ip_vti0", "ip6_vti0"];

    private static int s_lastAddress;

    public PrivateNetwork()
    {
        if (!IsPrivate())
        {
            throw new InvalidOperationException(
                "These tests change the network's settings. Run them in a namespace of their own: unshare -n.");
        }

        Run("ip", "link set lo up mtu 1500");
        // All of 127/8 is local by itself; for IPv6 a prefix has to be made so, and opened to bind.
        Run("ip", "-6 route replace local fd00:5948::/64 dev lo");
        File.WriteAllText("/proc/sys/net/ipv6/ip_nonlocal_bind", "1");
        Sysctl(3);
    }

    /// <summary>1 allows clients, 2 servers.</summary>
    public static void Sysctl(int value) => File.WriteAllText(SysctlPath, value.ToString(CultureInfo.InvariantCulture));

    public static IPAddress NextAddress(AddressFamily family)
    {
        int number = Interlocked.Increment(ref s_lastAddress);
        return family == AddressFamily.InterNetwork
            ? new IPAddress([127, 89, (byte)(number >> 8), (byte)number])
            : IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"fd00:5948::{number:x}"));
    }

    public static IPEndPoint NextEndPoint(AddressFamily family) => new(NextAddress(family), 0);

    public static void Run(string program, string arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)
            ?? throw new InvalidOperationException($"{program} did not start.");
        process.BeginOutputReadLine();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {arguments}: {error}");
    }

    // Fails closed. The machine's own namespace is told by its interfaces, which always can be read; the first
    // process's namespace, which not everybody may read, is a second check and never a proof that this one is
    // private.
    private static bool IsPrivate()
    {
        bool onlyLoopback = File.ReadLines("/proc/self/net/dev").Skip(2)
            .All(line => s_bornWithNamespace.Contains(line.Split(':', 2)[0].Trim()));
        string? own = ReadLink("/proc/self/ns/net");
        return onlyLoopback && own is not null && own != ReadLink("/proc/1/ns/net");
    }

    private static string? ReadLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
