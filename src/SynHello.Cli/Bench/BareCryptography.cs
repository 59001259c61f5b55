namespace SynHello.Cli;

/// <summary>
/// What the cryptography costs by itself, in libcrypto: the public-key operations of a handshake, and the records of bulk data.
/// </summary>
internal static class BareCryptography
{
    private const int SecretLength = 32;

    /// <summary>The client's public-key operations: a key pair, an agreement, a verification.</summary>
    /// <returns>In microseconds; 0 without libcrypto.</returns>
    public static double ClientMicroseconds(HandshakeKind kind) => Measure(() =>
    {
        double agreement = AgreementMicroseconds(kind);
        if (kind.IsResumed)
            return agreement;
        using var signature = new BareSignature(kind.IsRsa);
        return agreement + BareSpeed.Microseconds(signature.Verify);
    });

    /// <summary>The server's: a key pair, an agreement, a signature.</summary>
    /// <returns>In microseconds; 0 without libcrypto.</returns>
    public static double ServerMicroseconds(HandshakeKind kind) => Measure(() =>
    {
        double agreement = AgreementMicroseconds(kind);
        if (kind.IsResumed)
            return agreement;
        using var signature = new BareSignature(kind.IsRsa);
        return agreement + BareSpeed.Microseconds(signature.Sign);
    });

    /// <summary>Both.</summary>
    /// <returns>In microseconds; 0 without libcrypto.</returns>
    public static double PairMicroseconds(HandshakeKind kind) => ClientMicroseconds(kind) + ServerMicroseconds(kind);

    /// <summary>
    /// What AES-128-GCM adds to the time of a record between two ends: one of sealing and opening, the slower one, where each end
    /// has a core of its own, because they go on at the same time; both where there is one core.
    /// </summary>
    /// <param name="length">How much content a record has.</param>
    /// <returns>In microseconds a record; 0 without libcrypto.</returns>
    public static double RecordMicroseconds(int length) => Measure(() =>
    {
        using var records = new BareRecords(length);
        double @sealed = BareSpeed.Microseconds(records.Seal), opened = BareSpeed.Microseconds(records.Open);
        return Environment.ProcessorCount > 1 ? Math.Max(@sealed, opened) : @sealed + opened;
    });

    public static void Check(bool succeeded)
    {
        if (!succeeded)
            throw new CommandFailure("libcrypto fails at the bare operations that the limits are measured by.");
    }

    /// <summary>In TLS 1.2 a resumed session agrees on nothing anew: no public-key operation is left.</summary>
    private static double AgreementMicroseconds(HandshakeKind kind) =>
        kind is { IsResumed: true, IsTls12: true } ? 0 : BareSpeed.Microseconds(Agree);

    /// <summary>One end's part with x25519: a key pair, its public key, the peer's, and the secret.</summary>
    private static void Agree()
    {
        nint generating = BareLibcrypto.EVP_PKEY_CTX_new_id(BareLibcrypto.X25519, 0), own = 0;
        Check(BareLibcrypto.EVP_PKEY_keygen_init(generating) == 1 && BareLibcrypto.EVP_PKEY_keygen(generating, ref own) == 1);
        Span<byte> publicKey = stackalloc byte[SecretLength], secret = stackalloc byte[SecretLength];
        nuint length = SecretLength;
        Check(BareLibcrypto.EVP_PKEY_get_raw_public_key(own, publicKey, ref length) == 1);
        nint peer = BareLibcrypto.EVP_PKEY_new_raw_public_key(BareLibcrypto.X25519, 0, publicKey, SecretLength);
        nint deriving = BareLibcrypto.EVP_PKEY_CTX_new(own, 0);
        Check(BareLibcrypto.EVP_PKEY_derive_init(deriving) == 1
            && BareLibcrypto.EVP_PKEY_derive_set_peer(deriving, peer) == 1
            && BareLibcrypto.EVP_PKEY_derive(deriving, secret, ref length) == 1);
        BareLibcrypto.EVP_PKEY_CTX_free(deriving);
        BareLibcrypto.EVP_PKEY_CTX_free(generating);
        BareLibcrypto.EVP_PKEY_free(peer);
        BareLibcrypto.EVP_PKEY_free(own);
    }

    private static double Measure(Func<double> measure)
    {
        try
        {
            return measure();
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return 0; // no limit is known
        }
    }
}
