using SynHello.Wire;

namespace SynHello;

/// <summary>
/// A <see cref="SynHello.Tls.TlsCredential"/> whose key is elsewhere (<see cref="SynHello.Tls.TlsCredential.SignsElsewhere"/>), and that can have it sign, for
/// <see cref="SecureStream"/>. <see cref="ExternalKeyCredential"/> is one. Implementations are thread-safe.
/// </summary>
public interface IRemoteSigner
{
    /// <summary>
    /// Has the key sign. The handshake waits, for as long as its timeout lets it; what is thrown ends it with internal_error. The part up to
    /// the first wait runs on a thread that accepts connections, and must not block.
    /// </summary>
    /// <param name="scheme">How: one of the credential's schemes.</param>
    /// <param name="content">What is signed, before hashing.</param>
    /// <param name="cancellationToken">Canceled when nobody waits any more, whether the implementation looks at it or not.</param>
    /// <returns>The signature.</returns>
    ValueTask<ReadOnlyMemory<byte>> SignAsync(
        SignatureScheme scheme, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);
}
