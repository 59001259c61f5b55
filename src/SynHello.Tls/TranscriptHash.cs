namespace SynHello.Tls;

/// <summary>A running hash that can be read without ending it (RFC 8446 section 4.4.1). Not thread-safe.</summary>
public abstract class TranscriptHash : IDisposable
{
    /// <summary>The size of the hash in bytes.</summary>
    public abstract int Length { get; }

    /// <summary>Adds bytes.</summary>
    /// <param name="data">What is added.</param>
    public abstract void Append(ReadOnlySpan<byte> data);

    /// <summary>Writes the hash of all that was added; more may be added afterwards.</summary>
    /// <param name="destination">Exactly <see cref="Length"/> bytes.</param>
    public abstract void GetCurrentHash(Span<byte> destination);

    /// <summary>Frees the hash.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the hash.</summary>
    /// <param name="disposing">Whether the call comes from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
