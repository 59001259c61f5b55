using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The handshake messages so far, hashed (RFC 8446 section 4.4.1). Until the cipher suite says which hash it is, the
/// messages themselves are kept; that is one ClientHello.
/// </summary>
internal sealed class Transcript : IDisposable
{
    private readonly TlsWriter _unhashed = new();
    private TranscriptHash? _hash;
    private bool _keepsMessages;

    public int HashLength => Running.Length;

    /// <summary>The messages so far, as long as the hash is not fixed, or they are kept.</summary>
    public ReadOnlySpan<byte> Unhashed => _unhashed.Written;

    private TranscriptHash Running => _hash ?? throw new InvalidOperationException("The transcript has no hash yet.");

    public void Append(ReadOnlySpan<byte> message)
    {
        if (_hash is null || _keepsMessages)
            _unhashed.WriteBytes(message);
        _hash?.Append(message);
    }

    /// <summary>Fixes the hash; what was kept goes into it.</summary>
    /// <param name="provider">Makes the hash.</param>
    /// <param name="algorithm">Which it is.</param>
    /// <param name="keepsMessages">
    /// Whether the messages are kept all the same, until <see cref="ForgetMessages"/>: in TLS 1.2 a client may sign them with another hash
    /// (RFC 5246 section 7.4.8).
    /// </param>
    public void Start(TlsCryptoProvider provider, HashAlgorithmName algorithm, bool keepsMessages = false)
    {
        _hash = provider.CreateTranscriptHash(algorithm);
        _hash.Append(_unhashed.Written);
        _keepsMessages = keepsMessages;
        if (!keepsMessages)
            _unhashed.Dispose();
    }

    /// <summary>Keeps no messages from here on.</summary>
    public void ForgetMessages()
    {
        _keepsMessages = false;
        _unhashed.Dispose();
    }

    /// <summary>Replaces the first ClientHello by a message_hash message, as a HelloRetryRequest demands.</summary>
    public void Retry(TlsCryptoProvider provider, HashAlgorithmName algorithm)
    {
        Span<byte> hash = stackalloc byte[HashLength];
        GetHash(hash);
        Running.Dispose();
        _hash = provider.CreateTranscriptHash(algorithm);
        AppendMessageHash(hash);
    }

    /// <summary>Begins with the message_hash of a ClientHello that is no longer at hand.</summary>
    public void AppendMessageHash(ReadOnlySpan<byte> clientHelloHash)
    {
        Append([HandshakeType.MessageHash.Value, 0, 0, (byte)clientHelloHash.Length]);
        Append(clientHelloHash);
    }

    /// <summary>The hash as it would be with a part of the next message, which is not added; before it is fixed.</summary>
    public void GetHashWith(TlsCryptoProvider provider, HashAlgorithmName algorithm, ReadOnlySpan<byte> part, Span<byte> destination)
    {
        if (_unhashed.Length == 0)
        {
            provider.Hash(algorithm, part, destination);
            return;
        }

        using TranscriptHash hash = provider.CreateTranscriptHash(algorithm);
        hash.Append(_unhashed.Written);
        hash.Append(part);
        hash.GetCurrentHash(destination);
    }

    public void GetHash(Span<byte> destination) => Running.GetCurrentHash(destination);

    public void Dispose()
    {
        _unhashed.Dispose();
        _hash?.Dispose();
        _hash = null;
    }
}
