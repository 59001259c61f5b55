namespace SynHello.Tls;

/// <summary>An AEAD cipher under one key (RFC 5116), with a 12-byte nonce and a 16-byte tag. Not thread-safe.</summary>
public abstract class Aead : IDisposable
{
    /// <summary>The size of a nonce in bytes.</summary>
    public const int NonceLength = 12;

    /// <summary>The size of a tag in bytes.</summary>
    public const int TagLength = 16;

    /// <summary>Encrypts and authenticates.</summary>
    /// <param name="nonce"><see cref="NonceLength"/> bytes, never used twice under this key.</param>
    /// <param name="associatedData">Authenticated, not encrypted.</param>
    /// <param name="plaintext">
    /// What is encrypted; may be the beginning of <paramref name="destination"/> itself (in place).
    /// </param>
    /// <param name="destination">
    /// Exactly <paramref name="plaintext"/>'s length and <see cref="TagLength"/> more.
    /// </param>
    public abstract void Seal(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> destination);

    /// <summary>
    /// Encrypts and authenticates a plaintext that lies in two places: a record's content, and what is behind it.
    /// </summary>
    /// <param name="nonce"><see cref="NonceLength"/> bytes, never used twice under this key.</param>
    /// <param name="associatedData">Authenticated, not encrypted.</param>
    /// <param name="first">The plaintext's first part, outside <paramref name="destination"/>.</param>
    /// <param name="secondLength">
    /// The length of the second part, which is where it belongs in <paramref name="destination"/>: behind room for the first.
    /// </param>
    /// <param name="destination">Exactly the length of both parts and <see cref="TagLength"/> more.</param>
    public virtual void Seal(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> first,
        int secondLength,
        Span<byte> destination)
    {
        first.CopyTo(destination);
        Seal(nonce, associatedData, destination[..(first.Length + secondLength)], destination);
    }

    /// <summary>Checks and decrypts.</summary>
    /// <param name="nonce"><see cref="NonceLength"/> bytes.</param>
    /// <param name="associatedData">Authenticated, not encrypted.</param>
    /// <param name="sealed">Ciphertext with its tag behind it: at least <see cref="TagLength"/> bytes.</param>
    /// <param name="plaintext">Exactly <see cref="TagLength"/> bytes less than <paramref name="sealed"/>.</param>
    /// <returns>False when it does not authenticate; <paramref name="plaintext"/> then holds nothing of use.</returns>
    public abstract bool TryOpen(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> @sealed,
        Span<byte> plaintext);

    /// <summary>Destroys the key.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Destroys the key.</summary>
    /// <param name="disposing">Whether the call comes from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
