using System.Net;
using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>
/// A connection that <see cref="FastOpenDialer"/> opened, with its first flight handed to the kernel. With Fast Open
/// the SYN may not be answered yet: then a refused, unreachable or silent peer shows as a
/// <see cref="SocketException"/> (with the code that connect would have given) from the first receive or send. Owns
/// its <see cref="Socket"/>.
/// </summary>
public sealed class DialedSocket : IDisposable
{
    private readonly FastOpenAttempt _attempt;
    private readonly int _synDataOffered;

    internal DialedSocket(
        Socket socket,
        IPEndPoint remoteEndPoint,
        int firstFlightLength,
        FastOpenAttempt attempt,
        int synDataOffered,
        int? synRoom)
    {
        Socket = socket;
        RemoteEndPoint = remoteEndPoint;
        FirstFlightLength = firstFlightLength;
        _attempt = attempt;
        _synDataOffered = synDataOffered;
        SynRoom = synRoom;
    }

    /// <summary>
    /// The socket; <see cref="Socket.NoDelay"/> is on. It counts as connected, and can be read and written, before
    /// the SYN is answered; only its <see cref="Socket.RemoteEndPoint"/> throws until then.
    /// </summary>
    public Socket Socket { get; }

    /// <summary>
    /// The address that was dialed; of a name's addresses, the one that answered. Known before the SYN is answered.
    /// </summary>
    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>The length of the first flight, all of which is with the kernel, in bytes.</summary>
    public int FirstFlightLength { get; }

    /// <summary>
    /// The room that the SYN was said to have for the first flight, in bytes (see <see cref="FirstFlightFactory"/>);
    /// null when nothing rode in a SYN.
    /// </summary>
    public int? SynRoom { get; }

    /// <summary>
    /// What Fast Open did. The verdict is final once the peer's first bytes were received (once its SYN-ACK was, to be
    /// precise); before that it can be <see cref="FastOpenOutcome.Pending"/>. Ask before the socket is disposed:
    /// afterwards the kernel has forgotten. Safe to call from any thread.
    /// </summary>
    /// <returns>What the kernel says at this moment.</returns>
    public FastOpenReport GetReport()
    {
        bool known = TcpInfo.TryGet(Socket, out TcpInfo info);
        FastOpenOutcome outcome = FastOpenVerdict.Of(_attempt, info);
        if (!known && IsInSyn) outcome = FastOpenOutcome.Pending;

        // The sysctl's bit 0x4 lets every client do without.
        if (outcome == FastOpenOutcome.Cookie
            && (LinuxTcp.ReadFastOpenSysctl() & FastOpen.SysctlClientWithoutCookie) is not (null or 0))
        {
            outcome = FastOpenOutcome.Cookieless;
        }

        bool taken = outcome is FastOpenOutcome.Cookie or FastOpenOutcome.Cookieless;
        return new FastOpenReport
        {
            Outcome = outcome,
            SynDataBytes = taken ? _synDataOffered : 0,
            SynDataOffered = _synDataOffered,
            SynRoom = SynRoom,
            RoundTrip = info.RoundTrip > TimeSpan.Zero ? info.RoundTrip : null,
            TotalRetransmits = info.TotalRetransmits,
        };
    }

    /// <summary>Closes the socket. Pending operations on it end with an exception.</summary>
    public void Dispose() => Socket.Dispose();

    private bool IsInSyn => _attempt is FastOpenAttempt.InSyn or FastOpenAttempt.InSynWithoutCookie;
}
