using System.Buffers;

using SynHello.Wire;

namespace SynHello.Tls;

/// <content>Records in: what each may be, where, and how often.</content>
public abstract partial class TlsEngine
{
    private const byte Warning = 1;

    private readonly HandshakeBuffer _handshake = new();
    private bool _anyRecordSeen;
    private int _emptyRecords;
    private int _keyUpdates;
    private int _warningAlerts;
    private long _skippedEarlyData;

    /// <summary>
    /// How the early data of a client is treated that this server did not accept it from (RFC 8446 section 4.2.10).
    /// </summary>
    private protected EarlyDataSkip EarlyDataSkip { get; set; }

    /// <summary>How many bytes of it are skipped.</summary>
    private protected long EarlyDataSkipLimit { get; set; }

    private int ReceiveRecords(ReadOnlySpan<byte> input, IBufferWriter<byte> plaintext)
    {
        HandleMessages();
        int consumed = 0;
        while (!Context.IsQuestionOpen)
        {
            ReadOnlySpan<byte> rest = input[consumed..];
            if (IsPeerClosed)
                return input.Length; // RFC 8446 section 6.1: what follows close_notify is ignored
            if (!_anyRecordSeen && !rest.IsEmpty)
                CheckFirstBytes(rest);
            if (!RecordHeader.TryRead(rest, out RecordHeader header))
                break;
            CheckHeader(header);
            if (rest.Length - RecordHeader.Size < header.Length)
                break;

            _anyRecordSeen = true;
            ReadOnlySpan<byte> record = rest[..(RecordHeader.Size + header.Length)];
            consumed += record.Length;
            if (Context.Records.IsProtected(header.Type))
                HandleProtected(record, plaintext);
            else
                HandlePlaintext(header.Type, record[RecordHeader.Size..]);
        }

        return consumed;
    }

    /// <summary>Tells somebody who speaks another protocol from a TLS peer as soon as a byte can.</summary>
    private static void CheckFirstBytes(ReadOnlySpan<byte> bytes)
    {
        bool isTls = bytes[0] is 20 or 21 or 22 or 23 && (bytes.Length < 2 || bytes[1] == 3);
        if (isTls)
            return;
        ReadOnlySpan<byte> letters = bytes[..Math.Min(4, bytes.Length)];
        bool looksLikeHttp = letters is [(byte)'G' or (byte)'P' or (byte)'H' or (byte)'D' or (byte)'O', ..]
            && !letters.ContainsAnyExceptInRange((byte)' ', (byte)'Z');
        throw new TlsProtocolException(
            TlsErrorCause.NotTls,
            looksLikeHttp ? "The peer does not speak TLS: this looks like plain HTTP." : "The peer does not speak TLS.");
    }

    private void CheckHeader(in RecordHeader header)
    {
        if (header.Type.Value is < 20 or > 23)
        {
            throw new TlsProtocolException(
                TlsErrorCause.UnexpectedRecordType,
                $"A record of the type {header.Type} came.");
        }

        // legacy_record_version is to be ignored (RFC 8446 section 5.1), but a first octet other than 3 is no TLS
        // record at all.
        if (header.LegacyVersion.Value >> 8 != 3)
            throw new TlsProtocolException(TlsErrorCause.NotTls, "A record does not have a TLS version.");
        bool maySkip = EarlyDataSkip != EarlyDataSkip.No && header.Type == ContentType.ApplicationData;
        Context.Records.CheckHeader(header, maySkip);
    }

    private void HandlePlaintext(ContentType type, ReadOnlySpan<byte> content)
    {
        if (type == ContentType.ChangeCipherSpec)
        {
            HandleChangeCipherSpec(content);
        }
        else if (type == ContentType.Alert)
        {
            // A peer that fails at the ServerHello has no keys yet; its alert is in the clear. After its first
            // protected
            // record nothing in the clear is its own.
            if (Context.Records.IsReadProtected && (Context.IsHandshakeComplete || Context.Records.RecordsRead > 0))
                throw Unprotected(type);
            HandleAlert(content);
        }
        else if (Context.Records.IsReadProtected)
        {
            throw Unprotected(type);
        }
        else if (type == ContentType.Handshake)
        {
            HandleHandshake(content);
        }
        else if (EarlyDataSkip == EarlyDataSkip.UntilSecondClientHello)
        {
            SkipEarlyData(content.Length);
        }
        else
        {
            throw new TlsProtocolException(TlsErrorCause.EarlyApplicationData, "Application data came in the clear.");
        }
    }

