using System.Net;
using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>
/// Opens TCP connections whose first flight rides in the SYN as far as the system, the path and the peer allow it (RFC
/// 7413), and by a plain handshake otherwise. Safe to use from any thread.
/// </summary>
/// <remarks>
/// What rides in a SYN can reach the server's application twice (RFC 7413, section 6.1), and where its SYN is not
/// answered in time another connection gets a first flight too: it has to bear being repeated, as a ClientHello does.
/// </remarks>
public sealed class FastOpenDialer
{
    private readonly DestinationAddresses.Resolver _resolver;
    private readonly TimeProvider _clock;

    /// <summary>Makes a dialer that resolves names as the system does.</summary>
    /// <param name="paths">What Fast Open did on which path; null for a memory of the dialer's own.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    public FastOpenDialer(FastOpenPaths? paths = null, TimeProvider? timeProvider = null)
        : this(
            static (host, family, cancellationToken) => Dns.GetHostAddressesAsync(host, family, cancellationToken),
            paths,
            timeProvider)
    {
    }

    internal FastOpenDialer(
        DestinationAddresses.Resolver resolver, FastOpenPaths? paths = null, TimeProvider? timeProvider = null)
    {
        _resolver = resolver;
        _clock = timeProvider ?? TimeProvider.System;
        Paths = paths ?? new FastOpenPaths(timeProvider: _clock);
    }

    /// <summary>What Fast Open did on which path.</summary>
    public FastOpenPaths Paths { get; }

    /// <summary>
    /// Connects to <paramref name="endPoint"/> and hands <paramref name="firstFlight"/> to the kernel as one write.
    /// What does not fit into the SYN (see <see cref="SynBudget"/>) is sent right behind the handshake.
    /// </summary>
    /// <remarks>
    /// The call ends when the connection is established; what rode in the SYN is with the peer by then. If a SYN with
    /// Fast Open is not answered within two round trips of the path and 25 ms, 250 ms at most, a plain connection
    /// starts beside it; the first that is established is used, and the other is closed before anything else is sent. A
    /// name's addresses are dialed IPv6 first, the families taking turns, each 250 ms after the one before it or as
    /// soon as that has failed (RFC 8305). See <see cref="FastOpenPaths"/> for what is remembered of it.
    /// </remarks>
    /// <param name="endPoint">An <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/>.</param>
    /// <param name="mode">What to ask of Fast Open. What came of it is in <see cref="DialedSocket.GetReport"/>; a
    /// system that does not have it is no error.</param>
    /// <param name="firstFlight">The first bytes to send. When there are none, a plain handshake is made.</param>
    /// <param name="cancellationToken">Ends the attempt and closes its sockets.</param>
    /// <returns>The connection. The caller disposes it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="endPoint"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="endPoint"/> is of another kind.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mode"/> is not a defined value.</exception>
    /// <exception cref="SocketException">The name did not resolve, or no address could be connected to: the error that
    /// came last, as with <see cref="Socket.ConnectAsync(EndPoint)"/>.</exception>
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
    /// <para>What is dialed when, and when the call ends, is as with a first flight that is given at once.</para>
    /// </remarks>
    /// <param name="endPoint">An <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/>.</param>
    /// <param name="mode">What to ask of Fast Open. What came of it is in <see cref="DialedSocket.GetReport"/>; a
    /// system that does not have it is no error.</param>
    /// <param name="firstFlight">Makes the first flight: before the SYN where it will ride in it, and otherwise when
    /// the connection is established and will be used. It is called again when an earlier flight left in a SYN that
    /// nothing came of, and never while one may still be answered.</param>
    /// <param name="cancellationToken">Ends the attempt and closes its sockets.</param>
    /// <returns>The connection. The caller disposes it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="endPoint"/> or <paramref name="firstFlight"/> is null.
    /// </exception>
    /// <exception cref="ArgumentException"><paramref name="endPoint"/> is of another kind.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mode"/> is not a defined value.</exception>
    /// <exception cref="SocketException">The name did not resolve, or no address could be connected to: the error that
    /// came last, as with <see cref="Socket.ConnectAsync(EndPoint)"/>.</exception>
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

    /// <summary>
    /// Connects once more, without Fast Open, to the address of a connection that
    /// <see cref="DialedSocket.ConfirmFastOpenAsync"/> has given up.
    /// </summary>
    /// <param name="abandoned">That connection.</param>
    /// <param name="firstFlight">Makes the first flight when the connection is established.</param>
    /// <param name="cancellationToken">Ends the attempt and closes its socket.</param>
    /// <returns>The connection; Fast Open's outcome is <see cref="FastOpenOutcome.Fallback"/>. The caller disposes
    /// it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="abandoned"/> or <paramref name="firstFlight"/> is null.
    /// </exception>
    /// <exception cref="SocketException">The address could not be connected to.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="Exception">Whatever <paramref name="firstFlight"/> threw.</exception>
    public ValueTask<DialedSocket> ConnectAgainAsync(
        DialedSocket abandoned, FirstFlightFactory firstFlight, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(abandoned);
        ArgumentNullException.ThrowIfNull(firstFlight);
        return RaceAsync(
            DestinationAddresses.Of(abandoned.RemoteEndPoint), mode: null, firstFlight, cancellationToken);
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
            IPEndPoint address => RaceAsync(DestinationAddresses.Of(address), mode, firstFlight, cancellationToken),
            DnsEndPoint name => ResolveAndRaceAsync(name, mode, firstFlight, cancellationToken),
            _ => throw new ArgumentException("An IPEndPoint or a DnsEndPoint is meant.", nameof(endPoint)),
        };

    private async ValueTask<DialedSocket> ResolveAndRaceAsync(
        DnsEndPoint name, FastOpenMode mode, FirstFlightFactory firstFlight, CancellationToken cancellationToken)
    {
        DestinationAddresses addresses = await DestinationAddresses
            .ResolveAsync(name, _resolver, _clock, cancellationToken).ConfigureAwait(false);
        return await RaceAsync(addresses, mode, firstFlight, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<DialedSocket> RaceAsync(
        DestinationAddresses addresses,
        FastOpenMode? mode,
        FirstFlightFactory firstFlight,
        CancellationToken cancellationToken) =>
        new ConnectionRace(addresses, mode, Paths, _clock, firstFlight).RunAsync(cancellationToken);
}
