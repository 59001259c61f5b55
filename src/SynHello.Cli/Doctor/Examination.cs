using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;

using SynHello.Crypto;
using SynHello.Lab;
using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>What the doctor looks at.</summary>
internal static class Examination
{
    public static Finding Platform() =>
        Finding.Ok(
        $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}, "
        + $"kernel {Environment.OSVersion.Version}, {RuntimeInformation.OSArchitecture}.");

    public static IEnumerable<Finding> Cryptography()
    {
        LibcryptoStatus status = LibcryptoStatus.Current;
        if (status.IsAvailable)
        {
            yield return Finding.Ok($"libcrypto: {status.Version}.");
            yield return status.HasX25519 ? Finding.Ok("x25519 key exchange.") : Finding.No("x25519 key exchange.");
            yield return status.HasEd25519
                ? Finding.Ok("Ed25519 certificates of servers.")
                : Finding.No("Ed25519 certificates of servers.");
        }
        else
        {
            yield return Finding.No("libcrypto.");
        }

        foreach (string missing in status.Missing)
            yield return Finding.Hint(missing);
    }

    public static async Task<(Finding Finding, bool Works)> TlsAsync(
        LoopbackTrial loopback, CancellationToken cancellationToken)
    {
        try
        {
            HandshakeReport report = await loopback.ConnectAsync(FastOpenMode.Off, times: 1, cancellationToken);
            string agreed = $"{report.CipherSuite}, {report.Group}";
            return (Finding.Ok($"TLS {report.Version} tried over loopback: {agreed}."), true);
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            bool down = exception is SocketException
            {
                SocketErrorCode: SocketError.NetworkUnreachable or SocketError.HostUnreachable
            };
            string? command = down ? "ip link set lo up" : null;
            return (Finding.No($"TLS tried over loopback failed: {exception.Message}", command), false);
        }
    }

    /// <param name="loopback">To try it out with; null when connecting does not work at all.</param>
    /// <param name="cancellationToken">Ends the trials.</param>
    public static async Task<List<Finding>> FastOpenAsync(LoopbackTrial? loopback, CancellationToken cancellationToken)
    {
        FastOpenSupport support = FastOpen.Probe();
        List<Finding> findings =
        [
            support.ClientLimitation is { } client
                ? Finding.No($"As a client: {client}", support.EnablingCommand)
                : Finding.Ok("As a client: the ClientHello can ride in the SYN."),
            support.ServerLimitation is { } server
                ? Finding.No($"As a server: {server}", support.EnablingCommand)
                : Finding.Ok("As a server: data in a SYN is taken."),
        ];
        if (support.EnablingCommand is { } command)
        {
            findings.Add(Finding.Hint(
                "That lasts until the machine restarts. To keep it:",
                $"echo '{command.Split(' ')[^1]}' > /etc/sysctl.d/60-synhello.conf"));
        }

        findings.Add(support.CookielessLimitation is { } cookieless
            ? Finding.No($"Without a cookie: {cookieless}")
            : Finding.Ok("Without a cookie, on a first visit: both ends can, wherever they can with one."));
        if (loopback is null || !support.ClientEnabled || !support.ServerEnabled)
            return findings;
        findings.Add(await TryAsync(loopback, FastOpenMode.Cookie, FastOpenOutcome.Cookie, cancellationToken));
        if (support.CookielessLimitation is null)
            findings.Add(
                await TryAsync(loopback, FastOpenMode.Cookieless, FastOpenOutcome.Cookieless, cancellationToken));
        return findings;
    }

    public static IEnumerable<Finding> Interfaces(int clientHelloBytes)
    {
        bool any = false;
        foreach (NetworkInterface card in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (card.NetworkInterfaceType == NetworkInterfaceType.Loopback
                || card.OperationalStatus != OperationalStatus.Up)
            {
                continue;
            }

            if (Mtu(card) is not { } mtu)
                continue;
            any = true;
            int room = SynBudget.FromMtu(mtu, AddressFamily.InterNetwork);
            string text = $"{card.Name}: MTU {mtu}, so the SYN holds {room} bytes over IPv4 and "
                + $"{SynBudget.FromMtu(mtu, AddressFamily.InterNetworkV6)} over IPv6.";
            yield return clientHelloBytes <= room
                ? Finding.Ok(text)
                : Finding.No($"{text} A ClientHello of {clientHelloBytes} bytes does not fit.");
        }

        if (!any)
            yield return Finding.Hint("No network interface but loopback is up.");
        if (clientHelloBytes > 0)
            yield return Finding.Hint(
                $"A ClientHello of SynHello takes some {clientHelloBytes} bytes, with the host name.");
    }

    public static IEnumerable<Finding> Lab()
    {
        NamespaceSupport support = NetworkNamespace.Probe();
        if (support.IsSupported)
            yield return Finding.Ok("This user may have a network namespace with a TUN device.");
        foreach (MissingRequirement missing in support.Missing)
            yield return Finding.No($"{missing.What}.", missing.Command);
    }

    private static async Task<Finding> TryAsync(
        LoopbackTrial loopback, FastOpenMode mode, FastOpenOutcome expected, CancellationToken cancellationToken)
    {
        string how = mode == FastOpenMode.Cookie ? "With a cookie" : "Without a cookie";
        try
        {
            // The first visit may have to ask for the cookie.
            HandshakeReport report =
                await loopback.ConnectAsync(mode, times: mode == FastOpenMode.Cookie ? 2 : 1, cancellationToken);
            return report.FastOpen == expected
                ? Finding.Ok($"{how}, tried over loopback: {report.SynDataBytes} bytes rode in the SYN.")
                : Finding.No($"{how}, tried over loopback: nothing rode in the SYN ({report.FastOpen}).");
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            return Finding.No($"{how}, tried over loopback: {exception.Message}");
        }
    }

    private static int? Mtu(NetworkInterface card)
    {
        try
        {
            return card.GetIPProperties().GetIPv4Properties().Mtu;
        }
        catch (Exception exception) when (exception is NetworkInformationException or PlatformNotSupportedException)
        {
            return null;
        }
    }

    private static bool IsFailure(Exception exception) =>
        exception is SocketException or AuthenticationException or TimeoutException or IOException;
}
