using System.Net;
using System.Net.Sockets;

using SynHello.Sockets;

namespace SynHello.Tests;

/// <summary>A connection on its way through a <see cref="FaultyRelay"/>.</summary>
internal sealed class RelayedConnection(Socket client, Fault fault, Func<int> pieceSize, Action<RelayedConnection> stalled) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _server;
    private bool _isOver;

    /// <summary>What was sent on.</summary>
    public long BytesToServer { get; private set; }

    public long BytesToClient { get; private set; }

    /// <summary>Room for what arrives and was not taken yet; as the kernel likes when null.</summary>
    public int? ReceiveBufferSize { get; init; }

    /// <summary>Whether the fault has happened.</summary>
    public bool HasStruck { get; private set; }

    /// <summary>Ends a jam: from here on nothing happens to the connection.</summary>
    public void Resume() => _resumed.TrySetResult();

    /// <summary>Sends what the client has not; only while the client sends nothing.</summary>
    public async Task InjectAsync(byte[] content) => await _server!.SendAsync(content, SocketFlags.None);

    /// <summary>Connects to the server and relays until both directions have ended.</summary>
    public async Task RunAsync(EndPoint server, FastOpenMode fastOpen)
    {
        try
        {
            Socket upstream = await DialAsync(server, fastOpen);
            bool isLate;
            lock (_lock)
            {
                _server = upstream;
                isLate = _isOver;
            }

            if (ReceiveBufferSize is { } size)
                client.ReceiveBufferSize = upstream.ReceiveBufferSize = size;
            client.NoDelay = upstream.NoDelay = true;
            if (isLate)
                upstream.Dispose();
            else
                await Task.WhenAll(PumpAsync(client, upstream, true), PumpAsync(upstream, client, false));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The fault, or an end that answers it.
        }
        finally
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _isOver = true;
        client.Dispose();
        _server?.Dispose();
        _over.TrySetResult();
    }

    /// <summary>With what the client sent first in the SYN, if that is wanted.</summary>
    private async Task<Socket> DialAsync(EndPoint server, FastOpenMode fastOpen)
    {
        ReadOnlyMemory<byte> first = default;
        if (fastOpen != FastOpenMode.Off && fault is not { TowardsServer: true, Kind: not FaultKind.None })
        {
            byte[] flight = new byte[1400];
            first = flight.AsMemory(0, await client.ReceiveAsync(flight, SocketFlags.None));
        }

        if (first.IsEmpty)
        {
            var plain = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await plain.ConnectAsync(server);
            return plain;
        }

        DialedSocket dialed = await new FastOpenDialer().ConnectAsync(server, fastOpen, first, CancellationToken.None);
        BytesToServer = first.Length;
        return dialed.Socket;
    }

    private async Task PumpAsync(Socket from, Socket to, bool towardsServer)
    {
        bool isFaulty = fault.Kind != FaultKind.None && fault.TowardsServer == towardsServer;
        long passed = towardsServer ? BytesToServer : 0;
        byte[] buffer = new byte[16_384];
        try
        {
            while (true)
            {
                if (isFaulty && passed >= fault.After)
                {
                    HasStruck = true;
                    if (fault.Kind != FaultKind.Jam)
                        break;
                    stalled(this);
                    await Task.WhenAny(_resumed.Task, _over.Task);
                    isFaulty = false;
                }

                int size = Math.Clamp(pieceSize(), 1, buffer.Length);
                if (isFaulty)
                    size = (int)Math.Min(size, fault.After - passed);
                int count = await from.ReceiveAsync(buffer.AsMemory(0, size), SocketFlags.None);
                if (count == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }

                await to.SendAsync(buffer.AsMemory(0, count), SocketFlags.None);
                passed += count;
                if (towardsServer)
                    BytesToServer = passed;
                else
                    BytesToClient = passed;
            }

            await StrikeAsync(from, to);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Dispose(); // the other direction has nobody to talk to either
        }
    }

    private async Task StrikeAsync(Socket from, Socket to)
    {
        if (fault.Kind is FaultKind.ResetBoth or FaultKind.ResetClient)
            Reset(client);
        if (fault.Kind is FaultKind.ResetBoth or FaultKind.ResetServer)
            Reset(_server!);
        if (fault.Kind is not (FaultKind.EndReceiver or FaultKind.Stall))
        {
            Dispose();
            return;
        }

        if (fault.Kind == FaultKind.EndReceiver)
            to.Shutdown(SocketShutdown.Send);
        else
            stalled(this);
        byte[] nowhere = new byte[16_384];
        while (await from.ReceiveAsync(nowhere, SocketFlags.None) > 0)
        {
            // Goes nowhere.
        }

        if (fault.Kind == FaultKind.Stall)
            await _over.Task; // the end is not told either
        Dispose();
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }
}
