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

    public int HashLength => Running.Length;

    /// <summary>The messages so far, as long as the hash is not fixed.</summary>
    public ReadOnlySpan<byte> Unhashed => _unhashed.Written;

    private TranscriptHash Running => _hash ?? throw new InvalidOperationException("The transcript has no hash yet.");

    public void Append(ReadOnlySpan<byte> message)
    {
        if (_hash is null)
            _unhashed.WriteBytes(message);
        else
            _hash.Append(message);
    }

    /// <summary>Fixes the hash; what was kept goes into it.</summary>
    public void Start(TlsCryptoProvider provider, HashAlgorithmName algorithm)
    {
        _hash = provider.CreateTranscriptHash(algorithm);
        _hash.Append(_unhashed.Written);
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
