using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>One socket on its way to one address. It never throws by itself: <see cref="Failure"/> says what went
/// wrong.</summary>
internal sealed class ConnectionAttempt : IDisposable
{
    private readonly FirstFlightFactory _firstFlight;
    private Socket? _socket;
    private ReadOnlyMemory<byte>? _flight;
    private int _inSyn;
    private int? _synRoom;

    private ConnectionAttempt(IPEndPoint endPoint, FastOpenAttempt fastOpen, FirstFlightFactory firstFlight, long start)
    {
        EndPoint = endPoint;
        FastOpen = fastOpen;
        StartedAt = start;
        _firstFlight = firstFlight;
    }

    /// <summary>The address that is dialed.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>What is asked of Fast Open, and once it ended, what of that was done.</summary>
    public FastOpenAttempt FastOpen { get; private set; }

    /// <summary>When it began, in ticks of the clock.</summary>
    public long StartedAt { get; }

    /// <summary>Completes when the connection is established, or will not be. Never fails.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Whether the SYN was answered by a SYN-ACK.</summary>
    public bool IsEstablished { get; private set; }

    /// <summary>Why there is no connection; null as long as there may be one.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether it was the flight that could not be made.</summary>
    public bool IsFlightFailure { get; private set; }

    /// <summary>Whether the SYN has the Fast Open option, data, or both.</summary>
    public bool UsesFastOpen => UseOf(FastOpen) != FastOpenUse.None;

    /// <summary>Whether the kernel has the SYN-ACK, though <see cref="Ended"/> may not have been told yet.</summary>
    public bool IsAnswered =>
        _socket is { } socket && TcpInfo.TryGet(socket, out TcpInfo info) && info.State != TcpState.SynSent;

    /// <summary>The local address; null before the connect.</summary>
    public IPAddress? LocalAddress
    {
        get
        {
            try
            {
                return (_socket?.LocalEndPoint as IPEndPoint)?.Address;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return null;
            }
        }
    }

    /// <summary>What an attempt asks of a path.</summary>
    public static FastOpenUse UseOf(FastOpenAttempt fastOpen) => fastOpen switch
    {
        FastOpenAttempt.InSyn or FastOpenAttempt.InSynWithoutCookie => FastOpenUse.Data,
        FastOpenAttempt.CookieRequested => FastOpenUse.Option,
        _ => FastOpenUse.None,
    };

    /// <summary>Starts to connect.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="fastOpen">What to ask of Fast Open, where the system has it.</param>
    /// <param name="firstFlight">Makes the flight when it can ride in the SYN.</param>
    /// <param name="start">The time, in ticks of the clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static ConnectionAttempt Start(
        IPEndPoint endPoint,
        FastOpenAttempt fastOpen,
        FirstFlightFactory firstFlight,
        long start,
        CancellationToken cancellationToken)
    {
        var attempt = new ConnectionAttempt(endPoint, fastOpen, firstFlight, start);
        attempt.Ended = attempt.RunAsync(cancellationToken);
        return attempt;
    }

    /// <summary>
    /// Hands the kernel what the SYN did not carry of the flight. To be called when the connection is established, and
    /// has won.
    /// </summary>
    /// <returns>Whether all of it is with the kernel.</returns>
    public async ValueTask<bool> TrySendFlightAsync(CancellationToken cancellationToken)
    {
        try
        {
            Socket socket = _socket!;
            ReadOnlyMemory<byte> unsent = (_flight ??= MakeFlight(null))[_inSyn..];
            while (!unsent.IsEmpty)
            {
                int sent = await socket.SendAsync(unsent, SocketFlags.None, cancellationToken).ConfigureAwait(false);
                unsent = unsent[sent..];
            }

            ThrowIfFailed(socket);
            return true;
        }
        catch (Exception e)
        {
            Failure = e;
            return false;
        }
    }

    /// <summary>Hands over the connection.</summary>
    public DialedSocket ToDialedSocket(
        FastOpenPaths paths, TimeProvider clock, FastOpenFallback? fallback, bool isKnown)
    {
        Socket socket = _socket!;
        _socket = null;
        return new(socket, EndPoint, _flight?.Length ?? 0, FastOpen, _inSyn, _inSyn > 0 ? _synRoom : null)
        {
            Paths = paths,
            Clock = clock,
            Fallback = fallback,
            IsPathKnown = isKnown,
        };
    }

    /// <summary>Asks the kernel about the connection.</summary>
    public TcpInfo GetInfo() => _socket is { } socket && TcpInfo.TryGet(socket, out TcpInfo info) ? info : default;

    /// <summary>Gives it up, unless the connection was handed over: see <see cref="DialedSocket.Abandon"/>.</summary>
    public void Dispose()
    {
        if (_socket is { } socket) DialedSocket.Abandon(socket);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await EstablishAsync(cancellationToken).ConfigureAwait(false);
            IsEstablished = true;
        }
        catch (Exception e)
        {
            Failure = e;
        }
    }

    private async ValueTask EstablishAsync(CancellationToken cancellationToken)
    {
        Socket socket = _socket = new Socket(EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        FastOpen = Prepare(socket, FastOpen);
        await socket.ConnectAsync(EndPoint, cancellationToken).ConfigureAwait(false);
        if (UsesFastOpen && TcpInfo.TryGet(socket, out TcpInfo info))
        {
            // In SynSent the connect was deferred: no SYN has left, the first send makes it.
            if (info.State == TcpState.SynSent) await SendSynAsync(socket, cancellationToken).ConfigureAwait(false);
            else FastOpen = FastOpenVerdict.OfPlainHandshake(info);
        }
    }

    private async ValueTask SendSynAsync(Socket socket, CancellationToken cancellationToken)
    {
        _synRoom = DeferredSyn.Room(socket, EndPoint.Address);
        ReadOnlyMemory<byte> flight = MakeFlight(_synRoom);
        _flight = flight;
        _inSyn = LinuxTcp.SendInSyn(socket, flight.Span);
        if (flight.IsEmpty) FastOpen = FastOpenAttempt.Off;

        // On a socket that is still connecting, a send waits for the handshake, an empty one too.
        await socket.SendAsync(ReadOnlyMemory<byte>.Empty, SocketFlags.None, cancellationToken).ConfigureAwait(false);
        ThrowIfFailed(socket);
    }

    private ReadOnlyMemory<byte> MakeFlight(int? synRoom)
    {
        IsFlightFailure = true;
        ReadOnlyMemory<byte> flight = _firstFlight(synRoom);
        IsFlightFailure = false;
        return flight;
    }

    private static FastOpenAttempt Prepare(Socket socket, FastOpenAttempt wanted)
    {
        if (UseOf(wanted) == FastOpenUse.None) return wanted;
        if (!LinuxTcp.TrySetOption(socket, LinuxTcp.FastOpenConnect, 1)) return FastOpenAttempt.Unsupported;

        // A kernel between 4.11 and 4.15 cannot go without a cookie: then it asks for one.
        return wanted == FastOpenAttempt.InSynWithoutCookie
            && LinuxTcp.TrySetOption(socket, LinuxTcp.FastOpenNoCookie, 1)
            ? FastOpenAttempt.InSynWithoutCookie
            : FastOpenAttempt.InSyn;
    }

    // The answer to the SYN may be an error that no call has returned yet.
    private static void ThrowIfFailed(Socket socket)
    {
        if (socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int error and not 0)
        {
            throw new SocketException(error);
        }
    }
}
