using System.Reflection;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

using Xunit.v3;

namespace SynHello.Tls.Tests;

/// <summary>
/// A peer of one engine that can send any sequence of records and messages under the right keys, and reads
/// what the engine
/// answers. It keeps a transcript and keys of its own and checks nothing.
/// </summary>
internal abstract class HostilePeer : IDisposable
{
    private readonly List<byte> _handshake = [];
    private RecordProtection? _read;
    private RecordProtection? _write;

    protected HostilePeer(TlsEngine victim) => Victim = new EngineEnd(victim);

    public EngineEnd Victim { get; }

    /// <summary>What the victim sent, opened.</summary>
    public List<(ContentType Type, bool IsProtected, byte[] Content)> Received { get; } = [];

    /// <summary>The victim's handshake messages.</summary>
    public List<byte[]> Messages { get; } = [];

    protected static DefaultCryptoProvider Provider => DefaultCryptoProvider.Instance;

    protected Transcript Transcript { get; } = new();

    protected KeySchedule? Keys { get; set; }

    /// <summary>Hands bytes in as they are.</summary>
    public void Raw(params byte[] bytes)
    {
        Victim.Deliver(bytes);
        byte[] answer = Victim.TakeOutput();
        if (IsAlertUnreadable && Victim.Failure is not null)
            return;
        foreach ((ContentType type, byte[] record) in RecordReader.Split(answer))
            Read(type, record);
    }

    /// <summary>Sends a record in the clear.</summary>
    public void Plain(ContentType type, params byte[] content) => Raw(Octets.Record(type.Value, content));

    /// <summary>Sends a protected record; behind the content come its type and as many zeros as wanted.</summary>
    public void Protected(ContentType type, byte[] content, int padding = 0)
    {
        if (_write is Tls12RecordProtection)
            Raw(Seal(type, content));
        else
            Raw(Seal([.. content, type.Value, .. new byte[padding]]));
    }

    /// <summary>A protected record of TLS 1.2.</summary>
    public byte[] Seal(ContentType type, byte[] content)
    {
        var record = new System.Buffers.ArrayBufferWriter<byte>();
        (_write ?? throw new InvalidOperationException("There are no keys yet.")).Write(
            type, content, RecordLayer.MaximumInnerPlaintext, padding: 1, record);
        return record.WrittenSpan.ToArray();
    }

    /// <summary>A protected record of any inner plaintext.</summary>
    public byte[] Seal(byte[] inner)
    {
        byte[] record = Octets.Record(23, [.. inner, .. new byte[Aead.TagLength]]);
        Span<byte> body = record.AsSpan(RecordHeader.Size);
        (_write as Tls13RecordProtection ?? throw new InvalidOperationException("There are no keys yet.")).Seal(
            record.AsSpan(0, RecordHeader.Size), inner, 0, body);
        return record;
    }

    /// <summary>Sends messages in one record under the keys in use.</summary>
    public void Handshake(params byte[][] messages)
    {
        byte[] content = [.. messages.SelectMany(message => message)];
        if (_write is null)
            Plain(ContentType.Handshake, content);
        else
            Protected(ContentType.Handshake, content);
    }

    /// <summary>Sends KeyUpdate and changes the sending key.</summary>
    public void KeyUpdate(bool request = false)
    {
        Handshake(Octets.Message(24, request ? (byte)1 : (byte)0));
        _write = (_write as Tls13RecordProtection)?.Next(Provider);
    }

    /// <summary>
    /// Asserts that the victim gave up for this cause, sent the right alert last, and stays given up.
    /// </summary>
    /// <param name="cause">The cause, which the test has to name with <see cref="RefusesAttribute"/>.</param>
    /// <param name="isProtected">Whether the alert has to be under keys.</param>
    public void AssertRefused(TlsErrorCause cause, bool? isProtected = null)
    {
        if ((TestContext.Current.TestMethod as IXunitTestMethod)?.Method is { } method)
        {
            Assert.True(
                method.GetCustomAttributes<RefusesAttribute>().Any(refuses => refuses.Cause == cause),
                $"The test does not say that it is one of {cause}.");
        }

        Assert.NotNull(Victim.Failure);
        Assert.True(
            cause == Victim.Failure.Cause, $"{Victim.Failure.Cause} instead of {cause}: {Victim.Failure.Message}");
        if (AlertTable.For(cause) is { } alert)
        {
            if (Victim.Engine.Negotiated.Version == ProtocolVersion.Tls12)
                alert = AlertTable.InTls12(alert);
            (ContentType type, bool alertIsProtected, byte[] content) = Received[^1];
            Assert.Equal(ContentType.Alert, type);
            Assert.Equal([2, alert.Value], content);
            Assert.Single(Received, record => record.Type == ContentType.Alert && record.Content[0] == 2);
            if (isProtected is { } expected)
                Assert.Equal(expected, alertIsProtected);
        }
        else
        {
            Assert.DoesNotContain(Received, record => record.Type == ContentType.Alert);
        }

        TlsEngine engine = Victim.Engine;
        var nowhere = new System.Buffers.ArrayBufferWriter<byte>();
        Assert.Equal(cause, Assert.Throws<TlsProtocolException>(() => engine.Receive([], nowhere, nowhere)).Cause);
        Assert.Equal(cause, Assert.Throws<TlsProtocolException>(() => engine.Send([1], nowhere)).Cause);
        Assert.Equal(cause, Assert.Throws<TlsProtocolException>(() => engine.UpdateKey(true, nowhere)).Cause);
        Assert.Equal(cause, Assert.Throws<TlsProtocolException>(engine.ReceiveEnd).Cause);
        engine.SendCloseNotify(nowhere);
        engine.Abort(new TlsProtocolException(TlsErrorCause.HandshakeTimeout), nowhere);
        Assert.Equal(0, nowhere.WrittenCount);
    }

