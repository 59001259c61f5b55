using System.Net;
using System.Net.Sockets;

using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// Holds back what may not be sent to an address that is not proven yet. Whoever sends asks it, one at a time; <see cref="Received"/>
/// and <see cref="Close"/> may be called by others meanwhile.
/// </summary>
/// <param name="accepted">The connection.</param>
/// <param name="budget">What may be sent before the proof.</param>
/// <param name="settings">Where it is told.</param>
/// <param name="remote">The address in question.</param>
internal sealed class AddressGate(AcceptedSocket accepted, AnswerBudget budget, ServerHandshakeSettings settings, EndPoint? remote)
{
    private const int RecordOverhead = RecordHeader.Size + 1 + Aead.TagLength;
    private const int CloseNotifyLength = RecordOverhead + 2;

    /// <summary>A record that is shorter is not worth the bytes around it.</summary>
    private const int ShortestRecord = 128;

    private readonly Lock _lock = new();
    private readonly long _synDataBytes = accepted.InfoAtAccept.GetValueOrDefault().BytesReceived;
    private CancellationTokenSource? _wait;
    private long _received;
    private int _sent;
    private bool _isClosed;
    private volatile bool _isOpen;

    /// <summary>Whether nothing is held back any more.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>How many bytes had to wait for the proof.</summary>
    public int HeldBackBytes { get; private set; }

    /// <summary>
    /// Says how much application data one record is to hold. The client can read nothing of a record that it has only a part of, so
    /// the first ones are made to be sent as a whole.
    /// </summary>
    /// <param name="length">How many bytes there are.</param>
    public int RecordContent(int length)
    {
        if (_isOpen)
            return length;
        int content = budget.GetAvailable(CloseNotifyLength) - RecordOverhead;
        return content < ShortestRecord || content > length ? length : content;
    }

    /// <summary>Says how much of a write may be sent now.</summary>
    /// <param name="length">How many bytes there are.</param>
    /// <param name="isApplicationData">Whether room is left behind it to say goodbye, if the connection ends with it.</param>
    /// <returns>How many bytes; 0 when all have to wait.</returns>
    public int Take(int length, bool isApplicationData)
    {
        if (_isOpen)
            return length;

        int reserve = isApplicationData ? CloseNotifyLength : 0;
        if (length > budget.GetAvailable(reserve) && !IsUnproven)
            return length;
        int taken = budget.Take(length, reserve);
        _sent += taken;
        settings.Metrics.SentUnproven(taken);
        return taken;
    }

    /// <summary>Waits until the address is proven.</summary>
    /// <param name="length">How many bytes wait for it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SocketException">It never will be: the connection is dead, or was closed here.</exception>
    public async ValueTask WaitAsync(int length, CancellationToken cancellationToken)
    {
        HeldBackBytes += length;
        settings.Metrics.HeldBack(length);
        Log.HeldBack(settings.Logger, remote, length, _sent);
        CancellationTokenSource wait;
        lock (_lock)
        {
            if (_isClosed)
                throw Dead();
            _wait = wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        }

        try
        {
            if (!await accepted.WaitForAddressProofAsync(wait.Token).ConfigureAwait(false))
                throw Dead();
            _isOpen = true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Dead();
        }
        finally
        {
            if (TakeWait() is not null)
                wait.Dispose();
        }
    }

    /// <summary>Takes notice of what was received: more than the SYN carried comes only after the proof.</summary>
    /// <param name="count">How many bytes.</param>
    public void Received(int count)
    {
        _received += count;
        if (_isOpen || _received <= _synDataBytes)
            return;
        _isOpen = true;
        accepted.NoticeProof();
    }

    /// <summary>Whether the address is still not proven; asks the kernel if need be.</summary>
    public bool IsUnproven => !(_isOpen || (_isOpen = accepted.AddressProven));

    /// <summary>Ends a wait: the socket is about to be closed, of which the kernel would not tell.</summary>
    public void Close()
    {
        lock (_lock)
            _isClosed = true;
        if (TakeWait() is not { } wait)
            return;
        wait.Cancel();
        wait.Dispose();
    }

    /// <summary>Whoever takes it disposes of it.</summary>
    private CancellationTokenSource? TakeWait()
    {
        lock (_lock)
        {
            CancellationTokenSource? wait = _wait;
            _wait = null;
            return wait;
        }
    }

    private static SocketException Dead() => new((int)SocketError.ConnectionReset);
}
