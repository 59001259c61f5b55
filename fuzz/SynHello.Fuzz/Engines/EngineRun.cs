using System.Buffers;
using System.Runtime.CompilerServices;

using SynHello.Fuzz.Transparent;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Engines;

/// <summary>
/// One engine, driven as its owner would: what is not consumed is kept, what is asked is answered. What an engine must never do throws
/// <see cref="InvariantException"/>.
/// </summary>
internal sealed class EngineRun(TlsEngine engine, Stage stage, EngineFlags flags, TransparentCredential credential) : IDisposable
{
    private const int LargestRecord = 16_645;
    private const int MostAnswers = 64;

    [ThreadStatic]
    private static Stack<ArrayBufferWriter<byte>>? _writers;

    private readonly ArrayBufferWriter<byte> _plaintext = Rent();
    private readonly ArrayBufferWriter<byte> _output = Rent();
    private byte[] _input = [];
    private int _consumed;
    private int _available;
    private int _taken;
    private int _answers;
    private uint _events;
    private bool _isClosed;

    public TlsEngine Engine { get; } = engine;

    /// <summary>Why the connection is over; null as long as it is not.</summary>
    public TlsProtocolException? Failure { get; private set; }

    public ArrayBufferWriter<byte> Output => _output;

    /// <summary>What was sent since this was last asked.</summary>
    public byte[] TakeOutput()
    {
        byte[] bytes = _output.WrittenSpan[_taken..].ToArray();
        _taken = _output.WrittenCount;
        return bytes;
    }

    /// <summary>Hands a flight in, piece by piece.</summary>
    public void Deliver(ReadOnlySpan<byte> flight, Splitter splitter)
    {
        if (Failure is not null)
            return;
        _input = [.. _input.AsSpan(_consumed), .. flight];
        _consumed = 0;
        _available = _input.Length - flight.Length;
        while (_available < _input.Length && Failure is null)
        {
            _available += splitter.Next(_input.Length - _available);
            Drive();
        }

        if (Failure is null && _available - _consumed > LargestRecord && !Engine.IsPeerClosed)
            throw new InvariantException($"{_available - _consumed} bytes are not consumed, and nothing is asked.");
    }

    /// <summary>Does what the application does between two flights.</summary>
    public void Act(bool isLast)
    {
        if (Failure is not null || _isClosed)
            return;
        try
        {
            if (flags.HasFlag(EngineFlags.UpdatesKey) && Engine.IsHandshakeComplete && Engine.Negotiated.Version == ProtocolVersion.Tls13)
                Engine.UpdateKey(requestPeer: true, _output);
            if (flags.HasFlag(EngineFlags.Sends) && Engine.MaySend)
                Engine.Send(new byte[3], _output);
            if (flags.HasFlag(EngineFlags.Closes) && isLast)
            {
                Engine.SendCloseNotify(_output);
                _isClosed = true;
            }
        }
        catch (TlsProtocolException failure)
        {
            Fail(failure);
        }
    }

    /// <summary>The transport ends.</summary>
    public void End()
    {
        if (Failure is not null || !flags.HasFlag(EngineFlags.Ends))
            return;
        try
        {
            Engine.ReceiveEnd();
        }
        catch (TlsProtocolException failure)
        {
            Failure = failure;
        }
    }

    /// <summary>What this side believes both have agreed on, once the handshake is complete.</summary>
    public ulong Agreement()
    {
        TlsNegotiation negotiated = Engine.Negotiated;
        Span<byte> exported = stackalloc byte[32];
        try
        {
            Engine.ExportKeyingMaterial("EXPORTER-fuzz", [], exported);
        }
        catch (InvalidOperationException) when (stage.Scenario.AllowsPlainMasterSecret)
        {
            // RFC 7627 section 5.4: nothing is exported from a master secret that is not an extended one.
        }

        ulong state = Mixer.Absorb(Mixer.Start, exported);
        state = Mixer.Absorb(state, negotiated.ApplicationProtocol.Protocol.Span);
        state = Mixer.AbsorbWords(state, negotiated.ServerName);
        foreach (ReadOnlyMemory<byte> certificate in negotiated.PeerCertificates)
            state = Mixer.Absorb(state, certificate.Span);
        return state;
    }

    /// <summary>All that has come of it.</summary>
    public Outcome Conclude(ulong agreement)
    {
        TlsNegotiation negotiated = Engine.Negotiated;
        bool isComplete = Engine.IsHandshakeComplete;
        if (isComplete && flags.HasFlag(EngineFlags.Binds) && Agreement() != agreement)
            throw new InvariantException("A handshake was changed on its way and is complete.");
        string name = Failure?.Cause.ToString() ?? (isComplete ? "complete" : "waits");
        ulong feature = Mixer.Absorb(Mixer.Start, ((ulong)(flags & EngineFlags.Binds) << 32) | _events);
        feature = Mixer.AbsorbWords(feature, stage.Scenario.Name);
        feature = Mixer.AbsorbWords(feature, StateName());
        feature = Mixer.AbsorbWords(feature, name);
        if (Failure is { Cause: not TlsErrorCause.NotTls })
            feature = Mixer.AbsorbWords(feature, Failure.Message);
        feature = Mixer.Absorb(feature, ((ulong)negotiated.Version.Value << 32) | negotiated.CipherSuite.Value);
        ulong digest = Mixer.Absorb(Mixer.Start, _output.WrittenSpan);
        digest = Mixer.Absorb(digest, _plaintext.WrittenSpan);
        if (Failure is null)
            digest = Mixer.Absorb(digest, (ulong)(_available - _consumed));
        digest = Mixer.Absorb(digest, negotiated.Group.Value | ((ulong)negotiated.SignatureScheme.Value << 16));
        digest = Mixer.Absorb(digest, negotiated.ApplicationProtocol.Protocol.Span);
        digest = Mixer.Absorb(digest, (isComplete ? 1ul : 0) | (Engine.IsPeerClosed ? 2ul : 0) | (Engine.MaySend ? 4ul : 0));
        while (Engine is TlsClientEngine client && client.TryReadSession(out TlsSession? session))
            digest = Mixer.Absorb(digest, session.Export());
        return new Outcome(feature, digest, name);
    }

