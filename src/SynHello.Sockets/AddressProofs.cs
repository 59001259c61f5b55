using System.Collections.Concurrent;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SynHello.Sockets;

/// <summary>
/// Waits until the peers of Fast Open children have acknowledged the SYN-ACK: one thread for all of them, which sleeps
/// until the kernel has news. Linux wakes an edge-triggered wait for writability exactly once when a child goes from
/// SYN-RECEIVED to ESTABLISHED, whether the acknowledgment carries data or not. Thread-safe.
/// </summary>
internal sealed class AddressProofs
{
    private const int EventsAtOnce = 64;

    private static readonly Lazy<AddressProofs?> s_instance = new(TryStart);

    private readonly ConcurrentDictionary<ulong, Waiter> _waiters = new();
    private readonly SafeFileHandle _epoll;
    private ulong _lastKey;

    private AddressProofs(SafeFileHandle epoll) => _epoll = epoll;

    /// <summary>The one of this process; null when the system has no room for it.</summary>
    public static AddressProofs? Instance => s_instance.Value;

    /// <summary>How many are waited for.</summary>
    public int Count => _waiters.Count;

    /// <summary>Waits for one.</summary>
    /// <param name="socket">A socket that was accepted.</param>
    /// <param name="cancellationToken">Ends the wait; to be canceled at the latest when the socket is closed, of which
    /// the kernel says nothing.</param>
    /// <returns>True when the address is proven, false when it never will be: the connection is dead.</returns>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed already.</exception>
    /// <exception cref="SocketException">The system has no room for another wait, or this socket is waited for.
    /// </exception>
    public async Task<bool> WaitAsync(Socket socket, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new Waiter(socket);
        ulong key = Interlocked.Increment(ref _lastKey);
        _waiters.TryAdd(key, waiter);
        try
        {
            // The first event comes at once, because a child can be written to: it covers a proof that came before.
            if (!TryControl(socket, Epoll.Add, key))
            {
                ObjectDisposedException.ThrowIf(socket.SafeHandle.IsClosed, socket);
                throw new SocketException((int)SocketError.NoBufferSpaceAvailable);
            }

            return await waiter.Verdict.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _waiters.TryRemove(key, out _);
            TryControl(socket, Epoll.Delete, key);
        }
    }

    private static AddressProofs? TryStart()
    {
        SafeFileHandle epoll = Epoll.Create();
        if (epoll.IsInvalid)
        {
            epoll.Dispose();
            return null;
        }

        var proofs = new AddressProofs(epoll);
        new Thread(proofs.Run) { IsBackground = true, Name = "SynHello address proofs" }.Start();
        return proofs;
    }

    private bool TryControl(Socket socket, int operation, ulong key)
    {
        // The descriptor is held meanwhile: a number that was closed and given out again would be somebody else's.
        SafeSocketHandle handle = socket.SafeHandle;
        try
        {
            return Epoll.TryControl(_epoll, operation, handle, Epoll.Out | Epoll.EdgeTriggered, key);
        }
        catch (ObjectDisposedException)
        {
            return false; // closed: the kernel has forgotten it
        }
    }

    private void Run()
    {
        byte[] events = new byte[EventsAtOnce * Epoll.EventSize];
        while (true)
        {
            int count = Epoll.Wait(_epoll, events);
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> one = events.AsSpan(i * Epoll.EventSize, Epoll.EventSize);
                if (_waiters.TryGetValue(MemoryMarshal.Read<ulong>(one[Epoll.DataOffset..]), out Waiter? waiter))
                    waiter.Look();
            }
        }
    }

    private sealed class Waiter(Socket socket)
    {
        public TaskCompletionSource<bool> Verdict { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Look()
        {
            if (!TcpInfo.TryGet(socket, out TcpInfo info))
                Verdict.TrySetResult(false);
            else if (AcceptedSocket.Proves(info.State))
                Verdict.TrySetResult(true);
            else if (info.State == TcpState.Closed)
                Verdict.TrySetResult(false);
        }
    }
}
