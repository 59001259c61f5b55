using System.Globalization;

using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>What each level of a server's Fast Open needs of the kernel: it steps down from one to the next under load.</summary>
internal static class LevelExamination
{
    private const string SynCookies = "net.ipv4.tcp_syncookies";
    private const string MaximumBacklog = "net.core.somaxconn";
    private const string Counters = "/proc/net/netstat";
    private const int ServerWithoutCookie = 0x200; // net.ipv4.tcp_fastopen

    public static IEnumerable<Finding> Levels()
    {
        FastOpenSupport support = FastOpen.Probe();
        yield return Cookieless(support);
        yield return Cookie(support);
        yield return Plain(ReadSetting(SynCookies));
        yield return Room(ReadSetting(MaximumBacklog));
        yield return CanRead(Counters)
            ? Finding.Ok($"When to step: the kernel's counters of full queues can be read ({Counters}).")
            : Finding.Hint($"{Counters} cannot be read: a server steps down by the number of its unproven connections alone.");
    }

    private static Finding Cookieless(FastOpenSupport support)
    {
        const string Level = "Without a cookie:";
        if (support.CookielessLimitation is { } cookieless)
            return Finding.No($"{Level} {cookieless}");
        return support.ServerLimitation is { } server
            ? Finding.No($"{Level} {server}", support.EnablingCommand)
            : Finding.Ok($"{Level} TCP_FASTOPEN_NO_COOKIE on the listener, and bit 2 of net.ipv4.tcp_fastopen.");
    }

    private static Finding Cookie(FastOpenSupport support)
    {
        const string Level = "With a cookie, the next one:";
        if (support.ServerLimitation is { } server)
            return Finding.No($"{Level} {server}", support.EnablingCommand);
        if (support.Sysctl is int value && (value & ServerWithoutCookie) != 0)
        {
            return Finding.No(
                $"{Level} bit 0x200 of net.ipv4.tcp_fastopen lets no listener ask for cookies, so that it is left out.",
                string.Create(CultureInfo.InvariantCulture, $"sysctl -w net.ipv4.tcp_fastopen={value & ~ServerWithoutCookie}"));
        }

        return Finding.Ok($"{Level} bit 2 of net.ipv4.tcp_fastopen, with bit 0x200 off.");
    }

    private static Finding Plain(int? synCookies)
    {
        const string Level = "Plain handshakes, the last one:";
        const string Command = $"sysctl -w {SynCookies}=1";
        return synCookies switch
        {
            1 => Finding.Ok($"{Level} {SynCookies} is 1, so that SYN cookies answer what the queue of SYNs has no room for."),
            0 => Finding.No($"{Level} {SynCookies} is 0: a flood of SYNs fills their queue and keeps everybody out.", Command),
            2 => Finding.No(
                $"{Level} {SynCookies} is 2: SYN cookies answer every SYN, and no data in one is ever taken, at any level.", Command),
            _ => Finding.Hint($"{Level} {SynCookies} cannot be read; it should be 1."),
        };
    }

    private static Finding Room(int? maximum)
    {
        var usual = new SecureListenerOptions();
        int needed = Math.Max(usual.Backlog, 2 * usual.FastOpenQueueLength);
        if (maximum is not { } backlog)
            return Finding.Hint($"{MaximumBacklog} cannot be read; it should be {needed} at least.");
        return backlog >= needed
            ? Finding.Ok($"Room: {MaximumBacklog} is {backlog}, which holds twice the {usual.FastOpenQueueLength} that may be unproven.")
            : Finding.No(
                $"Room: {MaximumBacklog} is {backlog}, so that {Math.Max(backlog / 2, 1)} connections may be unproven at a time, "
                + $"and not {usual.FastOpenQueueLength}.",
                string.Create(CultureInfo.InvariantCulture, $"sysctl -w {MaximumBacklog}=4096"));
    }

    private static int? ReadSetting(string name)
    {
        try
        {
            string text = File.ReadAllText($"/proc/sys/{name.Replace('.', '/')}");
            return int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool CanRead(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return file.ReadByte() >= 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
