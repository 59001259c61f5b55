using System.Buffers;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// One TLS connection without a socket: bytes in; bytes, events and plaintext out. It opens no socket, reads no clock,
/// starts
/// no task and draws no randomness but its provider's. Whatever a call appended to its output has to be sent, after a
/// call
/// that threw as well: the alert is in it. Not thread-safe.
/// </summary>
public abstract partial class TlsEngine : IDisposable
{
    /// <summary>
    /// A multiple of every record size that matters; at most 2^14 records of the smallest size limit.
    /// </summary>
    private const int SendPiece = 64 * RecordHeader.MaximumPlaintext;

    private TlsProtocolException? _failure;
    private bool _disposed;

    private protected TlsEngine()
    {
    }

    /// <summary>What was agreed on so far.</summary>
    public TlsNegotiation Negotiated => Context.Negotiated;

    /// <summary>Whether the handshake is complete.</summary>
    public bool IsHandshakeComplete => Context.IsHandshakeComplete;

    /// <summary>
    /// Whether application data may be sent: once the handshake is complete; on a server that has taken early data once its flight is
    /// made (RFC 8446 section 2.3); on a client in TLS 1.2 once its own Finished is made, where False Start is allowed (RFC 7918).
    /// </summary>
    public bool MaySend => Context.MaySend;

    /// <summary>How many bytes a record that is sent has besides its content, padding aside.</summary>
    internal int RecordOverhead => Context.Records.WriteOverhead;

    /// <summary>The most content that the peer takes in one record, in bytes.</summary>
    internal int LargestRecord => Context.Records.WriteSizeLimit - 1;

    /// <summary>Whether the peer sent close_notify.</summary>
    public bool IsPeerClosed { get; private protected set; }

    private protected abstract ConnectionContext Context { get; }

    /// <summary>Takes bytes from the peer.</summary>
    /// <param name="input">
    /// What came from the transport and was not consumed yet. May be empty, after a verdict for instance.
    /// </param>
    /// <param name="plaintext">Application data is appended here.</param>
    /// <param name="output">Bytes for the peer are appended here.</param>
    /// <returns>
    /// How many bytes of <paramref name="input"/> were consumed: whole records. The rest has to be handed in again with
    /// what
    /// comes next; a record is never larger than 16,645 bytes with its header.
    /// </returns>
    /// <exception cref="TlsProtocolException">The connection is over; later calls throw the same.</exception>
    public int Receive(ReadOnlySpan<byte> input, IBufferWriter<byte> plaintext, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(plaintext);
        ArgumentNullException.ThrowIfNull(output);
        ThrowIfUnusable();
        if (Context.IsCloseNotifySent && !MaySend)
            return input.Length; // this side has ended the handshake: nothing may be sent any more, so nothing is handled
        Context.Output = output;
        try
        {
            return ReceiveRecords(input, plaintext);
        }
        catch (Exception exception)
        {
            throw Failed(exception);
        }
        finally
        {
            Context.Output = null;
        }
    }

    /// <summary>Says that the transport has ended: the peer's FIN or a reset.</summary>
    /// <exception cref="TlsProtocolException">
    /// <see cref="TlsErrorCause.TruncatedByPeer"/>: no close_notify came before, so data may have been cut off (RFC
    /// 8446 section 6.1).
    /// </exception>
    public void ReceiveEnd()
    {
        ThrowIfUnusable();
        if (IsPeerClosed)
            return;
        _failure = new TlsProtocolException(
            TlsErrorCause.TruncatedByPeer,
            IsHandshakeComplete
                ? "The peer ended the connection without close_notify: data may have been cut off."
                : "The peer ended the connection before the handshake was complete.");
        throw _failure;
    }

    /// <summary>Seals application data.</summary>
    /// <param name="plaintext">What is sent; an empty span makes an empty record.</param>
    /// <param name="output">The records are appended here.</param>
    /// <exception cref="InvalidOperationException"><see cref="MaySend"/> is false, or close_notify was sent
    /// already.</exception>
    /// <exception cref="TlsProtocolException">The connection is over.</exception>
    public void Send(ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ThrowIfNotOpen(Context.MaySend);
        Context.Output = output;
        try
        {
            do
            {
                // In pieces, so that a key is changed in time however much is sent at once.
                ReadOnlySpan<byte> piece = plaintext[..Math.Min(plaintext.Length, SendPiece)];
                plaintext = plaintext[piece.Length..];
                if (Context.KeyUpdateOwed || Context.Records.WriteKeyIsWorn)
                    RenewKey(output);
                Context.Records.Write(ContentType.ApplicationData, piece, output);
            }
            while (!plaintext.IsEmpty);
        }
        catch (Exception exception)
        {
            throw Failed(exception); // what is sealed already may leave: data with a hole must not follow it
        }
        finally
        {
            Context.Output = null;
        }
    }

    /// <summary>Changes this side's sending key (RFC 8446 section 4.6.3).</summary>
    /// <param name="requestPeer">Whether the peer is asked to change its own too.</param>
    /// <param name="output">The message is appended here.</param>
    /// <exception cref="InvalidOperationException">The handshake is not complete, close_notify was sent already, or the version is TLS
    /// 1.2, which changes no keys.</exception>
    /// <exception cref="TlsProtocolException">The connection is over.</exception>
    public void UpdateKey(bool requestPeer, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ThrowIfNotOpen(IsHandshakeComplete);
        if (Context.IsTls12)
            throw new InvalidOperationException("TLS 1.2 does not change keys.");
        Context.Output = output;
        try
        {
            WriteKeyUpdate(requestPeer, output);
        }
        catch (Exception exception)
        {
            throw Failed(exception);
        }
        finally
        {
            Context.Output = null;
        }
    }

