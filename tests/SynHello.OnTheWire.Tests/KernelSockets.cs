using System.Globalization;

namespace SynHello.OnTheWire.Tests;

/// <summary>What the kernel says of this namespace's TCP sockets and counts of their doings.</summary>
internal static class KernelSockets
{
    private const string TimeWait = "06";

    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _hung = TimeSpan.FromMinutes(3);

    /// <summary>Waits until the kernel has no socket any more that sends something to such a port by itself.</summary>
    public static Task GoneAsync(params int[] ports) => EventuallyAsync(() => !RemotePorts().Any(ports.Contains));

    /// <summary>
    /// Waits until something is true that nobody announces: what the kernel does with a socket that has no owner, or
    /// the last step of somebody else's disposal.
    /// </summary>
    public static async Task EventuallyAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(_hung);
        using var timer = new PeriodicTimer(_interval);
        while (!condition())
            await timer.WaitForNextTickAsync(timeout.Token);
    }

    /// <summary>Waits until this process has no more sockets than it had.</summary>
    /// <param name="before">How many it had.</param>
    public static async Task DescriptorsBackAsync(int before)
    {
        // Looking makes garbage, and where there is enough of it a finalizer closes what was forgotten: so not often.
        TimeSpan pause = TimeSpan.FromMilliseconds(1);
        int count;
        while ((count = CountDescriptors()) > before)
        {
            Assert.True(pause < _longestPause, $"There are {count} sockets, and there were {before}.");
            await Task.Delay(pause);
            pause *= 2;
        }
    }

    /// <summary>How many sockets this process has.</summary>
    public static int CountDescriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Count(entry => new FileInfo(entry).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

    /// <summary>A counter of TcpExt, for instance TCPFastOpenPassive; it counts for the whole namespace.</summary>
    public static long Counter(string name)
    {
        string[][] lines =
        [
            .. File.ReadLines("/proc/net/netstat")
                .Where(line => line.StartsWith("TcpExt:", StringComparison.Ordinal))
                .Select(line => line.Split(' ')),
        ];
        int index = Array.IndexOf(lines[0], name);
        Assert.True(index > 0, $"This kernel does not count {name}.");
        return long.Parse(lines[1][index], CultureInfo.InvariantCulture);
    }

    private static IEnumerable<int> RemotePorts() => File.ReadLines("/proc/net/tcp").Skip(1)
        .Concat(File.ReadLines("/proc/net/tcp6").Skip(1))
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(fields => fields[3] != TimeWait)
        .Select(fields => int.Parse(
            fields[2].AsSpan(fields[2].LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
