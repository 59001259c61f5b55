namespace SynHello.Bogo;

/// <summary>A callback fails because the runner asked it to.</summary>
internal sealed class CallbackFailedException(string message) : Exception(message);