    /// <summary>Ends this side's data with close_notify (RFC 8446 section 6.1). A second call does nothing.</summary>
    /// <param name="output">The alert is appended here.</param>
    public void SendCloseNotify(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Context.IsCloseNotifySent || _failure is not null)
            return;
        Context.IsCloseNotifySent = true;
        WriteAlert(AlertDescription.CloseNotify, output);
    }

    /// <summary>
    /// Gives the connection up for a reason that the engine cannot know, a handshake that takes too long for instance.
    /// </summary>
    /// <param name="failure">Why; its alert is what the peer is told.</param>
    /// <param name="output">The alert is appended here.</param>
    public void Abort(TlsProtocolException failure, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(failure);
        ArgumentNullException.ThrowIfNull(output);
        if (_disposed || _failure is not null)
            return;
        Context.Output = output;
        Fail(failure);
        Context.Output = null;
    }

    /// <summary>Reads the next event.</summary>
    /// <param name="tlsEvent">The event.</param>
    /// <returns>False when there is none.</returns>
    public bool TryRead(out TlsEvent tlsEvent) => Context.TryReadEvent(out tlsEvent);

    /// <summary>
    /// Derives keying material that both sides share and nobody else has (RFC 8446 section 7.5, RFC 5705).
    /// </summary>
    /// <param name="label">A label for the use, ASCII, at most 249 characters.</param>
    /// <param name="context">A context; an empty one and none are the same in TLS 1.3, and in 1.2 an empty one is none.</param>
    /// <param name="destination">What is filled: at most 255 times the hash of the cipher suite.</param>
    /// <exception cref="InvalidOperationException">
    /// The handshake is not complete, or in TLS 1.2 the master secret is not an extended one (RFC 7627 section 5.4).
    /// </exception>
    public void ExportKeyingMaterial(string label, ReadOnlySpan<byte> context, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(label);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(label.Length, 249, nameof(label));
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!IsHandshakeComplete)
            throw new InvalidOperationException("The handshake is not complete.");
        if (Context.IsTls12)
            Context.RequireTls12Keys().Export(label, context, destination);
        else
            Context.RequireKeys().Export(label, context, destination);
    }

    /// <summary>Clears the keys and gives the buffers back. Sends nothing.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Context.Dispose();
        _handshake.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Hands a whole handshake message to the state that the connection is in.</summary>
    private protected abstract void Handle(in HandshakeMessage message);

    /// <summary>Hands a change_cipher_spec of TLS 1.2 to the state that the connection is in.</summary>
    private protected abstract void HandleChangeCipherSpec();

    /// <summary>Ends the connection for what was thrown while something was handled.</summary>
    /// <returns>What the caller is to be told.</returns>
    private protected TlsProtocolException Failed(Exception exception)
    {
        // Whatever the provider, a credential or the key log threw: a connection that is changed half-way must not go on.
        TlsProtocolException failure = exception as TlsProtocolException
            ?? new TlsProtocolException(TlsErrorCause.InternalError, "This side failed while it handled or made a message.", exception);
        Fail(failure);
        return failure;
    }

    private protected void Fail(TlsProtocolException failure)
    {
        _failure = failure;
        try
        {
            if (failure.Alert is { } alert && Context.Output is { } output && !Context.IsCloseNotifySent)
                WriteAlert(Context.IsTls12 ? AlertTable.InTls12(alert) : alert, output);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // What kept this side from going on may keep it from saying so: the connection is over either way.
        }

        OnFailed(failure);
    }

    /// <summary>The connection is over for this.</summary>
    private protected virtual void OnFailed(TlsProtocolException failure)
    {
    }

    private protected void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failure is null)
            return;
        throw _failure.PeerAlert is { } alert
            ? new TlsProtocolException(alert)
            : new TlsProtocolException(_failure.Cause, _failure.Message, _failure);
    }

    private void ThrowIfNotOpen(bool isReady)
    {
        ThrowIfUnusable();
        if (!isReady)
            throw new InvalidOperationException("The handshake is not complete.");
        if (Context.IsCloseNotifySent)
            throw new InvalidOperationException("close_notify was sent: nothing may follow it.");
    }

    private void WriteAlert(AlertDescription alert, IBufferWriter<byte> output)
    {
        const byte Fatal = 2;
        bool closes = alert == AlertDescription.CloseNotify || alert == AlertDescription.UserCanceled;
        Context.Records.Write(ContentType.Alert, [closes ? Warning : Fatal, alert.Value], output);
        if (alert == AlertDescription.UserCanceled)
            WriteAlert(AlertDescription.CloseNotify, output); // RFC 8446 section 6.1: user_canceled is followed by close_notify
    }

    private void RenewKey(IBufferWriter<byte> output)
    {
        if (Context.IsTls12)
        {
            throw new TlsProtocolException(
                TlsErrorCause.KeyExhausted, "As much was sent under one key as it keeps secret, and TLS 1.2 does not change keys.");
        }

        WriteKeyUpdate(requestPeer: false, output);
    }

    private void WriteKeyUpdate(bool requestPeer, IBufferWriter<byte> output)
    {
        // RFC 8446 section 4.6.3: what is owed is an update that asks for none; one that asks does not settle it.
        if (!requestPeer)
            Context.KeyUpdateOwed = false;
        new KeyUpdate(requestPeer).Write(Context.Flight);
        Context.Records.Write(ContentType.Handshake, Context.Flight.Written, output);
        Context.Flight.Dispose();
        Context.Records.UpdateWriteKey();
    }
}
