using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>
/// A connection that a <see cref="FastOpenListener"/> accepted, perhaps before the peer has shown that it owns its
/// address. Owns its <see cref="Socket"/>.
/// </summary>
public sealed class AcceptedSocket : IDisposable
{
    private volatile bool _addressProven;
    private volatile UnprovenConnections? _unproven;

    internal AcceptedSocket(Socket socket, TcpInfo? infoAtAccept, AnswerBudget? answerBudget = null)
    {
        Socket = socket;
        InfoAtAccept = infoAtAccept;
        AnswerBudget = answerBudget;
        // Without TCP_INFO there is no Fast Open either, and accept gives only what a handshake has proven.
        _addressProven = infoAtAccept is not TcpInfo info || Proves(info.State);
    }

    /// <summary>The socket; <see cref="Socket.NoDelay"/> is on. It can be read and written at once.</summary>
    public Socket Socket { get; }

    /// <summary>
    /// What the kernel said at accept; null where it says nothing. While the address is unproven,
    /// <see cref="TcpInfo.BytesReceived"/> is the number of bytes that the SYN carried.
    /// </summary>
    public TcpInfo? InfoAtAccept { get; }

    /// <summary>Whether the SYN carried data, and this listener took it.</summary>
    public bool SynDataTaken =>
        InfoAtAccept is TcpInfo info && (info.Options & TcpInfoOptions.SynData) != TcpInfoOptions.None;

    /// <summary>
    /// What may be sent before <see cref="AddressProven"/>; null when nothing limits it, because the address was proven at
    /// accept or the SYN showed a cookie for it. It does not keep anybody from sending more: whoever writes takes from it,
    /// and waits (<see cref="WaitForAddressProofAsync"/>) before it writes the rest. It does not matter any more once
    /// anything beyond the SYN's data was received.
    /// </summary>
    public AnswerBudget? AnswerBudget { get; }

    /// <summary>
    /// Whether the peer has acknowledged the SYN-ACK, and so has shown that packets to its address reach it. Until
    /// then every byte that is sent may hit a third party whose address was forged (RFC 7413, section 5.2). Asks the
    /// kernel each time until the answer is yes; a connection that was reset unproven stays unproven. Safe to read
    /// from any thread.
    /// </summary>
    public bool AddressProven
    {
        get
        {
            if (_addressProven) return true;
            if (!TcpInfo.TryGet(Socket, out TcpInfo info) || !Proves(info.State)) return false;

            NoticeProof();
            return true;
        }
    }

    /// <summary>
    /// Whether the SYN showed a cookie that the kernel found good, and so proved that the address was its sender's once
    /// (RFC 7413, section 4.1.2). False too when it is not known for sure, because the listener asked for none shortly
    /// before.
    /// </summary>
    public bool CookieVerified { get; internal init; }

    /// <summary>When it came among the unproven, in ticks of the listener's clock.</summary>
    internal long AcceptedAt { get; set; }

    /// <summary>Its place among the unproven; null when it has none. Theirs to change.</summary>
    internal LinkedListNode<AcceptedSocket>? PlaceAmongUnproven { get; set; }

    /// <summary>
    /// Waits until <see cref="AddressProven"/> is true, without asking again and again and without a thread of its own.
    /// One wait at a time.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait. To be canceled at the latest when the socket is closed, which
    /// does not end it.</param>
    /// <returns>False when the connection was reset or ran out of time before the address was proven.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed already.</exception>
    /// <exception cref="SocketException">The system has no room for another wait, or one is under way.</exception>
    public async ValueTask<bool> WaitForAddressProofAsync(CancellationToken cancellationToken = default)
    {
        if (AddressProven) return true;

        AddressProofs proofs = AddressProofs.Instance
            ?? throw new SocketException((int)SocketError.TooManyOpenSockets);
        if (!await proofs.WaitAsync(Socket, cancellationToken).ConfigureAwait(false)) return false;

        NoticeProof();
        return true;
    }

    /// <summary>
    /// Takes notice of a proof that the caller has: that anything was received beyond what the SYN carried. It is not
    /// necessary, and spares the kernel a question. Safe to call from any thread.
    /// </summary>
    public void NoticeProof()
    {
        _addressProven = true;
        _unproven?.Leave(this, isProven: true);
    }

    /// <summary>Closes the socket. Pending operations on it end with an exception.</summary>
    public void Dispose()
    {
        bool isProven = _unproven is null || _addressProven || (!Socket.SafeHandle.IsClosed && AddressProven);
        Socket.Dispose();
        _unproven?.Leave(this, isProven);
    }

    /// <summary>Counts it among the unproven if it is.</summary>
    /// <returns>How many there are with it; 0 when it is proven.</returns>
    internal int EnterUnproven(UnprovenConnections unproven)
    {
        if (_addressProven) return 0;

        _unproven = unproven;
        return unproven.Enter(this);
    }

    /// <summary>
    /// Asks the kernel whether it still waits for the proof. False when it is dead without one; null when it is proven, or
    /// closed by now.
    /// </summary>
    internal bool? AwaitsProof()
    {
        if (_addressProven || Socket.SafeHandle.IsClosed || !TcpInfo.TryGet(Socket, out TcpInfo info)) return null;

        if (Proves(info.State)) _addressProven = true;
        return _addressProven ? null : info.State != TcpState.Closed;
    }

    // The states that nothing but the peer's acknowledgment leads to. A reset leads from SYN-RECEIVED to CLOSED without
    // one, and in kernels before 6.10 a shutdown of our own leads to FIN-WAIT-1.
    internal static bool Proves(TcpState state) => state
        is TcpState.Established or TcpState.FinWait2 or TcpState.CloseWait or TcpState.Closing or TcpState.LastAck
        or TcpState.TimeWait;
}
