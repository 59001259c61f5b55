using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace SynHello.Sockets;

/// <summary>
/// Listens for TCP connections and takes data from their SYNs where the system allows it (RFC 7413). Several accepts
/// may wait at one time; all members are safe to use from any thread.
/// </summary>
public sealed partial class FastOpenListener : IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly TimeProvider _timeProvider;
    private readonly Action<SocketException>? _acceptFailed;
    private readonly CancellationTokenSource _disposal = new();
    private readonly PressureWatch? _watch;
    private int _disposed;
    private long _abortedConnections;
    private long _exhaustions;

    /// <summary>Binds to <paramref name="endPoint"/> and starts to listen.</summary>
    /// <param name="endPoint">The address and port; port 0 takes a free one, and [::] takes IPv4 as well.</param>
    /// <param name="options">How to listen; null for a plain listener.</param>
    /// <exception cref="ArgumentNullException"><paramref name="endPoint"/> is null.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="SocketException">The address cannot be bound or listened on. That Fast Open is not to be had
    /// is no error: see <see cref="FastOpenLimitation"/>.</exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="FastOpenListenerOptions.ReusePort"/> or
    /// <see cref="FastOpenListenerOptions.CookieKeys"/> is set, and this is not Linux.</exception>
    public FastOpenListener(IPEndPoint endPoint, FastOpenListenerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        options ??= new FastOpenListenerOptions();
        Validate(options);

        _timeProvider = options.TimeProvider;
        _acceptFailed = options.AcceptFailed;
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any)) _socket.DualMode = true;
            if (options.ReusePort) LinuxTcp.SetReusePort(_socket);
            if (!options.CookieKeys.IsEmpty && options.Mode != FastOpenMode.Off)
                FastOpenCookieKeys.Set(_socket, options.CookieKeys.Span);
            _socket.Bind(endPoint);
            (ActiveMode, FastOpenLimitation) = Prepare(_socket, options);
            _currentMode = (int)ActiveMode;
            _socket.Listen(options.Backlog);

            // The sysctl's bit 0x400 turns Fast Open on in listen(2) for those who did not ask for it. Off means off.
            if (ActiveMode == FastOpenMode.Off) LinuxTcp.TrySetOption(_socket, LinuxTcp.FastOpen, 0);
            LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
            QueueLength = LimitQueue(options);
            _watch = StartWatch(options);
        }
        catch
        {
            _socket.Dispose();
            _disposal.Dispose();
            throw;
        }
    }

    /// <summary>The address and port that are listened on.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Whether data in a SYN is taken. As the system was set up when this listener was made.</summary>
    public bool FastOpenActive => ActiveMode != FastOpenMode.Off;

    /// <summary>
    /// What was in force at the start, which is not always what was asked for. See <see cref="CurrentMode"/>.
    /// </summary>
    public FastOpenMode ActiveMode { get; }

    /// <summary>Why <see cref="ActiveMode"/> is not what was asked for; null when it is.</summary>
    public string? FastOpenLimitation { get; }

    /// <summary>How many connections were lost (reset, above all) between their opening and their accept.</summary>
    public long AbortedConnections => Interlocked.Read(ref _abortedConnections);

    /// <summary>How many times an accept had to pause because file descriptors or memory had run out.</summary>
    public long Exhaustions => Interlocked.Read(ref _exhaustions);

    /// <summary>
    /// Waits for a connection. One that is lost before it is accepted is counted and passed over; when file
    /// descriptors or memory run out, the connections wait in the backlog while this pauses, for 10 ms at first and 1
    /// s at most.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait; no connection is lost by it.</param>
    /// <returns>The connection, readable and writable at once. The caller disposes it.</returns>
    /// <exception cref="ObjectDisposedException">The listener is disposed, or was during the wait.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="SocketException">The listening socket itself has failed.</exception>
    public async ValueTask<AcceptedSocket> AcceptAsync(CancellationToken cancellationToken = default)
    {
        TimeSpan pause = ShortestPause;
        while (true)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            Interlocked.Increment(ref _accepting);
            try
            {
                Socket socket = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                if (Adopt(socket) is { } accepted) return accepted;
            }
            catch (SocketException e) when (IsDisposed)
            {
                throw new ObjectDisposedException(nameof(FastOpenListener), e);
            }
            catch (SocketException e) when (IsOfOneConnection(e.SocketErrorCode))
            {
                ReportAborted(e);
            }
            catch (SocketException e) when (!IsOfTheListener(e.SocketErrorCode))
            {
                Interlocked.Increment(ref _exhaustions);
                _acceptFailed?.Invoke(e);
                await PauseAsync(pause, cancellationToken).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            finally
            {
                Interlocked.Decrement(ref _accepting);
            }
        }
    }

    /// <summary>
    /// Changes the keys that cookies are made and checked with, while listening. Servers that share an address, or take
    /// over each other's, have the same keys, so that a cookie from one is good at all of them. To rotate: first give
    /// every server the new key as the backup, then as the primary with the old one as the backup, and drop the old
    /// one when its clients have had the time to come back. Whoever knows a key can make cookies for addresses that are
    /// not its own (RFC 7413, section 5.1): keep it as other secrets are kept.
    /// </summary>
    /// <param name="primary">16 bytes; new cookies are made with it.</param>
    /// <param name="backup">16 bytes of a second key: who shows a cookie made with it is let in, and given a new one.
    /// Empty: no other cookie is good.</param>
    /// <exception cref="ArgumentException">A key does not have 16 bytes, or is all zeros.</exception>
    /// <exception cref="ObjectDisposedException">The listener is disposed.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    /// <exception cref="SocketException">The kernel does not know the option (before 4.15; for a backup, before 5.3).
    /// </exception>
    public void SetCookieKeys(ReadOnlySpan<byte> primary, ReadOnlySpan<byte> backup = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Span<byte> keys = stackalloc byte[2 * FastOpenCookieKeys.KeyLength];
        keys = keys[..(FastOpenCookieKeys.KeyLength * (backup.IsEmpty ? 1 : 2))];
        if (primary.Length != FastOpenCookieKeys.KeyLength)
            throw new ArgumentException("A Fast Open key has 16 bytes.", nameof(primary));
        if (!backup.IsEmpty && backup.Length != FastOpenCookieKeys.KeyLength)
            throw new ArgumentException("A Fast Open key has 16 bytes.", nameof(backup));
        try
        {
            primary.CopyTo(keys);
            backup.CopyTo(keys[primary.Length..]);
            FastOpenCookieKeys.Check(keys, nameof(primary));
            FastOpenCookieKeys.Set(_socket, keys);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    /// <summary>Stops listening. Waiting accepts end; accepted connections live on.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;

        _watch?.Dispose();
        _socket.Dispose();
        _disposal.Cancel();
        _disposal.Dispose();
    }

    /// <summary>Stops listening, as <see cref="Dispose"/> does.</summary>
    /// <returns>A completed task.</returns>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    private static void Validate(FastOpenListenerOptions options)
    {
        if (!Enum.IsDefined(options.Mode)) throw new ArgumentException("No such Fast Open mode.", nameof(options));
        if (options.QueueLength <= 0) throw new ArgumentException("QueueLength must be positive.", nameof(options));
        if (options.Backlog <= 0) throw new ArgumentException("Backlog must be positive.", nameof(options));
        if (!options.CookieKeys.IsEmpty) FastOpenCookieKeys.Check(options.CookieKeys.Span, nameof(options));
        if (options.TimeProvider is null) throw new ArgumentException("TimeProvider is null.", nameof(options));
    }

    private static (FastOpenMode Active, string? Limitation) Prepare(Socket socket, FastOpenListenerOptions options)
    {
        if (options.Mode == FastOpenMode.Off) return (FastOpenMode.Off, null);

        // The kernel takes the option whatever the sysctl says, and looks at the sysctl when a SYN comes.
        FastOpenSupport support = FastOpen.Probe();
        bool set = LinuxTcp.TrySetOption(socket, LinuxTcp.FastOpen, options.QueueLength);
        bool withoutCookie = options.Mode == FastOpenMode.Cookieless
            && LinuxTcp.TrySetOption(socket, LinuxTcp.FastOpenNoCookie, 1);

        if (!support.ServerEnabled)
        {
            // Should the system allow it later, this listener would take data without anybody minding it.
            LinuxTcp.TrySetOption(socket, LinuxTcp.FastOpenNoCookie, 0);
            LinuxTcp.TrySetOption(socket, LinuxTcp.FastOpen, 0);
            return (FastOpenMode.Off, support.ServerLimitation);
        }

        if (!set) return (FastOpenMode.Off, "The system refuses TCP_FASTOPEN.");
        if (withoutCookie) return (FastOpenMode.Cookieless, null);
        if ((support.Sysctl & FastOpen.SysctlServerWithoutCookie) != 0)
        {
            return options.Mode == FastOpenMode.Cookieless
                ? (FastOpenMode.Cookieless, null)
                : (FastOpenMode.Cookieless, "net.ipv4.tcp_fastopen has bit 0x200: no listener asks for cookies.");
        }

        return options.Mode == FastOpenMode.Cookieless
            ? (FastOpenMode.Cookie, support.CookielessLimitation ?? "The system refuses TCP_FASTOPEN_NO_COOKIE.")
            : (FastOpenMode.Cookie, null);
    }

    private AcceptedSocket? Adopt(Socket socket)
    {
        bool isVerified = TakeVerdict();
        bool known = TcpInfo.TryGet(socket, out TcpInfo info);

        // Linux hands over a child that was reset while it waited; there is nobody left to answer.
        if (known && info.State == TcpState.Closed)
        {
            socket.Dispose();
            if (IsOpenedBySyn(info)) _watch?.EnterLost();
            ReportAborted(new SocketException((int)SocketError.ConnectionReset));
            return null;
        }

        try
        {
            socket.NoDelay = true;
        }
        catch (SocketException e)
        {
            // Other systems refuse options on a connection that is gone.
            socket.Dispose();
            ReportAborted(e);
            return null;
        }

        isVerified &= known && IsOpenedBySyn(info) && !SystemAsksForNoCookie();
        var accepted = new AcceptedSocket(socket, known ? info : null, known ? LimitAnswer(socket, info, isVerified) : null)
        {
            CookieVerified = isVerified,
        };
        _watch?.Enter(accepted);
        return accepted;
    }

    /// <summary>What may be sent to a child that has shown neither a cookie nor that it gets what is sent to it.</summary>
    private static AnswerBudget? LimitAnswer(Socket socket, in TcpInfo info, bool isVerified)
    {
        if (info.State != TcpState.SynReceived) return null;

        // So that one that nobody answers for is gone after three seconds, or after seven with a cookie, and its place in
        // the queue is free, not after two minutes.
        // More may have left already, if it had to wait to be accepted.
        int synAcks = isVerified ? LinuxTcp.VerifiedSynAcks : LinuxTcp.UnprovenSynAcks;
        bool isShort = LinuxTcp.TrySetOption(socket, LinuxTcp.SynCount, synAcks - 1);
        if (isVerified) return null;

        return new AnswerBudget(
            (int)Math.Min(info.BytesReceived, int.MaxValue / 8),
            info.SendMss,
            FamilyOnTheWire(socket),
            isShort ? Math.Max(LinuxTcp.UnprovenSynAcks, 1 + info.TotalRetransmits) : LinuxTcp.MostSynAcks);
    }

    private static AddressFamily FamilyOnTheWire(Socket socket) =>
        socket.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true }
            ? AddressFamily.InterNetwork
            : socket.AddressFamily;

    private void ReportAborted(SocketException e)
    {
        Interlocked.Increment(ref _abortedConnections);
        _acceptFailed?.Invoke(e);
    }

    private async ValueTask PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        CancellationToken disposal;
        try
        {
            disposal = _disposal.Token;
        }
        catch (ObjectDisposedException)
        {
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, disposal);
        try
        {
            await Task.Delay(pause, _timeProvider, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Disposed: the loop says so.
        }
        catch (OperationCanceledException e)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
    }

    // Errors of the new connection rather than of the listener (accept(2)). Each costs one connection: no busy loop.
    private static bool IsOfOneConnection(SocketError error) => error
        is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.NetworkDown
        or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable;

    // The listening socket itself cannot be used. All else passes (descriptors, memory, a filter's refusal), and a listener
    // that gave up over it would be deaf for good: it is reported and paused over.
    private static bool IsOfTheListener(SocketError error) =>
        error is SocketError.NotSocket or SocketError.InvalidArgument or SocketError.OperationAborted or SocketError.Fault;
}
