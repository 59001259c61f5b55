using System.IO.Pipelines;

namespace SynHello.AspNetCore;

/// <summary>One end of a pair of pipes.</summary>
internal sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input { get; } = input;

    public PipeWriter Output { get; } = output;
}
