using SynHello.Crypto;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>The real cryptography, a list of every nonce that something was sealed with, and a say in it.</summary>
internal sealed class SealWatch : TlsCryptoProvider
{
    private readonly DefaultCryptoProvider _inner = DefaultCryptoProvider.Instance;

    /// <summary>Key and nonce of each seal.</summary>
    public List<(string Key, string Nonce)> Sealed { get; } = [];

    /// <summary>Called before each seal; may throw.</summary>
    public Action? BeforeSeal { get; set; }

    public override IReadOnlyList<NamedGroup> Groups => _inner.Groups;

    public override IReadOnlyList<CipherSuite> CipherSuites => _inner.CipherSuites;

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => _inner.SignatureSchemes;

    public override void FillRandom(Span<byte> destination) => _inner.FillRandom(destination);

    public override KeyExchange CreateKeyExchange(NamedGroup group) => _inner.CreateKeyExchange(group);

    public override Aead CreateAead(CipherSuite cipherSuite, ReadOnlySpan<byte> key) =>
        new Watched(_inner.CreateAead(cipherSuite, key), Convert.ToHexString(key), this);

    public override TranscriptHash CreateTranscriptHash(System.Security.Cryptography.HashAlgorithmName algorithm) =>
        _inner.CreateTranscriptHash(algorithm);

    public override void Hash(
        System.Security.Cryptography.HashAlgorithmName algorithm, ReadOnlySpan<byte> data, Span<byte> destination) =>
        _inner.Hash(algorithm, data, destination);

    public override void Hmac(
        System.Security.Cryptography.HashAlgorithmName algorithm,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> data,
        Span<byte> destination) => _inner.Hmac(algorithm, key, data, destination);

    public override void HkdfExtract(
        System.Security.Cryptography.HashAlgorithmName algorithm,
        ReadOnlySpan<byte> inputKeyingMaterial,
        ReadOnlySpan<byte> salt,
        Span<byte> pseudorandomKey) => _inner.HkdfExtract(algorithm, inputKeyingMaterial, salt, pseudorandomKey);

    public override void HkdfExpand(
        System.Security.Cryptography.HashAlgorithmName algorithm,
        ReadOnlySpan<byte> pseudorandomKey,
        ReadOnlySpan<byte> info,
        Span<byte> destination) => _inner.HkdfExpand(algorithm, pseudorandomKey, info, destination);

    public override CertificateKey ImportCertificateKey(ReadOnlySpan<byte> certificate) =>
        _inner.ImportCertificateKey(certificate);

    private sealed class Watched(Aead inner, string key, SealWatch watch) : Aead
    {
        public override void Seal(
            ReadOnlySpan<byte> nonce,
            ReadOnlySpan<byte> associatedData,
            ReadOnlySpan<byte> plaintext,
            Span<byte> destination)
        {
            watch.BeforeSeal?.Invoke();
            watch.Sealed.Add((key, Convert.ToHexString(nonce)));
            inner.Seal(nonce, associatedData, plaintext, destination);
        }

        public override bool TryOpen(
            ReadOnlySpan<byte> nonce,
            ReadOnlySpan<byte> associatedData,
            ReadOnlySpan<byte> @sealed,
            Span<byte> plaintext) => inner.TryOpen(nonce, associatedData, @sealed, plaintext);

        protected override void Dispose(bool disposing) => inner.Dispose();
    }
}
