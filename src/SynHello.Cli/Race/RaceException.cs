namespace SynHello.Cli.Race;

/// <summary>The race could not be run to its end; the message says why in one line.</summary>
internal sealed class RaceException : Exception
{
    public RaceException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
