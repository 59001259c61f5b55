using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>How a <see cref="FastOpenListener"/> listens. Read once, when the listener is made.</summary>
public sealed class FastOpenListenerOptions
{
    /// <summary>Whether data in a SYN is taken, and whether it needs a cookie. Off by default.</summary>
    /// <remarks>
    /// A cookieless listener hands out no cookies: Linux takes a request for one as the opening of the connection. A
    /// client in <see cref="FastOpenMode.Cookie"/> that has none thus never gets to send data in the SYN to it.
    /// </remarks>
    public FastOpenMode Mode { get; init; } = FastOpenMode.Off;

    /// <summary>
    /// How many connections opened by Fast Open may have an unproven address at one time (RFC 7413, section 5.1);
    /// above it the kernel makes plain handshakes. Must be positive. It is made no more than half of
    /// <see cref="Backlog"/>, where those among them wait that nobody has accepted yet: a full backlog would keep
    /// everybody out.
    /// </summary>
    /// <remarks>
    /// It has to hold what is on its way in ordinary times, connections a second times their round trip, twice over.
    /// </remarks>
    public int QueueLength { get; init; } = 256;

    /// <summary>
    /// Whether the listener asks less of Fast Open while too many connections are unproven, or the kernel's queues
    /// overflow: it steps down from cookieless to cookies to plain handshakes, and up again when that has passed (see
    /// <see cref="FastOpenListener.CurrentMode"/>). On by default.
    /// </summary>
    public bool RetreatsUnderLoad { get; init; } = true;

    /// <summary>
    /// Is told of every such step, one at a time, inside <see cref="FastOpenListener.AcceptAsync"/> or on a timer's thread. It
    /// must be quick, and must not throw.
    /// </summary>
    public Action<FastOpenModeChange>? ModeChanged { get; init; }

    /// <summary>
    /// The keys that cookies are made and checked with (RFC 7413, section 4.1.2): 16 bytes, or 32 for a second key that
    /// old cookies are still taken under (see <see cref="FastOpenListener.SetCookieKeys"/>). Empty, the default, leaves
    /// it to the kernel, whose key is the network namespace's own. Copied when the listener is made.
    /// </summary>
    public ReadOnlyMemory<byte> CookieKeys { get; init; }

    /// <summary>How many connections may wait to be accepted. The kernel caps it at net.core.somaxconn.</summary>
    public int Backlog { get; init; } = 512;

    /// <summary>Lets several listeners of one user share the address and port (SO_REUSEPORT; Linux only).</summary>
    public bool ReusePort { get; init; }

    /// <summary>
    /// The clock for the retreat, and for the pause after the process has run out of file descriptors or memory.
    /// </summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// Is told of every connection that was lost before it could be accepted, and of every pause for want of
    /// resources. It is called inside <see cref="FastOpenListener.AcceptAsync"/>; it should be quick, and what it
    /// throws is thrown there.
    /// </summary>
    public Action<SocketException>? AcceptFailed { get; init; }
}
