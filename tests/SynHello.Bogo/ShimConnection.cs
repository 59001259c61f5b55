using System.Buffers;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>
/// Drives one engine over one connection to the runner. A handshake is handed in as it comes, later records one at a
/// time, so that nothing happens before the exchange has seen what came before it; with -async it is byte for byte.
/// </summary>
internal sealed class ShimConnection(TlsEngine engine, RunnerSocket socket, ShimFlags flags, QuestionDesk desk)
{
    private const int HeaderLength = 5;

    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly ArrayBufferWriter<byte> _plaintext = new();
    private readonly byte[] _received = new byte[64 * 1024];
    private int _start;
    private int _end;
    private int _shown;
    private int _read;

    public TlsEngine Engine { get; } = engine;

    public ShimFlags Flags { get; set; } = flags;

    public bool HasPlaintext => _read < _plaintext.WrittenCount;

    /// <summary>Whether the transport has ended, with or without close_notify.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Where calls of the engine write; <see cref="Flush"/> sends it.</summary>
    public IBufferWriter<byte> Output => _output;

    /// <summary>Whether what is written waits for the next <see cref="Flush"/>.</summary>
    public bool HoldsBack { get; set; }

    /// <summary>The first bytes that came, kept for who wants to look at a ClientHello.</summary>
    public byte[] FirstBytes { get; private set; } = [];

    /// <summary>The first bytes that were sent: a server's ServerHello.</summary>
    public byte[] FirstSent { get; private set; } = [];

    /// <summary>
    /// Goes on until something has come from the engine that was asked for, or the peer has ended the connection.
    /// </summary>
    public void RunUntil(Func<bool> isThere)
    {
        while (!isThere() && !HasEnded)
            Step();
    }

    /// <summary>Goes on until the handshake lets data be sent.</summary>
    /// <exception cref="TlsProtocolException">The handshake has failed, or the transport ended before.</exception>
    public void Handshake(Func<bool> isThere)
    {
        RunUntil(isThere);
        if (!isThere())
            Engine.ReceiveEnd();
    }

    /// <summary>Takes plaintext that came.</summary>
    public int Read(Span<byte> buffer)
    {
        int length = Math.Min(buffer.Length, _plaintext.WrittenCount - _read);
        _plaintext.WrittenSpan.Slice(_read, length).CopyTo(buffer);
        _read += length;
        if (!HasPlaintext)
        {
            _plaintext.ResetWrittenCount();
            _read = 0;
        }

        return length;
    }

    public void Write(ReadOnlySpan<byte> plaintext)
    {
        Engine.Send(plaintext, _output);
        Flush();
    }

    /// <summary>Seals data, and sends one byte of it; the rest goes with what is sent next.</summary>
    public void WriteUnfinished(ReadOnlySpan<byte> plaintext)
    {
        Flush();
        Engine.Send(plaintext, _output);
        byte[] sealedBytes = _output.WrittenSpan.ToArray();
        socket.Send(sealedBytes.AsSpan(0, 1));
        _output.ResetWrittenCount();
        _output.Write(sealedBytes.AsSpan(1));
    }

    public void Flush()
    {
        if (_output.WrittenCount == 0)
            return;
        if (FirstSent.Length == 0)
            FirstSent = _output.WrittenSpan.ToArray();
        socket.Send(_output.WrittenSpan);
        _output.ResetWrittenCount();
    }

    private void Step()
    {
        try
        {
            int consumed = Receive();
            while (desk.AnswerAll(Engine, _output))
                Engine.Receive([], _plaintext, _output);
            HasEnded |= Engine.IsPeerClosed;
            if (consumed > 0 || HasEnded)
                return;
        }
        finally
        {
            // What the engine wrote before it gave up is sent too: the alert is in it.
            if (!HoldsBack)
                Flush();
        }

        ShowMore();
    }

    private int Receive()
    {
        ReadOnlySpan<byte> there = _received.AsSpan(_start, _shown - _start);
        bool takesAll = !Flags.Async && !Engine.IsHandshakeComplete;
        if (there.Length >= HeaderLength && !takesAll)
            there = there[..Math.Min(there.Length, HeaderLength + ((there[3] << 8) | there[4]))];
        int consumed = Engine.Receive(there, _plaintext, _output);
        _start += consumed;
        return consumed;
    }

    /// <summary>Lets the engine see more of what has come, or waits for more.</summary>
    private void ShowMore()
    {
        if (_shown == _end && !ReceiveMore())
            return;
        _shown = Flags.Async ? _shown + 1 : _end;
    }

    private bool ReceiveMore()
    {
        if (_start > 0)
        {
            _received.AsSpan(_start, _end - _start).CopyTo(_received);
            _end -= _start;
            _shown -= _start;
            _start = 0;
        }

        int received = socket.Receive(_received.AsSpan(_end));
        if (FirstBytes.Length == 0)
            FirstBytes = _received.AsSpan(_end, received).ToArray();
        _end += received;
        HasEnded = received == 0;
        return received > 0;
    }
}
