using System.Buffers.Binary;

namespace SynHello.AspNetCore;

/// <summary>
/// Follows the frames of HTTP/2 through the bytes that come as early data, to know whose requests they are: Kestrel runs a request when
/// it gets to it, and by then the handshake may be complete and later requests be under way. Streams are opened in order (RFC 9113
/// section 5.1.1), so that the last one tells of all. Written by the one that reads the connection; read from any thread.
/// </summary>
internal sealed class EarlyHttp2Streams
{
    private const int PrefaceLength = 24;
    private const int HeaderLength = 9;
    private const byte Headers = 1;
    private const byte Continuation = 9;
    private const byte EndHeaders = 4;

    private readonly byte[] _header = new byte[HeaderLength];
    private int _headerLength;

    /// <summary>How many bytes of the preface, or of a frame's payload, are still to come (RFC 9113 sections 3.4, 4.1).</summary>
    private int _skip = PrefaceLength;
    private int _lastStream;

    /// <summary>The last stream whose request came whole, all of its header fields; 0 when there is none.</summary>
    public int LastStream => Volatile.Read(ref _lastStream);

    public void Follow(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_skip > 0)
            {
                int skipped = Math.Min(_skip, bytes.Length);
                _skip -= skipped;
                bytes = bytes[skipped..];
            }
            else
            {
                int taken = Math.Min(HeaderLength - _headerLength, bytes.Length);
                bytes[..taken].CopyTo(_header.AsSpan(_headerLength));
                _headerLength += taken;
                bytes = bytes[taken..];
                if (_headerLength == HeaderLength)
                    _skip = _header[0] << 16 | _header[1] << 8 | _header[2];
            }

            if (_skip == 0 && _headerLength == HeaderLength)
                EndFrame();
        }
    }

    private void EndFrame()
    {
        _headerLength = 0;
        bool endsHeaders = _header[3] is Headers or Continuation && (_header[4] & EndHeaders) != 0;
        int stream = (int)(BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(5)) & int.MaxValue);
        if (endsHeaders && stream > _lastStream)
            Volatile.Write(ref _lastStream, stream);
    }
}
