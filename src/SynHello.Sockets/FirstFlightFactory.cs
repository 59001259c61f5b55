namespace SynHello.Sockets;

/// <summary>
/// Makes the first flight of one connection, once it is known how it will travel. <see cref="FastOpenDialer"/> calls it
/// before anything of the flight is sent, on whatever thread the dial goes on; once more, for another connection, when
/// nothing came of a SYN that a flight had left in.
/// </summary>
/// <remarks>
/// What comes back is used until the dialer calls again or its ConnectAsync ends. When all of it is at most
/// <paramref name="synRoom"/> long it leaves in the SYN whole. When it is longer, its beginning does, and
/// the rest is sent right behind the handshake. When it is empty, a plain handshake is made.
/// <para>It may throw: the connection is closed, and the exception leaves ConnectAsync as it is.</para>
/// </remarks>
/// <param name="synRoom">
/// With a number, the flight will ride in the SYN (RFC 7413), which has room for so many bytes of it on this path; no
/// SYN has left yet. With null it will not: a plain handshake was made, and this connection is the one to be used.
/// </param>
/// <returns>The first bytes to send.</returns>
public delegate ReadOnlyMemory<byte> FirstFlightFactory(int? synRoom);
