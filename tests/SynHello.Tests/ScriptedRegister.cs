namespace SynHello.Tests;

/// <summary>A register that answers as the test says.</summary>
internal sealed class ScriptedRegister(Func<CancellationToken, ValueTask<bool>> answer, Guid? scope = null) : ReplayRegister
{
    private int _asked;

    public override Guid Scope { get; } = scope ?? Guid.NewGuid();

    /// <summary>How often it was asked.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public override ValueTask<bool> TryRegisterAsync(
        ReadOnlyMemory<byte> identifier,
        DateTimeOffset freshUntil,
        CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _asked);
        return answer(cancellationToken);
    }
}
