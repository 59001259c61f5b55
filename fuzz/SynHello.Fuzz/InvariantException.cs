namespace SynHello.Fuzz;

/// <summary>An execution did what must never happen.</summary>
internal sealed class InvariantException(string message, Exception? innerException = null) : Exception(message, innerException);
