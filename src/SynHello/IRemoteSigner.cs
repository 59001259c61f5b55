using SynHello.Wire;

namespace SynHello;

/// <summary>A credential whose key is elsewhere, and that can have it sign.</summary>
internal interface IRemoteSigner
{
    /// <summary>Has the key sign.</summary>
    /// <param name="scheme">How.</param>
    /// <param name="content">What is signed, before hashing.</param>
    /// <param name="cancellationToken">Canceled when nobody waits any more.</param>
    /// <returns>The signature.</returns>
    ValueTask<ReadOnlyMemory<byte>> SignAsync(
        SignatureScheme scheme, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);
}
