using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>
/// Opens TCP connections whose first flight rides in the SYN as far as the system, the path and the peer allow it (RFC
/// 7413), and by a plain handshake otherwise. Safe to use from any thread.
/// </summary>
/// <remarks>
/// What rides in a SYN can reach the server's application twice (RFC 7413, section 6.1), and a connection that fails is
/// dialed anew at the next address with the same first flight: it has to bear being repeated, as a ClientHello does.
/// </remarks>
public sealed class FastOpenDialer
{
    private readonly Func<DnsEndPoint, CancellationToken, Task<IPAddress[]>> _resolve;

    /// <summary>Makes a dialer that resolves names as the system does.</summary>
    public FastOpenDialer()
        : this(static (name, cancellationToken) =>
            Dns.GetHostAddressesAsync(name.Host, name.AddressFamily, cancellationToken))
    {
    }

    internal FastOpenDialer(Func<DnsEndPoint, CancellationToken, Task<IPAddress[]>> resolve) => _resolve = resolve;

    /// <summary>
    /// Connects to <paramref name="endPoint"/> and hands <paramref name="firstFlight"/> to the kernel as one write.
    /// What does not fit into the SYN (see <see cref="SynBudget"/>) is sent right behind the handshake.
    /// </summary>
    /// <remarks>
    /// When the whole first flight fits into the SYN, the call ends as soon as the SYN has left, without waiting for an
    /// answer: an error that is known by then is thrown here, a later one by the first receive or send. The call
    /// waits for the handshake when there is no Fast Open, when a part of the first flight did not fit, and when a
    /// name's further addresses could still be tried.
    /// </remarks>
    /// <param name="endPoint">An <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/>, whose addresses are tried
    /// in the resolver's order.</param>
    /// <param name="mode">What to ask of Fast Open. What came of it is in <see cref="DialedSocket.GetReport"/>; a
    /// system that does not have it is no error.</param>
    /// <param name="firstFlight">The first bytes to send. When there are none, a plain handshake is made.</param>
    /// <param name="cancellationToken">Ends the attempt and closes its socket.</param>
    /// <returns>The connection. The caller disposes it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="endPoint"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="endPoint"/> is of another kind.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mode"/> is not a defined value.</exception>
    /// <exception cref="SocketException">The name did not resolve, or no address could be connected to: the last
    /// address's error.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public ValueTask<DialedSocket> ConnectAsync(
        EndPoint endPoint,
        FastOpenMode mode,
        ReadOnlyMemory<byte> firstFlight,
        CancellationToken cancellationToken = default)
    {
        CheckArguments(endPoint, mode);

        FastOpenMode effective = firstFlight.IsEmpty ? FastOpenMode.Off : mode;
        return StartAsync(endPoint, effective, _ => firstFlight, cancellationToken);
    }

    /// <summary>
    /// Connects to <paramref name="endPoint"/>, and asks for the first flight once it is known whether it will ride in
    /// the SYN and how much of it the SYN has room for; then hands it to the kernel as one write.
    /// </summary>
    /// <remarks>
    /// The room is that of the path as the kernel knows it: path MTU, the peer's MSS as an earlier visit has shown it,
    /// or the route's. It is exact up to a memory page (4,096 bytes as a rule) and never said to be more than that,
    /// though on paths with a larger MTU more may fit. What really went into the SYN is in
    /// <see cref="DialedSocket.GetReport"/>.
    /// <para>When the call ends is as with a first flight that is given at once.</para>
    /// </remarks>
    /// <param name="endPoint">An <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/>, whose addresses are tried
    /// in the resolver's order, each with a first flight of its own.</param>
    /// <param name="mode">What to ask of Fast Open. What came of it is in <see cref="DialedSocket.GetReport"/>; a
    /// system that does not have it is no error.</param>
    /// <param name="firstFlight">Makes the first flight. It is called once for every address that is dialed: before the
    /// SYN when the flight will ride in it, and otherwise when the connection is open, which an address that refuses
    /// never is.</param>
    /// <param name="cancellationToken">Ends the attempt and closes its socket.</param>
    /// <returns>The connection. The caller disposes it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="endPoint"/> or <paramref name="firstFlight"/> is null.
    /// </exception>
    /// <exception cref="ArgumentException"><paramref name="endPoint"/> is of another kind.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mode"/> is not a defined value.</exception>
    /// <exception cref="SocketException">The name did not resolve, or no address could be connected to: the last
    /// address's error.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="Exception">Whatever <paramref name="firstFlight"/> threw; no further address is tried.
    /// </exception>
    public ValueTask<DialedSocket> ConnectAsync(
        EndPoint endPoint,
        FastOpenMode mode,
        FirstFlightFactory firstFlight,
        CancellationToken cancellationToken = default)
    {
        CheckArguments(endPoint, mode);
        ArgumentNullException.ThrowIfNull(firstFlight);
        return StartAsync(endPoint, mode, firstFlight, cancellationToken);
    }

    private static void CheckArguments(EndPoint endPoint, FastOpenMode mode)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        if (!Enum.IsDefined(mode)) throw new ArgumentOutOfRangeException(nameof(mode), mode, "No such mode.");
    }

    private ValueTask<DialedSocket> StartAsync(
        EndPoint endPoint, FastOpenMode mode, FirstFlightFactory firstFlight, CancellationToken cancellationToken) =>
        endPoint switch
        {
            IPEndPoint address => DialAsync(address, mode, firstFlight, false, cancellationToken),
            DnsEndPoint name => ResolveAndDialAsync(name, mode, firstFlight, cancellationToken),
            _ => throw new ArgumentException("An IPEndPoint or a DnsEndPoint is meant.", nameof(endPoint)),
        };

    private async ValueTask<DialedSocket> ResolveAndDialAsync(
        DnsEndPoint name, FastOpenMode mode, FirstFlightFactory firstFlight, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await _resolve(name, cancellationToken).ConfigureAwait(false);
        if (addresses.Length == 0) throw new SocketException((int)SocketError.HostNotFound);

        // A SocketException of the caller's own code is not an address's failure.
        bool callersOwn = false;
        FirstFlightFactory observed = synRoom =>
        {
            callersOwn = true;
            ReadOnlyMemory<byte> flight = firstFlight(synRoom);
            callersOwn = false;
            return flight;
        };

        for (int i = 0; i < addresses.Length - 1; i++)
        {
            try
            {
                var address = new IPEndPoint(addresses[i], name.Port);
                return await DialAsync(address, mode, observed, true, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException) when (!callersOwn)
            {
                // The next address may do better; the last one's error is the caller's.
            }
        }

        var last = new IPEndPoint(addresses[^1], name.Port);
        return await DialAsync(last, mode, firstFlight, false, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<DialedSocket> DialAsync(
        IPEndPoint endPoint,
        FastOpenMode mode,
        FirstFlightFactory firstFlight,
        bool awaitHandshake,
        CancellationToken cancellationToken)
    {
        // Over the wire an IPv4-mapped address is IPv4, and .NET's IPv6 sockets do not speak it by default.
        if (endPoint.Address.IsIPv4MappedToIPv6) endPoint = new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port);

        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            FastOpenAttempt attempt = Prepare(socket, mode);
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);

            int? synRoom = null;
            if (IsInSyn(attempt) && TcpInfo.TryGet(socket, out TcpInfo info))
            {
                // In SynSent the connect was deferred: no SYN has left, the first send makes it.
                if (info.State == TcpState.SynSent) synRoom = DeferredSyn.Room(socket, endPoint.Address);
                else attempt = FastOpenVerdict.OfPlainHandshake(info);
            }

            ReadOnlyMemory<byte> flight = firstFlight(synRoom);
            int inSyn = 0;
            bool isPlain = flight.IsEmpty;
            if (synRoom is not null)
            {
                inSyn = LinuxTcp.SendInSyn(socket, flight.Span);
                if (isPlain) attempt = FastOpenAttempt.Off;
            }

            // On a socket that is still connecting, a send waits for the handshake, an empty one too.
            if (inSyn < flight.Length || isPlain || awaitHandshake)
            {
                await SendAsync(socket, flight[inSyn..], cancellationToken).ConfigureAwait(false);
            }

            ThrowIfFailed(socket);
            return new DialedSocket(socket, endPoint, flight.Length, attempt, inSyn, inSyn > 0 ? synRoom : null);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static FastOpenAttempt Prepare(Socket socket, FastOpenMode mode)
    {
        if (mode == FastOpenMode.Off) return FastOpenAttempt.Off;
        if (!LinuxTcp.TrySetOption(socket, LinuxTcp.FastOpenConnect, 1)) return FastOpenAttempt.Unsupported;

        // A kernel between 4.11 and 4.15 cannot go without a cookie: then it asks for one.
        return mode == FastOpenMode.Cookieless && LinuxTcp.TrySetOption(socket, LinuxTcp.FastOpenNoCookie, 1)
            ? FastOpenAttempt.InSynWithoutCookie
            : FastOpenAttempt.InSyn;
    }

    private static bool IsInSyn(FastOpenAttempt attempt) =>
        attempt is FastOpenAttempt.InSyn or FastOpenAttempt.InSynWithoutCookie;

    private static async ValueTask SendAsync(
        Socket socket, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        do
        {
            int sent = await socket.SendAsync(data, SocketFlags.None, cancellationToken).ConfigureAwait(false);
            data = data[sent..];
        }
        while (!data.IsEmpty);
    }

    // The answer to the SYN may be in already, above all on the same machine: a refusal is thrown where it is expected.
    private static void ThrowIfFailed(Socket socket)
    {
        if (socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int error and not 0)
        {
            throw new SocketException(error);
        }
    }
}
