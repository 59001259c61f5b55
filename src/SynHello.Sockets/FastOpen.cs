using System.Globalization;
using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>TCP Fast Open (RFC 7413) as this system offers it.</summary>
public static class FastOpen
{
    internal const int SysctlClient = 0x1;
    internal const int SysctlServer = 0x2;
    internal const int SysctlClientWithoutCookie = 0x4;
    internal const int SysctlServerWithoutCookie = 0x200;

    /// <summary>
    /// Asks the system what it allows at this moment. Opens a socket and closes it again; sends nothing. Safe to call
    /// from any thread.
    /// </summary>
    /// <returns>What is allowed, why the rest is not, and the command that would allow it.</returns>
    public static FastOpenSupport Probe()
    {
        if (!OperatingSystem.IsLinux())
        {
            const string NotLinux = "Fast Open is used on Linux only.";
            return new FastOpenSupport
            {
                ConnectOption = false,
                NoCookieOption = false,
                Sysctl = null,
                ClientLimitation = NotLinux,
                ServerLimitation = NotLinux,
                CookielessLimitation = NotLinux,
                EnablingCommand = null,
            };
        }

        using Socket socket = OpenProbeSocket();
        return Describe(
            LinuxTcp.ReadFastOpenSysctl(),
            LinuxTcp.KnowsOption(socket, LinuxTcp.FastOpenConnect),
            LinuxTcp.TrySetOption(socket, LinuxTcp.FastOpenConnect, 1),
            LinuxTcp.KnowsOption(socket, LinuxTcp.FastOpen),
            LinuxTcp.KnowsOption(socket, LinuxTcp.FastOpenNoCookie));
    }

    internal static FastOpenSupport Describe(
        int? sysctl, bool knowsConnect, bool connectAllowed, bool knowsListen, bool knowsNoCookie)
    {
        string? client = null;
        if (!knowsConnect)
        {
            client = "This kernel has no TCP_FASTOPEN_CONNECT (Linux 4.11 and later have it).";
        }
        else if (sysctl is int value && (value & SysctlClient) == 0)
        {
            client = $"The sysctl net.ipv4.tcp_fastopen is {value}: its bit 1, for clients, is off.";
        }
        else if (!connectAllowed)
        {
            client = "The system refuses TCP_FASTOPEN_CONNECT.";
        }

        string? server = null;
        if (!knowsListen)
        {
            server = "This kernel has no TCP_FASTOPEN.";
        }
        else if (sysctl is null)
        {
            server = "The sysctl net.ipv4.tcp_fastopen cannot be read.";
        }
        else if ((sysctl & SysctlServer) == 0)
        {
            server = $"The sysctl net.ipv4.tcp_fastopen is {sysctl}: its bit 2, for servers, is off.";
        }

        const int Both = SysctlClient | SysctlServer;
        string? command = sysctl is int current && (current & Both) != Both
            ? string.Create(CultureInfo.InvariantCulture, $"sysctl -w net.ipv4.tcp_fastopen={current | Both}")
            : null;

        return new FastOpenSupport
        {
            ConnectOption = knowsConnect,
            NoCookieOption = knowsNoCookie,
            Sysctl = sysctl,
            ClientLimitation = client,
            ServerLimitation = server,
            CookielessLimitation = knowsNoCookie
                ? null
                : "This kernel has no TCP_FASTOPEN_NO_COOKIE (Linux 4.15 and later have it).",
            EnablingCommand = command,
        };
    }

    private static Socket OpenProbeSocket()
    {
        try
        {
            return new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        }
        catch (SocketException)
        {
            // A system without IPv4.
            return new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        }
    }
}
