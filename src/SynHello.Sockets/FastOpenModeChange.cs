namespace SynHello.Sockets;

/// <summary>A step of a <see cref="FastOpenListener"/>, down under load or up again.</summary>
/// <param name="From">What was in force.</param>
/// <param name="To">What is in force now.</param>
/// <param name="Reason">Why.</param>
/// <param name="UnprovenConnections">
/// How many connections had an unproven address, those included that ended so within the last three seconds.
/// </param>
public sealed record FastOpenModeChange(
    FastOpenMode From, FastOpenMode To, FastOpenStepReason Reason, int UnprovenConnections)
{
    /// <summary>Whether less is taken from SYNs than before.</summary>
    public bool IsDown => To < From;
}