    public void Dispose()
    {
        Engine.Dispose();
        Return(_plaintext);
        Return(_output);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_state")]
    private static extern ref HandshakeState<ClientContext> StateOf(TlsClientEngine engine);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_state")]
    private static extern ref HandshakeState<ServerContext> StateOf(TlsServerEngine engine);

    private static ArrayBufferWriter<byte> Rent() =>
        _writers is { Count: > 0 } writers ? writers.Pop() : new ArrayBufferWriter<byte>(64 * 1024);

    private static void Return(ArrayBufferWriter<byte> writer)
    {
        writer.ResetWrittenCount();
        (_writers ??= []).Push(writer);
    }

    private string StateName() =>
        Engine is TlsClientEngine client ? StateOf(client).GetType().Name : StateOf((TlsServerEngine)Engine).GetType().Name;

    private void Drive()
    {
        bool again = true;
        while (again && Failure is null)
        {
            again = false;
            try
            {
                _consumed += Engine.Receive(_input.AsSpan(_consumed, _available - _consumed), _plaintext, _output);
            }
            catch (TlsProtocolException failure)
            {
                Fail(failure);
            }

            if (!Engine.IsHandshakeComplete && _plaintext.WrittenCount > ((Engine as TlsServerEngine)?.EarlyDataLength ?? 0))
                throw new InvariantException("Data that is not early is handed out before the handshake is complete.");
            while (Engine.TryRead(out TlsEvent tlsEvent))
            {
                _events |= 1u << (int)tlsEvent;
                if (Failure is null)
                    again |= Answer(tlsEvent);
            }
        }
    }

    private bool Answer(TlsEvent tlsEvent)
    {
        if (++_answers > MostAnswers * 16)
            throw new InvariantException("The engine asks and tells without end.");
        bool refuses = flags.HasFlag(EngineFlags.Refuses);
        try
        {
            switch (tlsEvent)
            {
                case TlsEvent.NeedCertificateVerdict when refuses:
                    var refusal = new TlsProtocolException(TlsErrorCause.UnknownCertificateAuthority);
                    Engine.RefuseCertificate(refusal, _output);
                    Fail(refusal);
                    return false;
                case TlsEvent.NeedCertificateVerdict:
                    Engine.AcceptCertificate();
                    return true;
                case TlsEvent.NeedCredential:
                    Engine.UseCredentials(refuses ? [] : [credential], _output);
                    return true;
                case TlsEvent.NeedSignature:
                    TlsSignatureRequest request = Engine.SignatureRequest!;
                    byte[] signature = new byte[request.Credential.MaximumSignatureLength];
                    int length = request.Credential.Sign(request.Scheme, request.Content.Span, signature);
                    Engine.UseSignature(signature.AsSpan(0, length), _output);
                    return true;
                case TlsEvent.NeedSession:
                    var asking = (TlsServerEngine)Engine;
                    asking.UseSession(refuses ? default : stage.FindSession(asking.SessionLookup.Span).Span, _output);
                    return true;
                case TlsEvent.NeedEarlyDataVerdict when refuses || stage.Scenario.RefusesEarlyData:
                    ((TlsServerEngine)Engine).RejectEarlyData(_output);
                    return true;
                case TlsEvent.NeedEarlyDataVerdict:
                    ((TlsServerEngine)Engine).AcceptEarlyData(_output);
                    return true;
                default:
                    return false;
            }
        }
        catch (TlsProtocolException failure)
        {
            Fail(failure);
            return false;
        }
    }

    /// <summary>Whatever a peer does, it is refused for a reason of its own, with its alert, and stays refused.</summary>
    private void Fail(TlsProtocolException failure)
    {
        Failure = failure;
        if (failure.Cause == TlsErrorCause.InternalError)
            throw new InvariantException("The engine failed inside.", failure);
        bool isTls12 = Engine.Negotiated.Version == ProtocolVersion.Tls12;
        if (failure.Alert is { } alert && !_isClosed && !EndsWith(isTls12 ? AlertTable.InTls12(alert) : alert))
            throw new InvariantException($"The alert {alert} of {failure.Cause} was not sent.");
        try
        {
            Engine.Receive([], _plaintext, _output);
            if (!_isClosed)
                throw new InvariantException("A connection that is over goes on.");
        }
        catch (TlsProtocolException again)
        {
            if (again.Cause != failure.Cause)
                throw new InvariantException($"A connection that was over for {failure.Cause} is over for {again.Cause}.");
        }
    }

    /// <summary>Whether the last record is this alert: in the clear, in TLS 1.2's form or in 1.3's.</summary>
    private bool EndsWith(AlertDescription alert)
    {
        ReadOnlySpan<byte> sent = _output.WrittenSpan;
        return (sent.Length >= 7 && sent[^7] == ContentType.Alert.Value && sent[^1] == alert.Value)
            || (sent.Length > 17 && sent[^17] == alert.Value)
            || (sent.Length > 18 && sent[^17] == ContentType.Alert.Value && sent[^18] == alert.Value);
    }
}
