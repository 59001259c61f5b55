using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SynHello;

/// <summary>
/// A key in its ring: the secret, which is cleared while others may still be about to use it, and how often it was used.
/// Thread-safe.
/// </summary>
internal sealed class TicketKey
{
    private readonly byte[] _secret = GC.AllocateArray<byte>(SessionTicketKey.SecretLength, pinned: true);
    private long _sealed;
    private volatile bool _cleared;

    public TicketKey(SessionTicketKey key, long rotateAt)
    {
        key.CopySecretTo(_secret);
        Name = MemoryMarshal.Read<UInt128>(key.Name.Span);
        CreatedAt = key.CreatedAt;
        RotateAt = rotateAt;
    }

    /// <summary>Keys of a ring that nobody has any more do not stay behind in memory.</summary>
    ~TicketKey() => Clear();

    public UInt128 Name { get; }

    public DateTimeOffset CreatedAt { get; }

    /// <summary>From when on nothing is sealed with it, as a timestamp of the ring's clock.</summary>
    public long RotateAt { get; }

    /// <summary>Counts one more ticket.</summary>
    /// <returns>False when there were as many as there may be.</returns>
    public bool TryCount(long maximum) => Interlocked.Increment(ref _sealed) <= maximum;

    /// <summary>Copies the secret.</summary>
    /// <returns>False when it was cleared: half a secret, or none, must seal and open nothing.</returns>
    public bool TryCopySecret(Span<byte> destination)
    {
        _secret.CopyTo(destination);

        // The mark is set before the first byte is cleared: as long as it is not seen, the copy is whole.
        Interlocked.MemoryBarrier();
        if (!_cleared)
            return true;
        CryptographicOperations.ZeroMemory(destination);
        return false;
    }

    public bool HasSecretOf(SessionTicketKey key)
    {
        Span<byte> other = stackalloc byte[SessionTicketKey.SecretLength];
        key.CopySecretTo(other);
        bool same = CryptographicOperations.FixedTimeEquals(_secret, other) && !_cleared;
        CryptographicOperations.ZeroMemory(other);
        return same;
    }

    public SessionTicketKey Export()
    {
        Span<byte> name = stackalloc byte[SessionTicketKey.NameLength];
        MemoryMarshal.Write(name, Name);
        return new SessionTicketKey(name, _secret, CreatedAt);
    }

    public void Clear()
    {
        _cleared = true;
        Interlocked.MemoryBarrier();
        CryptographicOperations.ZeroMemory(_secret);
    }
}
