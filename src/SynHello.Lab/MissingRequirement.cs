namespace SynHello.Lab;

/// <summary>Something that the emulated wire needs and this machine does not give.</summary>
/// <param name="What">What is missing, as one clause.</param>
/// <param name="Command">The exact command that allows it; null when no command on this machine can.</param>
public sealed record MissingRequirement(string What, string? Command)
{
    /// <summary>Returns what is missing and how to allow it, in one line.</summary>
    public override string ToString() => Command is null ? $"{What}." : $"{What}. To allow it, run: {Command}";
}