    private void HandleProtected(ReadOnlySpan<byte> record, IBufferWriter<byte> plaintext)
    {
        ReadOnlySpan<byte> @sealed = record[RecordHeader.Size..];
        int innerLength = Context.Records.InnerLength(@sealed.Length);
        if (innerLength < 0)
        {
            if (EarlyDataSkip == EarlyDataSkip.UntilRecordOpens)
            {
                SkipEarlyData(@sealed.Length); // what does not open is skipped, whyever it does not
                return;
            }

            throw new TlsProtocolException(TlsErrorCause.BadRecordMac, "A protected record is too short to be one.");
        }

        // Opened where application data belongs: what turns out to be something else is just not advanced over.
        Span<byte> inner = plaintext.GetSpan(innerLength)[..innerLength];
        if (!Context.Records.TryOpen(record[..RecordHeader.Size], @sealed, inner, out ContentType type, out int length))
        {
            if (EarlyDataSkip == EarlyDataSkip.UntilRecordOpens)
            {
                SkipEarlyData(@sealed.Length);
                return;
            }

            throw new TlsProtocolException(TlsErrorCause.BadRecordMac, "A record does not authenticate.");
        }

        EarlyDataSkip = EarlyDataSkip.No;
        if (type == ContentType.ApplicationData)
        {
            HandleApplicationData(length);
            plaintext.Advance(length);
        }
        else if (type == ContentType.Handshake)
        {
            HandleHandshake(inner[..length]);
        }
        else if (type == ContentType.Alert)
        {
            HandleAlert(inner[..length]);
        }
        else
        {
            throw new TlsProtocolException(
                TlsErrorCause.UnexpectedRecordType,
                $"A protected record holds the type {type}.");
        }
    }

    private void HandleApplicationData(int length)
    {
        if (!Context.IsHandshakeComplete)
            CountEarlyData(length);
        RefuseInterleaving();
        if (length == 0)
        {
            CountEmptyRecord();
            return;
        }

        _emptyRecords = 0;
        _keyUpdates = 0;
        OnApplicationData();
    }

    private void CountEarlyData(int length)
    {
        if (Context.EarlyDataAllowance < 0)
        {
            throw new TlsProtocolException(
                TlsErrorCause.EarlyApplicationData,
                "Application data came before the handshake was complete.");
        }

        Context.EarlyDataLength += length;
        if (Context.EarlyDataLength > Context.EarlyDataAllowance)
        {
            throw new TlsProtocolException(
                TlsErrorCause.TooMuchEarlyData,
                $"More than {Context.EarlyDataAllowance} bytes of early data came.");
        }
    }

    /// <summary>Content came: whatever counts messages in a row starts anew.</summary>
    private protected virtual void OnApplicationData()
    {
    }

