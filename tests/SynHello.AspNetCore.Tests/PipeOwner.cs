namespace SynHello.AspNetCore.Tests;

/// <summary>Who is told how a connection ended, and nothing else.</summary>
internal sealed class PipeOwner : ISecurePipeOwner
{
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when nothing more can be read or written.</summary>
    public Task Broken => _broken.Task;

    public Exception? Explain(Exception exception) =>
        exception is OperationCanceledException or ObjectDisposedException ? null : exception;

    public void OnBroken() => _broken.TrySetResult();

    public void GiveUp(Exception reason) => _broken.TrySetResult();
}
