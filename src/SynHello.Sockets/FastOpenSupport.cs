namespace SynHello.Sockets;

/// <summary>What this system (on Linux: this network namespace) allows of Fast Open.</summary>
public sealed record FastOpenSupport
{
    /// <summary>Whether a client's data can ride in the SYN once it has a cookie.</summary>
    public bool ClientEnabled => ClientLimitation is null;

    /// <summary>Whether a listener can take data from a SYN.</summary>
    public bool ServerEnabled => ServerLimitation is null;

    /// <summary>Whether the system knows <c>TCP_FASTOPEN_CONNECT</c> (Linux 4.11), which clients need.</summary>
    public required bool ConnectOption { get; init; }

    /// <summary>Whether the system knows <c>TCP_FASTOPEN_NO_COOKIE</c> (Linux 4.15), which going cookieless
    /// needs.</summary>
    public required bool NoCookieOption { get; init; }

    /// <summary>
    /// The sysctl net.ipv4.tcp_fastopen (for IPv6 too): 1 client, 2 server, 4 no client needs a cookie, 0x200 no server
    /// asks for one, 0x400 every listener takes data; null when it cannot be read or there is none.
    /// </summary>
    public required int? Sysctl { get; init; }

    /// <summary>Why clients cannot use Fast Open; null when they can.</summary>
    public required string? ClientLimitation { get; init; }

    /// <summary>Why listeners cannot use Fast Open; null when they can.</summary>
    public required string? ServerLimitation { get; init; }

    /// <summary>Why neither end can go without a cookie; null when both can, as far as Fast Open is enabled.</summary>
    public required string? CookielessLimitation { get; init; }

    /// <summary>
    /// The command, for root, that allows both ends what the system does not allow yet; null when there is nothing to
    /// allow or no command that would.
    /// </summary>
    public required string? EnablingCommand { get; init; }
}