    private void HandleHandshake(ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty)
            throw new TlsProtocolException(TlsErrorCause.EmptyRecord, "A handshake record is empty.");
        EarlyDataSkip = EarlyDataSkip.No;
        _handshake.Append(content);
        HandleMessages();
    }

    private void HandleMessages()
    {
        while (!Context.IsQuestionOpen && _handshake.TryRead(out ReadOnlySpan<byte> message))
        {
            Context.ReadKeyChanged = false;
            Handle(new HandshakeMessage(message) { IsFollowed = !_handshake.IsEmpty });
            _emptyRecords = 0;
            if (Context.ReadKeyChanged && !_handshake.IsEmpty)
            {
                throw new TlsProtocolException(
                    TlsErrorCause.MessageAcrossKeyChange,
                    "A handshake message goes on across a change of keys.");
            }
        }

        if (Context.IsHandshakeComplete && _handshake.IsEmpty)
            _handshake.Dispose();
    }

    private void HandleAlert(ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty)
            throw new TlsProtocolException(TlsErrorCause.EmptyRecord, "An alert record is empty.");

        // RFC 8446 section 5.1: one alert a record, whole.
        if (content.Length != 2)
        {
            throw new TlsProtocolException(
                content.Length < 2 ? TlsErrorCause.TruncatedMessage : TlsErrorCause.TrailingBytes,
                "An alert record does not hold exactly one alert.");
        }

        var alert = new AlertDescription(content[1]);
        if (alert == AlertDescription.CloseNotify && Context.IsHandshakeComplete)
        {
            RefuseInterleaving();
            IsPeerClosed = true;
            Context.Raise(TlsEvent.PeerClosed);
        }
        else if (alert == AlertDescription.UserCanceled
            || (Context.WarningsAllowed && content[0] == Warning && alert != AlertDescription.CloseNotify))
        {
            // The close_notify that follows user_canceled ends the connection; another warning changes nothing.
            RefuseInterleaving();
            if (++_warningAlerts > TlsLimits.WarningAlerts)
            {
                throw new TlsProtocolException(
                    TlsErrorCause.TooManyAlerts,
                    "The peer sends one warning alert after the other.");
            }
        }
        else
        {
            // The level is not looked at: in TLS 1.3 every other alert is fatal (RFC 8446 section 6.2).
            throw new TlsProtocolException(alert);
        }
    }

    private void HandleChangeCipherSpec(ReadOnlySpan<byte> content)
    {
        if (Context.IsTls12 && content is [1])
        {
            RefuseInterleaving();
            HandleChangeCipherSpec();
            return;
        }

        if (!Context.ChangeCipherSpecAllowed || content is not [1])
        {
            throw new TlsProtocolException(
                TlsErrorCause.UnexpectedChangeCipherSpec,
                "A change_cipher_spec record came that may not come.");
        }

        RefuseInterleaving();
        CountEmptyRecord();
        Context.ChangeCipherSpecDropped = true;
    }

    private void RefuseInterleaving()
    {
        if (!_handshake.IsEmpty)
        {
            throw new TlsProtocolException(
                TlsErrorCause.InterleavedRecord,
                "A record came between the fragments of a handshake message.");
        }
    }

    private void CountEmptyRecord()
    {
        if (++_emptyRecords > TlsLimits.EmptyRecords)
        {
            throw new TlsProtocolException(
                TlsErrorCause.TooManyEmptyRecords,
                "The peer sends one empty record after the other.");
        }
    }

    private void SkipEarlyData(int length)
    {
        _skippedEarlyData += RecordHeader.Size + length;
        if (_skippedEarlyData > EarlyDataSkipLimit)
        {
            throw new TlsProtocolException(
                TlsErrorCause.TooMuchEarlyData,
                "Early data that was not accepted goes on and on.");
        }
    }

    /// <summary>A KeyUpdate of the peer (RFC 8446 section 4.6.3).</summary>
    private protected void HandleKeyUpdate(in HandshakeMessage message)
    {
        KeyUpdate update = KeyUpdate.Parse(message.Expect(HandshakeType.KeyUpdate));
        if (++_keyUpdates > TlsLimits.KeyUpdates)
        {
            throw new TlsProtocolException(
                TlsErrorCause.TooManyKeyUpdates,
                "The peer changes its key over and over without sending anything.");
        }

        Context.Records.UpdateReadKey();
        Context.ReadKeyChanged = true;

        // Answered in front of the next application data: however many requests come, one answer is owed.
        if (update.UpdateRequested)
            Context.KeyUpdateOwed = true;
        Context.Raise(TlsEvent.KeyUpdated);
    }

    private static TlsProtocolException Unprotected(ContentType type) =>
        new(TlsErrorCause.UnprotectedRecord, $"A record of the type {type} came in the clear where only protected ones may.");
}
