using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// Puts handshake messages together from the records that carry them; holds one message and a record at most.
/// </summary>
internal sealed class HandshakeBuffer : IDisposable
{
    private const int HeaderSize = 4;

    private readonly TlsWriter _bytes = new();
    private int _read;

    /// <summary>Whether nothing is left over, neither a whole message nor a part of one.</summary>
    public bool IsEmpty => _read == _bytes.Length;

    public void Append(ReadOnlySpan<byte> fragment)
    {
        _bytes.RemoveFront(_read);
        _read = 0;
        _bytes.WriteBytes(fragment);
    }

    /// <summary>The next whole message, header included. It stays valid until the next <see cref="Append"/>.</summary>
    public bool TryRead(out ReadOnlySpan<byte> message)
    {
        message = default;
        ReadOnlySpan<byte> rest = _bytes.Written[_read..];
        if (rest.Length < HeaderSize)
            return false;
        int length = (rest[1] << 16) | (rest[2] << 8) | rest[3];
        if (length > TlsLimits.HandshakeMessage)
        {
            throw new TlsProtocolException(
                TlsErrorCause.HandshakeMessageTooLarge,
                $"A {new HandshakeType(rest[0])} message of {length} bytes is above the limit of {TlsLimits.HandshakeMessage}.");
        }

        if (rest.Length - HeaderSize < length)
            return false;
        message = rest[..(HeaderSize + length)];
        _read += message.Length;
        return true;
    }

    /// <summary>Gives the memory back; what was buffered is gone.</summary>
    public void Dispose()
    {
        _bytes.Dispose();
        _read = 0;
    }
}
