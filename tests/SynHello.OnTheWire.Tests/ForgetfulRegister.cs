namespace SynHello.OnTheWire.Tests;

/// <summary>A register that takes everything for new: what a test has to see the harm of.</summary>
internal sealed class ForgetfulRegister(Guid scope) : ReplayRegister
{
    public override Guid Scope => scope;

    public override ValueTask<bool> TryRegisterAsync(
        ReadOnlyMemory<byte> identifier, DateTimeOffset freshUntil, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(true);
}
