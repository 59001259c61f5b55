namespace SynHello.Interop.Tests;

/// <summary>Takes everything for a replay.</summary>
internal sealed class RefusingRegister : ReplayRegister
{
    public override Guid Scope { get; } = Guid.NewGuid();

    public override ValueTask<bool> TryRegisterAsync(
        ReadOnlyMemory<byte> identifier, DateTimeOffset freshUntil, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(false);
}