    /// <summary>Whether the victim's last record is under keys that this peer does not have, and is not read.</summary>
    public bool IsAlertUnreadable { get; set; }

    /// <summary>
    /// As <see cref="AssertRefused"/>, where the alert is under the keys of early data, or of a secret that only the
    /// victim has.
    /// </summary>
    public void AssertRefusedUnreadably(TlsErrorCause cause)
    {
        Assert.Equal(cause, Victim.Failure?.Cause);
        Assert.True(Victim.Sent.Length > 0 && Victim.Sent[^(5 + 2 + 1 + Aead.TagLength)] == 23, "There is no alert.");
    }

    public void AssertNotRefused() => Assert.True(Victim.Failure is null, Victim.Failure?.ToString());

    public void Dispose()
    {
        _read?.Dispose();
        _write?.Dispose();
        Transcript.Dispose();
        Keys?.Dispose();
        Victim.Dispose();
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);

    /// <summary>Takes a message of the victim.</summary>
    protected abstract void OnMessage(HandshakeType type, byte[] message);

    protected void ProtectReads(ReadOnlySpan<byte> secret) =>
        _read = new Tls13RecordProtection(Provider, RequireKeys(), secret);

    protected void ProtectWrites(ReadOnlySpan<byte> secret) =>
        _write = new Tls13RecordProtection(Provider, RequireKeys(), secret);

    protected ReadOnlySpan<byte> WriteSecret => _write is Tls13RecordProtection write ? write.TrafficSecret : [];

    /// <summary>The keys of TLS 1.2 that the victim's change_cipher_spec switches to.</summary>
    protected RecordProtection? PendingReads { get; set; }

    /// <summary>The keys of TLS 1.2 that this side's change_cipher_spec switches to.</summary>
    protected RecordProtection? PendingWrites { get; set; }

    /// <summary>Whether this side has keys to write with.</summary>
    public bool IsWriting => _write is not null;

    /// <summary>Switches to the keys of TLS 1.2, without a word to the victim.</summary>
    public void SwitchWrites()
    {
        _write = PendingWrites;
        PendingWrites = null;
    }

    protected KeySchedule RequireKeys() => Keys ?? throw new InvalidOperationException("There are no keys yet.");

    protected byte[] TranscriptHashNow()
    {
        byte[] hash = new byte[Transcript.HashLength];
        Transcript.GetHash(hash);
        return hash;
    }

    protected byte[] Derive(ReadOnlySpan<byte> label)
    {
        byte[] secret = new byte[RequireKeys().HashLength];
        RequireKeys().DeriveSecret(label, TranscriptHashNow(), secret);
        return secret;
    }

    /// <summary>A right Finished of this side; it goes into the transcript.</summary>
    protected byte[] MakeFinished()
    {
        byte[] verifyData = new byte[RequireKeys().HashLength];
        RequireKeys().ComputeFinished(WriteSecret, TranscriptHashNow(), verifyData);
        return Append(Octets.Message(20, verifyData));
    }

    protected byte[] Append(byte[] message)
    {
        Transcript.Append(message);
        return message;
    }

    private void Read(ContentType type, byte[] record)
    {
        byte[] content = record[RecordHeader.Size..];
        bool isProtected = _read is not null && (type == ContentType.ApplicationData || _read.ProtectsEveryType);
        if (isProtected)
        {
            byte[] inner = new byte[content.Length - _read!.Overhead];
            Assert.True(
                _read.TryOpen(
                    record.AsSpan(0, RecordHeader.Size), content, inner, RecordLayer.MaximumInnerPlaintext, out type, out int length),
                "The victim's record does not open.");
            content = inner[..length];
        }

        Received.Add((type, isProtected, content));
        if (type == ContentType.ChangeCipherSpec && PendingReads is not null)
        {
            _read = PendingReads;
            PendingReads = null;
        }

        if (type == ContentType.Handshake)
            ReadHandshake(content);
    }

    private void ReadHandshake(byte[] content)
    {
        _handshake.AddRange(content);
        while (_handshake.Count >= 4)
        {
            int length = 4 + ((_handshake[1] << 16) | (_handshake[2] << 8) | _handshake[3]);
            if (_handshake.Count < length)
                return;
            byte[] message = [.. _handshake.Take(length)];
            _handshake.RemoveRange(0, length);
            Messages.Add(message);
            if (message[0] == 24)
                _read = (_read as Tls13RecordProtection)?.Next(Provider);
            OnMessage(new HandshakeType(message[0]), message);
        }
    }
}
