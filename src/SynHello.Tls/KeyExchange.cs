using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>An ephemeral key pair of one connection (RFC 8446 section 4.2.8). Not thread-safe.</summary>
public abstract class KeyExchange : IDisposable
{
    /// <summary>The group of the key pair.</summary>
    public abstract NamedGroup Group { get; }

    /// <summary>
    /// The public value as it stands in key_share: 32 octets for x25519, an uncompressed point for the NIST curves.
    /// </summary>
    public abstract ReadOnlySpan<byte> PublicKey { get; }

    /// <summary>The size of the shared secret in bytes.</summary>
    public abstract int SharedSecretLength { get; }

    /// <summary>Computes the shared secret (RFC 8446 section 7.4).</summary>
    /// <param name="peerPublicKey">The other side's public value as received.</param>
    /// <param name="sharedSecret">Exactly <see cref="SharedSecretLength"/> bytes.</param>
    /// <exception cref="TlsProtocolException">
    /// <see cref="TlsErrorCause.InvalidKeyShare"/>: the value has the wrong length, is not on the curve, or leads to an
    /// all-zero secret.
    /// </exception>
    public abstract void DeriveSharedSecret(ReadOnlySpan<byte> peerPublicKey, Span<byte> sharedSecret);

    /// <summary>Destroys the private key.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Destroys the private key.</summary>
    /// <param name="disposing">Whether the call comes from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
