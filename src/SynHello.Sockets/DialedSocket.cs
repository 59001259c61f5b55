using System.Net;
using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>
/// A connection that <see cref="FastOpenDialer"/> opened: its SYN was answered, and its first flight is with the
/// kernel. Owns its <see cref="Socket"/>.
/// </summary>
/// <remarks>
/// A path can let a SYN with data and its answer through and kill the connection afterwards. Whoever wants to be safe
/// from that calls <see cref="ConfirmFastOpenAsync"/> before anything else, and dials again if that fails.
/// </remarks>
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
    /// The socket; <see cref="Socket.NoDelay"/> is on.
    /// </summary>
    public Socket Socket { get; }

    /// <summary>
    /// The address that was dialed; of a name's addresses, the one that answered first.
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
    /// That a connection with Fast Open gave way to this one, or that its own SYN had to be sent again; null when it
    /// did not. A path that was left alone from the start shows as <see cref="FastOpenOutcome.Fallback"/> in
    /// <see cref="GetReport"/> alone.
    /// </summary>
    public FastOpenFallback? Fallback { get; internal init; }

    internal FastOpenPaths? Paths { get; init; }

    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Whether the path has carried as much as this connection asks of it before.</summary>
    internal bool IsPathKnown { get; init; }

    /// <summary>
    /// What Fast Open did. Ask before the socket is disposed: afterwards the kernel has forgotten. Safe to call from
    /// any thread.
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

    /// <summary>
    /// Waits for the peer's first byte, and thereby for the proof that the path carries a connection that used Fast
    /// Open; it is remembered in <see cref="FastOpenPaths"/>. Where Fast Open was not used it returns at once.
    /// </summary>
    /// <remarks>
    /// When the connection is reset before that byte, or the byte does not come for <paramref name="patience"/> on a
    /// path that has not proven itself before, the connection is closed by a reset and the path left alone:
    /// <see cref="FastOpenDialer.ConnectAgainAsync"/> then makes a plain one. On a path that has proven itself silence
    /// is the peer's, and waited for.
    /// </remarks>
    /// <param name="patience">How long the first byte may take; <see cref="Timeout.InfiniteTimeSpan"/> for as long as
    /// it takes.</param>
    /// <param name="cancellationToken">Ends the wait; the connection stays as it is.</param>
    /// <returns>Null when the connection can be used; otherwise why it was given up.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="patience"/> is negative, or longer than timers go.
    /// </exception>
    /// <exception cref="SocketException">The connection broke, by something else than a reset.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async ValueTask<FastOpenFallback?> ConfirmFastOpenAsync(
        TimeSpan patience, CancellationToken cancellationToken = default)
    {
        FastOpenUse use = ConnectionAttempt.UseOf(_attempt);
        if (use == FastOpenUse.None || Paths is null || Socket.LocalEndPoint is not IPEndPoint { Address: var local })
            return null;

        long start = Clock.GetTimestamp();
        using CancellationTokenSource? deadline = IsPathKnown ? null : new(patience, Clock);
        using CancellationTokenSource? linked = deadline is null
            ? null
            : CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        bool isSilent = false;
        SocketException? failure = null;
        try
        {
            await Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, linked?.Token ?? cancellationToken)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            isSilent = true;
        }
        catch (OperationCanceledException e)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (SocketException e)
        {
            failure = e;
        }

        // The kernel's count of bytes has the FIN in it, that of segments has not.
        if (TcpInfo.TryGet(Socket, out TcpInfo info) && info.DataSegmentsReceived > 0)
        {
            Paths.NoteAnswered(RemoteEndPoint.Address, local, FastOpenVerdict.Of(_attempt, info));
        }
        else
        {
            // A receive of nothing is content with an error that waits.
            if (!isSilent) failure ??= PendingError();
            if (isSilent || failure is { SocketErrorCode: SocketError.ConnectionReset })
                return GiveUp(isSilent, local, start);
        }

        return failure is null ? null : throw failure;
    }

    /// <summary>Closes the socket. Pending operations on it end with an exception.</summary>
    public void Dispose() => Socket.Dispose();

    /// <summary>
    /// Closes a socket so that nothing leaves it any more: by a reset, or by nothing at all when its SYN was not
    /// answered. A late SYN-ACK then gets a reset; on an open socket it would make the kernel send the SYN's data
    /// again.
    /// </summary>
    internal static void Abandon(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }

        socket.Dispose();
    }

    private SocketException? PendingError() =>
        Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int error and not 0
            ? new SocketException(error)
            : null;

    private FastOpenFallback GiveUp(bool isSilent, IPAddress local, long start)
    {
        Abandon(Socket);
        return new FastOpenFallback
        {
            Reason = isSilent ? FastOpenFallbackReason.Silent : FastOpenFallbackReason.Reset,
            Waited = Clock.GetElapsedTime(start),
            LeftAloneUntil = Paths!.NoteLost(RemoteEndPoint.Address, local),
        };
    }

    private bool IsInSyn => _attempt is FastOpenAttempt.InSyn or FastOpenAttempt.InSynWithoutCookie;
}
