namespace SynHello.Capture;

/// <summary>What the caller knows of a connection that the packets do not show.</summary>
public sealed class RoundTripLedgerOptions
{
    /// <summary>
    /// TLS 1.3: application_data records with which the client completes the handshake, EndOfEarlyData not counted: 1
    /// for
    /// a Finished (the default), more if certificates go in records of their own. The record after them is the request.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int ClientHandshakeRecords
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 1;

    /// <summary>
    /// TLS 1.3: application_data records of the server's first flight up to its Finished. Needed only to tell a
    /// response
    /// to early data from the handshake before it. When null (the default) the flight is taken to end at the
    /// first record of the size of a bare Finished, else to be one record.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int? ServerHandshakeRecords
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value ?? 0, nameof(value));
            field = value;
        }
    }

    /// <summary>
    /// Bytes (after the record header) that a TLS record of the server must at least have to be the response's first.
    /// Zero (the default) takes any; a caller who knows that responses are larger than session tickets can say so, and
    /// tickets sent after the request's arrival are no longer taken for the response.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MinimumResponseRecordLength
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>
    /// The request's first byte as an offset in the client's TCP stream (0 is the byte after the SYN), if the caller
    /// knows it; null (the default) lets the ledger find it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long? RequestOffset
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value ?? 0, nameof(value));
            field = value;
        }
    }

    /// <summary>Packets that are read at most (default 20,000); the rest is left alone.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public int MaximumPackets
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 20_000;
}
