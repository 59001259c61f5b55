using System.IO.Pipelines;

namespace SynHello.AspNetCore;

/// <summary>What Kestrel reads from and writes to.</summary>
internal sealed class SecureDuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input { get; } = input;

    public PipeWriter Output { get; } = output;
}
