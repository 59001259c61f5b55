namespace SynHello.Cli;

/// <summary>The operation failed; the message is the line to print.</summary>
internal sealed class CommandFailure(string message, Exception? innerException = null)
    : Exception(message, innerException);
