using System.Net;

namespace SynHello.Sockets.Tests;

/// <summary>A rule of nftables about packets, as long as it lives.</summary>
internal sealed class PacketFilter : IDisposable
{
    private PacketFilter(string hook, string match, string verdict = "drop")
    {
        PrivateNetwork.Run("nft", "add table inet synhello");
        try
        {
            PrivateNetwork.Run(
                "nft", $"add chain inet synhello drops {{ type filter hook {hook} priority 0 ; }}");
            PrivateNetwork.Run("nft", $"add rule inet synhello drops {match} {verdict}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Loses every SYN with payload on its way; without payload a SYN has at most 60 + 40 bytes.</summary>
    public static PacketFilter LoseSynData(int port) =>
        new("input", $"tcp dport {port} tcp flags & (syn|ack) == syn meta length > 100");

    /// <summary>Refuses, at the sender, every SYN with payload.</summary>
    public static PacketFilter RefuseSynData(int port) =>
        new("output", $"tcp dport {port} tcp flags & (syn|ack) == syn meta length > 100");

    /// <summary>Loses whatever a client sends after its SYN.</summary>
    public static PacketFilter LoseAcknowledgments(params int[] ports) =>
        new("input", $"tcp dport {{ {string.Join(", ", ports)} }} tcp flags & (syn|ack) == ack");

    /// <summary>Loses every SYN: a host that does not answer.</summary>
    public static PacketFilter LoseSyn(int port) => new("input", $"tcp dport {port} tcp flags & (syn|ack) == syn");

    /// <summary>Loses every SYN to an IPv6 address.</summary>
    public static PacketFilter LoseSynTo(IPAddress addressV6) =>
        new("input", $"ip6 daddr {addressV6} tcp flags & (syn|ack) == syn");

    /// <summary>Answers every SYN with payload by a reset.</summary>
    public static PacketFilter ResetSynData(int port) => new(
        "input", $"tcp dport {port} tcp flags & (syn|ack) == syn meta length > 100", "reject with tcp reset");

    /// <summary>Loses every SYN with a Fast Open option.</summary>
    public static PacketFilter LoseSynWithOption(int port) =>
        new("input", $"tcp dport {port} tcp flags & (syn|ack) == syn tcp option 34 exists");

    public void Dispose() => PrivateNetwork.Run("nft", "delete table inet synhello");
}
