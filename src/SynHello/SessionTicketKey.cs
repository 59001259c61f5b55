using System.Security.Cryptography;

namespace SynHello;

/// <summary>
/// A key that session tickets are sealed with, to be carried from one <see cref="SessionTicketKeyRing"/> to another.
/// Whoever has it can open every ticket that was sealed with it, and so resume those sessions, read their early data
/// and, where psk_ke was used, all of their data (RFC 8446 section 2.2, appendix E.5). Immutable until it is disposed
/// of, and safe to use from any thread.
/// </summary>
public sealed class SessionTicketKey : IDisposable
{
    /// <summary>The size of a key's name in bytes.</summary>
    public const int NameLength = 16;

    /// <summary>The size of a key's secret in bytes: AES-256.</summary>
    public const int SecretLength = 32;

    private readonly byte[] _name;
    private readonly byte[] _secret;
    private volatile bool _disposed;

    /// <summary>Makes a key of its parts, which are copied.</summary>
    /// <param name="name">What stands in front of each ticket in the clear: <see cref="NameLength"/> bytes.</param>
    /// <param name="secret">The secret, from a cryptographic source: <see cref="SecretLength"/> bytes.</param>
    /// <param name="createdAt">When it was drawn: its age decides how long it is used.</param>
    /// <exception cref="ArgumentException">A length is wrong, or the secret is all zero.</exception>
    public SessionTicketKey(ReadOnlySpan<byte> name, ReadOnlySpan<byte> secret, DateTimeOffset createdAt)
    {
        if (name.Length != NameLength)
            throw new ArgumentException($"A key's name has {NameLength} bytes.", nameof(name));
        if (secret.Length != SecretLength)
            throw new ArgumentException($"A key's secret has {SecretLength} bytes.", nameof(secret));
        if (!secret.ContainsAnyExcept((byte)0))
            throw new ArgumentException("A key's secret is all zero: anybody could seal tickets with it.", nameof(secret));
        _name = name.ToArray();
        _secret = GC.AllocateUninitializedArray<byte>(SecretLength, pinned: true); // the collector makes no copies of it
        secret.CopyTo(_secret);
        CreatedAt = createdAt;
    }

    /// <summary>The name: <see cref="NameLength"/> bytes, and no secret.</summary>
    public ReadOnlyMemory<byte> Name => _name;

    /// <summary>When it was drawn.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>Copies the secret, to be kept where nobody else can read it and cleared as soon as it is used.</summary>
    /// <param name="destination">What is filled: <see cref="SecretLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The length is wrong.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed of.</exception>
    public void CopySecretTo(Span<byte> destination)
    {
        if (destination.Length != SecretLength)
            throw new ArgumentException($"A key's secret has {SecretLength} bytes.", nameof(destination));
        _secret.CopyTo(destination);
        Interlocked.MemoryBarrier();
        if (!_disposed)
            return;
        CryptographicOperations.ZeroMemory(destination);
        throw new ObjectDisposedException(nameof(SessionTicketKey));
    }

    /// <summary>Clears the secret. Rings that the key was given to have their own copies.</summary>
    public void Dispose()
    {
        _disposed = true;
        Interlocked.MemoryBarrier();
        CryptographicOperations.ZeroMemory(_secret);
    }

    /// <summary>The type alone: nothing of the key.</summary>
    public override string ToString() => nameof(SessionTicketKey);
}
