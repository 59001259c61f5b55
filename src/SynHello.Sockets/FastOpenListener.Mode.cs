using System.Net.NetworkInformation;

namespace SynHello.Sockets;

/// <content>What is taken from SYNs at this moment, and the retreat under load.</content>
public sealed partial class FastOpenListener
{
    /// <summary>For SYNs that other cores were busy with when the mode changed.</summary>
    private const int InTheMaking = 64;

    private static readonly TimeSpan SysctlReading = TimeSpan.FromSeconds(1);

    private readonly Lock _modeLock = new();
    private long _sysctlReadAt;
    private volatile bool _systemAsksForNoCookie;
    private volatile int _currentMode;
    private int _accepting;
    private int _unverifiable;

    /// <summary>
    /// What is in force now: <see cref="ActiveMode"/>, or less under load. A listener steps down from cookieless to
    /// cookies when three quarters of <see cref="QueueLength"/> are unproven (those that ended so within the last three
    /// seconds count as well), or when the kernel's queues overflow; from
    /// cookies to plain handshakes when the kernel has to answer with SYN cookies, or half the queue hangs; and one
    /// step up after eight seconds of calm, or more if the pressure comes back.
    /// </summary>
    public FastOpenMode CurrentMode => (FastOpenMode)_currentMode;

    /// <summary>
    /// How many connections may have an unproven address at a time; less than was asked for where the backlog holds
    /// less than twice as many.
    /// </summary>
    public int QueueLength { get; }

    /// <summary>
    /// How many accepted connections have an unproven address at this moment. Asks the kernel about each. 0 where
    /// Fast Open is not active, or <see cref="FastOpenListenerOptions.RetreatsUnderLoad"/> is off.
    /// </summary>
    public int UnprovenConnections => _watch?.CountUnproven() ?? 0;

    /// <summary>
    /// Changes what is taken from SYNs from now on. Children that wait to be accepted were made under the old rule.
    /// </summary>
    internal void SetMode(FastOpenMode mode)
    {
        lock (_modeLock)
        {
            if (IsDisposed)
                return;
            bool endsCookieless = CurrentMode == FastOpenMode.Cookieless && mode != FastOpenMode.Cookieless;
            if (endsCookieless)
                Volatile.Write(ref _unverifiable, int.MaxValue); // until it is known how many there are
            _currentMode = (int)mode;
            bool isSet = ActiveMode != FastOpenMode.Cookieless
                || LinuxTcp.TrySetOption(_socket, LinuxTcp.FastOpenNoCookie, mode == FastOpenMode.Cookieless ? 1 : 0);
            LinuxTcp.TrySetOption(_socket, LinuxTcp.FastOpen, mode == FastOpenMode.Off ? 0 : QueueLength);
            if (endsCookieless && isSet)
                Volatile.Write(ref _unverifiable, CountUnadopted() + InTheMaking);
        }
    }

    /// <summary>Whether a child was opened by its SYN, before the handshake was complete.</summary>
    private static bool IsOpenedBySyn(in TcpInfo info) =>
        info.State == TcpState.SynReceived || (info.Options & TcpInfoOptions.SynData) != TcpInfoOptions.None;

    /// <summary>
    /// Says of a connection that was accepted just now, once for each, whether it can have come about only with a cookie
    /// if it came about by Fast Open.
    /// </summary>
    private bool TakeVerdict()
    {
        // Where Fast Open is said to be off, and comes about all the same, nobody knows how.
        if (CurrentMode != FastOpenMode.Cookie)
            return false;
        int left = Volatile.Read(ref _unverifiable);
        while (left > 0)
        {
            int seen = Interlocked.CompareExchange(ref _unverifiable, left - 1, left);
            if (seen == left)
                return false;
            left = seen;
        }

        return true;
    }

    /// <summary>
    /// Whether the system has let every listener do without cookies since this one was made (bit 0x200 of
    /// net.ipv4.tcp_fastopen). Asked once a second at most, and only while connections come by Fast Open.
    /// </summary>
    private bool SystemAsksForNoCookie()
    {
        long now = _timeProvider.GetTimestamp();
        long last = Volatile.Read(ref _sysctlReadAt);
        if (last == 0 || _timeProvider.GetElapsedTime(last, now) >= SysctlReading)
        {
            _systemAsksForNoCookie =
                (LinuxTcp.ReadFastOpenSysctl().GetValueOrDefault() & Sockets.FastOpen.SysctlServerWithoutCookie) != 0;
            Volatile.Write(ref _sysctlReadAt, now);
        }

        return _systemAsksForNoCookie;
    }

    /// <summary>
    /// How many connections are on their way from the kernel to <see cref="TakeVerdict"/>: those that wait, and one for
    /// each accept under way. They come in the order in which they were made.
    /// </summary>
    private int CountUnadopted()
    {
        int waiting = TcpInfo.TryGet(_socket, out TcpInfo info) ? info.UnacknowledgedSegments : 2 * QueueLength;
        return waiting + Volatile.Read(ref _accepting);
    }

    private int LimitQueue(FastOpenListenerOptions options)
    {
        // The kernel knows what net.core.somaxconn left of the backlog.
        int backlog = TcpInfo.TryGet(_socket, out TcpInfo info) && info.SelectivelyAcknowledgedSegments > 0
            ? Math.Min(info.SelectivelyAcknowledgedSegments, options.Backlog)
            : options.Backlog;
        int length = Math.Min(options.QueueLength, Math.Max(backlog / 2, 1));
        if (length < options.QueueLength && FastOpenActive)
            LinuxTcp.TrySetOption(_socket, LinuxTcp.FastOpen, length);
        return length;
    }

    private PressureWatch? StartWatch(FastOpenListenerOptions options)
    {
        if (!options.RetreatsUnderLoad || !FastOpenActive)
            return null;
        bool asksForCookies =
            (LinuxTcp.ReadFastOpenSysctl().GetValueOrDefault() & Sockets.FastOpen.SysctlServerWithoutCookie) == 0;
        var retreat = new FastOpenRetreat(ActiveMode, asksForCookies, QueueLength, options.TimeProvider);
        return new PressureWatch(retreat, QueueLength, SetMode, options.ModeChanged, options.TimeProvider);
    }
}
