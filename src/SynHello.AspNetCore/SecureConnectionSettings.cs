using System.Buffers;

using Microsoft.Extensions.Logging;

namespace SynHello.AspNetCore;

/// <summary>
/// What the connections of a listener have in common. Disposed of with the listener, which Kestrel does when its connections are over or
/// were given up.
/// </summary>
internal sealed class SecureConnectionSettings(
    ILogger logger, TimeProvider timeProvider, EarlyRequests earlyRequests, MemoryPool<byte> memoryPool) : IDisposable
{
    public ILogger Logger { get; } = logger;

    public TimeProvider TimeProvider { get; } = timeProvider;

    public EarlyRequests EarlyRequests { get; } = earlyRequests;

    /// <summary>What Kestrel takes its buffers from.</summary>
    public MemoryPool<byte> MemoryPool { get; } = memoryPool;

    public ReadAhead ReadAhead { get; } = new(timeProvider);

    public void Dispose()
    {
        ReadAhead.Dispose();
        MemoryPool.Dispose();
    }
}
