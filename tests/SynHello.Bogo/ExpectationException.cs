namespace SynHello.Bogo;

/// <summary>A connection did not turn out as the runner said it would.</summary>
internal sealed class ExpectationException(string message) : Exception(message);
