using System.Security.Cryptography;
using System.Text;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The key schedule of TLS 1.3 (RFC 8446 section 7.1) of one connection: it moves from the early secret by the
/// handshake secret to the master secret and hands out traffic secrets. Secrets are cleared as soon as the next one is made.
/// </summary>
internal sealed class KeySchedule(TlsCryptoProvider provider, CipherSuite suite) : IDisposable
{
    private readonly CipherSuiteParameters _parameters = CipherSuiteParameters.Of(suite);
    private readonly byte[] _current = new byte[CipherSuiteParameters.MaximumHashLength];
    private readonly byte[] _exporter = new byte[CipherSuiteParameters.MaximumHashLength];

    public CipherSuite Suite { get; } = suite;

    public HashAlgorithmName Hash => _parameters.Hash;

    public int HashLength => _parameters.HashLength;

    private Span<byte> Current => _current.AsSpan(0, HashLength);

    /// <summary>Early Secret = HKDF-Extract(0, PSK).</summary>
    /// <param name="preSharedKey">The key of a session; empty stands for as many zeros as the hash is long.</param>
    public void EnterEarly(ReadOnlySpan<byte> preSharedKey)
    {
        Span<byte> zero = stackalloc byte[HashLength];
        zero.Clear();
        provider.HkdfExtract(Hash, preSharedKey.IsEmpty ? zero : preSharedKey, [], Current);
    }

    /// <summary>
    /// The PskBinderEntry of a resumption: HMAC(finished_key of binder_key, transcript) (RFC 8446 section 4.2.11.2).
    /// </summary>
    /// <param name="transcriptHash">Of everything up to the binders of the ClientHello.</param>
    /// <param name="binder">As long as the hash.</param>
    public void ComputeBinder(ReadOnlySpan<byte> transcriptHash, Span<byte> binder)
    {
        Span<byte> binderKey = stackalloc byte[HashLength];
        DeriveSecret("res binder"u8, _parameters.EmptyHash, binderKey);
        ComputeFinished(binderKey, transcriptHash, binder);
        CryptographicOperations.ZeroMemory(binderKey);
    }

    /// <summary>Handshake Secret = HKDF-Extract(Derive-Secret(., "derived", ""), (EC)DHE).</summary>
    /// <param name="sharedSecret">The shared secret; empty, with a pre-shared key alone, stands for zeros.</param>
    public void EnterHandshake(ReadOnlySpan<byte> sharedSecret)
    {
        Span<byte> zero = stackalloc byte[HashLength];
        zero.Clear();
        Advance(sharedSecret.IsEmpty ? zero : sharedSecret);
    }

    /// <summary>Master Secret = HKDF-Extract(Derive-Secret(., "derived", ""), 0).</summary>
    public void EnterMaster()
    {
        Span<byte> zero = stackalloc byte[HashLength];
        zero.Clear();
        Advance(zero);
    }

    /// <summary>Derive-Secret(current secret, label, transcript).</summary>
    public void DeriveSecret(ReadOnlySpan<byte> label, ReadOnlySpan<byte> transcriptHash, Span<byte> secret) =>
        ExpandLabel(Current, label, transcriptHash, secret);

    /// <summary>Keeps exporter_master_secret.</summary>
    /// <param name="transcriptHash">Of everything up to the server's Finished.</param>
    public void DeriveExporter(ReadOnlySpan<byte> transcriptHash) =>
        DeriveSecret("exp master"u8, transcriptHash, _exporter.AsSpan(0, HashLength));

    /// <summary>
    /// Keeps resumption_master_secret in place of the master secret: nothing else is derived from that.
    /// </summary>
    /// <param name="transcriptHash">Of everything up to the client's Finished.</param>
    public void EnterResumption(ReadOnlySpan<byte> transcriptHash)
    {
        Span<byte> secret = stackalloc byte[HashLength];
        DeriveSecret("res master"u8, transcriptHash, secret);
        secret.CopyTo(Current);
        CryptographicOperations.ZeroMemory(secret);
    }

    /// <summary>
    /// The pre-shared key of a ticket: HKDF-Expand-Label(resumption_master_secret, "resumption", nonce) (RFC 8446
    /// section 4.6.1).
    /// </summary>
    public void DeriveTicketSecret(ReadOnlySpan<byte> nonce, Span<byte> secret) =>
        ExpandLabel(Current, "resumption"u8, nonce, secret);

    /// <summary>Forgets everything but the exporter's secret.</summary>
    public void Leave() => CryptographicOperations.ZeroMemory(_current);

    /// <summary>exporter_master_secret, for the key log.</summary>
    public ReadOnlySpan<byte> ExporterSecret => _exporter.AsSpan(0, HashLength);

    /// <summary>verify_data = HMAC(finished_key, transcript) (RFC 8446 section 4.4.4).</summary>
    public void ComputeFinished(ReadOnlySpan<byte> trafficSecret, ReadOnlySpan<byte> transcriptHash, Span<byte> verifyData)
    {
        Span<byte> finishedKey = stackalloc byte[HashLength];
        ExpandLabel(trafficSecret, "finished"u8, [], finishedKey);
        provider.Hmac(Hash, finishedKey, transcriptHash, verifyData);
        CryptographicOperations.ZeroMemory(finishedKey);
    }

    /// <summary>TLS-Exporter(label, context, length) (RFC 8446 section 7.5).</summary>
    public void Export(string label, ReadOnlySpan<byte> context, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[HashLength];
        Span<byte> secret = stackalloc byte[HashLength];
        ExpandLabel(_exporter.AsSpan(0, HashLength), Encoding.ASCII.GetBytes(label), _parameters.EmptyHash, secret);
        provider.Hash(Hash, context, hash);
        ExpandLabel(secret, "exporter"u8, hash, destination);
        CryptographicOperations.ZeroMemory(secret);
    }

    /// <summary>HKDF-Expand-Label(Secret, Label, Context, Length) (RFC 8446 section 7.1).</summary>
    public void ExpandLabel(
        ReadOnlySpan<byte> secret,
        ReadOnlySpan<byte> label,
        ReadOnlySpan<byte> context,
        Span<byte> destination)
    {
        ReadOnlySpan<byte> prefix = "tls13 "u8;
        Span<byte> info = stackalloc byte[2 + 1 + 255 + 1 + 255];
        int labelLength = prefix.Length + label.Length;
        info[0] = (byte)(destination.Length >> 8);
        info[1] = (byte)destination.Length;
        info[2] = checked((byte)labelLength);
        prefix.CopyTo(info[3..]);
        label.CopyTo(info[(3 + prefix.Length)..]);
        info[3 + labelLength] = checked((byte)context.Length);
        context.CopyTo(info[(4 + labelLength)..]);
        provider.HkdfExpand(Hash, secret, info[..(4 + labelLength + context.Length)], destination);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_current);
        CryptographicOperations.ZeroMemory(_exporter);
    }

    private void Advance(ReadOnlySpan<byte> inputKeyingMaterial)
    {
        Span<byte> salt = stackalloc byte[HashLength];
        ExpandLabel(Current, "derived"u8, _parameters.EmptyHash, salt);
        provider.HkdfExtract(Hash, inputKeyingMaterial, salt, Current);
        CryptographicOperations.ZeroMemory(salt);
    }
}
