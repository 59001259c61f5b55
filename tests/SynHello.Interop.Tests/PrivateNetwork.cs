using System.Net;
using SynHello.Interop.Tests;
using SynHello.Lab;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
[assembly: AssemblyFixture(typeof(PrivateNetwork))]

namespace SynHello.Interop.Tests;

/// <summary>
/// The network namespace that the tests run in, with Fast Open for both ends. Every server gets an address of its own,
/// because the kernel keeps cookies for each pair of addresses, and so that no port can be taken.
/// </summary>
public sealed class PrivateNetwork
{
    public const int Port = 4433;

    private static int _lastAddress;
    private static int _lastPort = 20_000;

    public PrivateNetwork()
    {
        if (!NetworkNamespace.IsPrivate)
        {
            throw new InvalidOperationException(
                "These tests change the network's settings. Run them in a namespace of their own: unshare -n.");
        }

        NetworkNamespace.BringLoopbackUp();
        NetworkNamespace.SetFastOpen(3);
    }

    /// <summary>An address that nobody has talked to: all of 127/8 is local.</summary>
    public static IPEndPoint NextEndPoint()
    {
        int number = Interlocked.Increment(ref _lastAddress);
        return new IPEndPoint(new IPAddress([127, 77, (byte)(number >> 8), (byte)number]), Port);
    }

    /// <summary>
    /// A port for a server that can only listen on every address; below those that the system hands out.
    /// </summary>
    public static int NextPort() => Interlocked.Increment(ref _lastPort);
}
