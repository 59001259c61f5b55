using System.Buffers.Binary;
using System.Security.Cryptography;

using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Transparent;

/// <summary>
/// Cryptography that hides nothing, so that what is in a record can be changed where it lies: a sealed record is its plaintext with a
/// tag that only names the key. Nothing is random either: two connections of one seed are the same, byte by byte.
/// </summary>
/// <param name="seed">What every random value comes from.</param>
/// <param name="binds">
/// Whether hashes, signatures and key agreement depend on what they are made of, as they should: then nobody who changed a message gets
/// to the end of a handshake. Without it every signature and every Finished fits whatever was said, and what is behind them is reached.
/// </param>
internal sealed class TransparentCryptoProvider(ulong seed, bool binds) : TlsCryptoProvider
{
    private FuzzRandom _random = new(seed);

    public bool Binds { get; } = binds;

    /// <summary>Whether a record under another key does not open.</summary>
    public bool ChecksTags { get; set; } = true;

    public override IReadOnlyList<NamedGroup> Groups { get; } = [NamedGroup.X25519, NamedGroup.Secp256r1, NamedGroup.Secp384r1];

    public override IReadOnlyList<CipherSuite> CipherSuites { get; } =
    [
        CipherSuite.TlsAes128GcmSha256,
        CipherSuite.TlsAes256GcmSha384,
        CipherSuite.TlsChaCha20Poly1305Sha256,
        CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256,
        CipherSuite.TlsEcdheRsaWithAes128GcmSha256,
        CipherSuite.TlsEcdheEcdsaWithAes256GcmSha384,
        CipherSuite.TlsEcdheRsaWithAes256GcmSha384,
        CipherSuite.TlsEcdheEcdsaWithChaCha20Poly1305Sha256,
        CipherSuite.TlsEcdheRsaWithChaCha20Poly1305Sha256,
    ];

    public override IReadOnlyList<SignatureScheme> SignatureSchemes { get; } =
    [
        SignatureScheme.EcdsaSecp256r1Sha256,
        SignatureScheme.EcdsaSecp384r1Sha384,
        SignatureScheme.Ed25519,
        SignatureScheme.RsaPssRsaeSha256,
        SignatureScheme.RsaPssRsaeSha384,
        SignatureScheme.RsaPssRsaeSha512,
    ];

    public override IReadOnlyList<CertificateCompressionAlgorithm> CertificateCompressionAlgorithms =>
        DefaultCryptoProvider.Instance.CertificateCompressionAlgorithms;

    /// <summary>Starts the random values anew: the next connection is like the first.</summary>
    public void Restart() => _random = new FuzzRandom(seed);

    public override void FillRandom(Span<byte> destination) => _random.Fill(destination);

    public override KeyExchange CreateKeyExchange(NamedGroup group) => new TransparentKeyExchange(this, group);

    public override Aead CreateAead(CipherSuite cipherSuite, ReadOnlySpan<byte> key) =>
        new TransparentAead(this, Mixer.Absorb(Mixer.Absorb(Mixer.Start, cipherSuite.Value), key));

    public override TranscriptHash CreateTranscriptHash(HashAlgorithmName algorithm) =>
        new TransparentTranscriptHash(Binds, LengthOf(algorithm));

    public override void Hash(HashAlgorithmName algorithm, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        using TranscriptHash hash = CreateTranscriptHash(algorithm);
        hash.Append(data);
        hash.GetCurrentHash(destination);
    }

    public override void Hmac(
        HashAlgorithmName algorithm, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> destination) =>
        Mixer.Squeeze(Mixer.Absorb(Mixer.Absorb(Mixer.Start, key), data), destination[..LengthOf(algorithm)]);

    public override void HkdfExtract(
        HashAlgorithmName algorithm, ReadOnlySpan<byte> inputKeyingMaterial, ReadOnlySpan<byte> salt, Span<byte> pseudorandomKey) =>
        Hmac(algorithm, salt, inputKeyingMaterial, pseudorandomKey);

    public override void HkdfExpand(
        HashAlgorithmName algorithm, ReadOnlySpan<byte> pseudorandomKey, ReadOnlySpan<byte> info, Span<byte> destination) =>
        Mixer.Squeeze(Mixer.Absorb(Mixer.Absorb(Mixer.Start, pseudorandomKey), info), destination);

    public override CertificateKey ImportCertificateKey(ReadOnlySpan<byte> certificate) =>
        TransparentCertificateKey.Import(certificate, Binds);

    public override byte[] CompressCertificate(CertificateCompressionAlgorithm algorithm, ReadOnlySpan<byte> message) =>
        DefaultCryptoProvider.Instance.CompressCertificate(algorithm, message);

    public override bool TryDecompressCertificate(
        CertificateCompressionAlgorithm algorithm, ReadOnlySpan<byte> compressed, Span<byte> destination) =>
        DefaultCryptoProvider.Instance.TryDecompressCertificate(algorithm, compressed, destination);

    private static int LengthOf(HashAlgorithmName algorithm) => algorithm == HashAlgorithmName.SHA384 ? 48 : 32;

    private sealed class TransparentAead(TransparentCryptoProvider provider, ulong key) : Aead
    {
        public override void Seal(
            ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext, Span<byte> destination)
        {
            plaintext.CopyTo(destination);
            Span<byte> tag = destination.Slice(plaintext.Length, TagLength);
            BinaryPrimitives.WriteUInt64LittleEndian(tag, key);
            BinaryPrimitives.WriteUInt64LittleEndian(tag[8..], key);
        }

        public override bool TryOpen(
            ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> @sealed, Span<byte> plaintext)
        {
            @sealed[..plaintext.Length].CopyTo(plaintext);
            return !provider.ChecksTags || BinaryPrimitives.ReadUInt64LittleEndian(@sealed[^TagLength..]) == key;
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class TransparentTranscriptHash(bool binds, int length) : TranscriptHash
    {
        private ulong _state = Mixer.Start;
        private ulong _word;
        private int _inWord;

        public override int Length => length;

        public override void Append(ReadOnlySpan<byte> data)
        {
            if (!binds)
                return;

            // What counts is the bytes, not how they were handed in.
            foreach (byte octet in data)
            {
                _word |= (ulong)octet << (8 * _inWord);
                if (++_inWord < sizeof(ulong))
                    continue;
                _state = Mixer.Absorb(_state, _word);
                _word = 0;
                _inWord = 0;
            }
        }

        public override void GetCurrentHash(Span<byte> destination) =>
            Mixer.Squeeze(Mixer.Absorb(Mixer.Absorb(_state, _word), (ulong)_inWord), destination[..length]);

        protected override void Dispose(bool disposing)
        {
        }
    }
}
