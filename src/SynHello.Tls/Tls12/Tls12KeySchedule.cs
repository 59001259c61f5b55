using System.Security.Cryptography;
using System.Text;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The secrets of a connection in TLS 1.2: the master secret, and what the PRF makes of it (RFC 5246 sections 5, 6.3, 8.1; RFC 7627).
/// </summary>
internal sealed class Tls12KeySchedule : IDisposable
{
    public const int MasterSecretLength = 48;

    /// <summary>The size of verify_data in bytes (RFC 5246 section 7.4.9).</summary>
    public const int VerifyDataLength = 12;

    private const int RandomLength = 32;

    private readonly TlsCryptoProvider _provider;
    private readonly Tls12CipherSuiteParameters _parameters;
    private readonly byte[] _masterSecret = new byte[MasterSecretLength];
    private readonly byte[] _randoms = new byte[2 * RandomLength];

    public Tls12KeySchedule(
        TlsCryptoProvider provider, CipherSuite suite, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> serverRandom)
    {
        _provider = provider;
        Suite = suite;
        _parameters = Tls12CipherSuiteParameters.Of(suite);
        clientRandom.CopyTo(_randoms);
        serverRandom.CopyTo(_randoms.AsSpan(RandomLength));
    }

    public CipherSuite Suite { get; }

    public HashAlgorithmName Hash => _parameters.Hash;

    public int HashLength => _parameters.HashLength;

    /// <summary>client_random and server_random.</summary>
    public ReadOnlySpan<byte> Randoms => _randoms;

    public ReadOnlySpan<byte> MasterSecret => _masterSecret;

    /// <summary>Whether the master secret is bound to the handshake that made it (RFC 7627).</summary>
    public bool IsExtended { get; private set; }

    /// <summary>master_secret = PRF(pre_master_secret, "extended master secret", session_hash) (RFC 7627 section 4).</summary>
    /// <param name="premasterSecret">The shared secret.</param>
    /// <param name="sessionHash">The hash of all messages up to ClientKeyExchange.</param>
    public void EnterExtendedMaster(ReadOnlySpan<byte> premasterSecret, ReadOnlySpan<byte> sessionHash)
    {
        IsExtended = true;
        Expand(premasterSecret, "extended master secret"u8, sessionHash, [], _masterSecret);
    }

    /// <summary>master_secret = PRF(pre_master_secret, "master secret", randoms) (RFC 5246 section 8.1).</summary>
    public void EnterMaster(ReadOnlySpan<byte> premasterSecret) =>
        Expand(premasterSecret, "master secret"u8, _randoms, [], _masterSecret);

    /// <summary>Takes the master secret of a session; sessions are kept only where it is an extended one.</summary>
    public void Resume(ReadOnlySpan<byte> masterSecret)
    {
        IsExtended = true;
        masterSecret.CopyTo(_masterSecret);
    }

    /// <summary>The keys of both directions, out of the key block (RFC 5246 section 6.3).</summary>
    public (Tls12RecordProtection Client, Tls12RecordProtection Server) CreateProtections()
    {
        (int key, int nonce) = (_parameters.KeyLength, _parameters.FixedNonceLength);
        Span<byte> block = stackalloc byte[2 * (key + nonce)];
        ReadOnlySpan<byte> client = _randoms.AsSpan(0, RandomLength), server = _randoms.AsSpan(RandomLength);
        Expand(_masterSecret, "key expansion"u8, server, client, block); // the other way round than elsewhere
        try
        {
            return (
                new Tls12RecordProtection(_provider, Suite, block[..key], block.Slice(2 * key, nonce)),
                new Tls12RecordProtection(_provider, Suite, block.Slice(key, key), block.Slice((2 * key) + nonce, nonce)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(block);
        }
    }

    /// <summary>verify_data = PRF(master_secret, finished_label, Hash(handshake_messages)) (RFC 5246 section 7.4.9).</summary>
    /// <param name="ofClient">Whose Finished it is.</param>
    /// <param name="transcriptHash">Of all messages in front of it.</param>
    /// <param name="verifyData"><see cref="VerifyDataLength"/> bytes.</param>
    public void ComputeFinished(bool ofClient, ReadOnlySpan<byte> transcriptHash, Span<byte> verifyData) =>
        Expand(_masterSecret, ofClient ? "client finished"u8 : "server finished"u8, transcriptHash, [], verifyData);

    /// <summary>Exported keying material (RFC 5705 section 4). An empty context is taken for none.</summary>
    public void Export(string label, ReadOnlySpan<byte> context, Span<byte> destination)
    {
        // RFC 7627 section 5.4: without the extension two connections can be made to share what is exported.
        if (!IsExtended)
            throw new InvalidOperationException("Keying material is not exported without an extended master secret.");
        if (label is "client finished" or "server finished" or "master secret" or "key expansion" or "extended master secret")
            throw new ArgumentException($"TLS 1.2 uses the label \"{label}\" itself (RFC 5705 section 4).", nameof(label));
        ReadOnlySpan<byte> name = Encoding.ASCII.GetBytes(label);
        if (context.IsEmpty)
        {
            Expand(_masterSecret, name, _randoms, [], destination);
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(context.Length, ushort.MaxValue, nameof(context));
        byte[] seed = [.. _randoms, (byte)(context.Length >> 8), (byte)context.Length, .. context];
        Expand(_masterSecret, name, seed, [], destination);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_masterSecret);

    private void Expand(
        ReadOnlySpan<byte> secret,
        ReadOnlySpan<byte> label,
        ReadOnlySpan<byte> seed,
        ReadOnlySpan<byte> secondSeed,
        Span<byte> destination) =>
        PseudorandomFunction.Expand(_provider, Hash, HashLength, secret, label, seed, secondSeed, destination);
}
