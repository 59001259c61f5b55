using System.Buffers;
using System.Net.Sockets;

using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>A bare server's end of one connection, driven by the test.</summary>
internal sealed class ServerVisit(AcceptedSocket accepted, TlsServerEngine engine, bool takesEarlyData) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _plaintext = new();
    private readonly ArrayBufferWriter<byte> _output = new();
    private byte[] _unconsumed = [];
    private int _read;

    public TlsServerEngine Engine => engine;

    /// <summary>All application data so far, early or not.</summary>
    public byte[] Received => _plaintext.WrittenSpan.ToArray();

    /// <summary>What of it was early.</summary>
    public byte[] ReceivedEarly => Received[..(int)engine.EarlyDataLength];

    /// <summary>Segments with data that the client has sent so far.</summary>
    public int DataSegments =>
        TcpInfo.TryGet(accepted.Socket, out TcpInfo info) ? info.DataSegmentsReceived : throw new InvalidOperationException("No TCP_INFO.");

    /// <summary>So many bytes at the end of the flight are held back until <see cref="WriteAsync"/>.</summary>
    public Func<byte[], int>? HoldBack { get; set; }

    private byte[] Held { get; set; } = [];

    /// <summary>Reads the first flight, and sends the own one.</summary>
    public async Task AnswerAsync()
    {
        while (engine.Negotiated.Version == default)
            await StepAsync();
    }

    public async Task CompleteHandshakeAsync()
    {
        while (!engine.IsHandshakeComplete)
            await StepAsync();
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        while (_plaintext.WrittenCount < _read + count)
            await StepAsync();
        byte[] bytes = Received.AsSpan(_read, count).ToArray();
        _read += count;
        return bytes;
    }

    /// <summary>Everything until the client's close_notify.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        while (!engine.IsPeerClosed)
            await StepAsync();
        return Received;
    }

    public async Task WriteAsync(byte[] bytes)
    {
        engine.Send(bytes, _output);
        byte[] all = [.. Held, .. _output.WrittenSpan];
        Held = [];
        _output.ResetWrittenCount();
        await accepted.Socket.SendAsync(all, SocketFlags.None, TestContext.Current.CancellationToken).Guarded();
    }

    /// <summary>Sends bytes as they are.</summary>
    public Task SendRawAsync(byte[] bytes) =>
        accepted.Socket.SendAsync(bytes, SocketFlags.None, TestContext.Current.CancellationToken).Guarded();

    /// <summary>Waits for bytes from the client, and leaves them there.</summary>
    public Task WaitAsync() =>
        accepted.Socket.ReceiveAsync(new byte[1], SocketFlags.Peek, TestContext.Current.CancellationToken).Guarded();

    public void Dispose()
    {
        engine.Dispose();
        accepted.Dispose();
    }

    private async Task StepAsync()
    {
        byte[] buffer = new byte[32768];
        int count = await accepted.Socket.ReceiveAsync(buffer, SocketFlags.None, TestContext.Current.CancellationToken).Guarded();
        if (count == 0)
            throw new EndOfStreamException("The client has ended the connection.");
        _unconsumed = [.. _unconsumed, .. buffer[..count]];
        bool again = true;
        while (again)
        {
            again = false;
            int consumed = engine.Receive(_unconsumed, _plaintext, _output);
            _unconsumed = _unconsumed[consumed..];
            while (engine.TryRead(out TlsEvent tlsEvent))
            {
                if (tlsEvent != TlsEvent.NeedEarlyDataVerdict)
                    continue;
                if (takesEarlyData)
                    engine.AcceptEarlyData(_output);
                else
                    engine.RejectEarlyData(_output);
                again = true;
            }
        }

        if (_output.WrittenCount == 0)
            return;
        byte[] flight = _output.WrittenSpan.ToArray();
        _output.ResetWrittenCount();
        int held = HoldBack?.Invoke(flight) ?? 0;
        Held = flight[^held..];
        await accepted.Socket.SendAsync(flight.AsMemory(0, flight.Length - held), SocketFlags.None, TestContext.Current.CancellationToken).Guarded();
    }
}
