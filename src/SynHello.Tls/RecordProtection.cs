using System.Buffers.Binary;
using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The keys of one direction: a cipher, an IV and a sequence number (RFC 8446 sections 5.2, 5.3, 7.3).
/// </summary>
internal sealed class RecordProtection : IDisposable
{
    private readonly KeySchedule _keys;
    private readonly byte[] _secret;
    private readonly byte[] _iv = new byte[Aead.NonceLength];
    private readonly Aead _aead;
    private ulong _sequence;

    public RecordProtection(TlsCryptoProvider provider, KeySchedule keys, ReadOnlySpan<byte> trafficSecret)
    {
        _keys = keys;
        _secret = trafficSecret.ToArray();
        Span<byte> key = stackalloc byte[CipherSuiteParameters.Of(keys.Suite).KeyLength];
        keys.ExpandLabel(trafficSecret, "key"u8, [], key);
        keys.ExpandLabel(trafficSecret, "iv"u8, [], _iv);
        _aead = provider.CreateAead(keys.Suite, key);
        CryptographicOperations.ZeroMemory(key);
    }

    public ReadOnlySpan<byte> TrafficSecret => _secret;

    /// <summary>How many records were sealed or opened under these keys.</summary>
    public ulong Records => _sequence;

    /// <param name="header">The record header, which is authenticated.</param>
    /// <param name="plaintext">Content, type and padding; the beginning of <paramref name="destination"/>.</param>
    /// <param name="destination">Room for the plaintext and a tag.</param>
    public void Seal(ReadOnlySpan<byte> header, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        WriteNonce(nonce);
        _aead.Seal(nonce, header, plaintext, destination);
        _sequence++;
    }

    /// <summary>Opens a record. One that does not authenticate does not count.</summary>
    public bool TryOpen(ReadOnlySpan<byte> header, ReadOnlySpan<byte> @sealed, Span<byte> plaintext)
    {
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        WriteNonce(nonce);
        if (!_aead.TryOpen(nonce, header, @sealed, plaintext))
            return false;
        _sequence++;
        return true;
    }

    /// <summary>application_traffic_secret_N+1 (RFC 8446 section 7.2).</summary>
    public RecordProtection Next(TlsCryptoProvider provider)
    {
        Span<byte> next = stackalloc byte[_secret.Length];
        _keys.ExpandLabel(_secret, "traffic upd"u8, [], next);
        var protection = new RecordProtection(provider, _keys, next);
        CryptographicOperations.ZeroMemory(next);
        return protection;
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_secret);
        CryptographicOperations.ZeroMemory(_iv);
        _aead.Dispose();
    }

    private void WriteNonce(Span<byte> nonce)
    {
        if (_sequence == ulong.MaxValue)
            throw new TlsProtocolException(TlsErrorCause.KeyExhausted, "A key's sequence numbers are used up.");
        _iv.CopyTo(nonce);
        Span<byte> tail = nonce[4..];
        BinaryPrimitives.WriteUInt64BigEndian(tail, BinaryPrimitives.ReadUInt64BigEndian(tail) ^ _sequence);
    }
}
