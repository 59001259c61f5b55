using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>A whole handshake message as received.</summary>
internal readonly ref struct HandshakeMessage(ReadOnlySpan<byte> encoded)
{
    /// <summary>The message with its header, as it goes into the transcript.</summary>
    public ReadOnlySpan<byte> Encoded { get; } = encoded;

    public HandshakeType Type => new(Encoded[0]);

    /// <summary>
    /// Whether the record that ended it holds something behind it: another message, or the beginning of one.
    /// </summary>
    public bool IsFollowed { get; init; }

    public ReadOnlySpan<byte> Body => Encoded[4..];

    /// <summary>The body, if the message is of the type that the state waits for.</summary>
    /// <exception cref="TlsProtocolException"><see cref="TlsErrorCause.UnexpectedMessage"/>.</exception>
    public ReadOnlySpan<byte> Expect(HandshakeType type) => Type == type
        ? Body
        : throw new TlsProtocolException(TlsErrorCause.UnexpectedMessage, $"A {Type} message came where {type} was expected.");

    /// <summary>
    /// To be called before the message is answered: whoever waits for an answer cannot have begun what comes behind it.
    /// </summary>
    /// <exception cref="TlsProtocolException"><see cref="TlsErrorCause.MessageAcrossFlights"/>.</exception>
    public void ExpectEndOfFlight()
    {
        if (IsFollowed)
        {
            throw new TlsProtocolException(
                TlsErrorCause.MessageAcrossFlights, $"More came in the record of {Type}, which is the end of the peer's flight.");
        }
    }
}
