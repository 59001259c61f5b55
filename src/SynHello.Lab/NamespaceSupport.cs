namespace SynHello.Lab;

/// <summary>Whether this machine lets this user have an emulated wire, and what would allow it.</summary>
/// <param name="Missing">What is missing; empty when everything is there.</param>
public sealed record NamespaceSupport(IReadOnlyList<MissingRequirement> Missing)
{
    /// <summary>Whether everything is there.</summary>
    public bool IsSupported => Missing.Count == 0;

    /// <summary>Returns one line for each thing that is missing.</summary>
    public override string ToString() => IsSupported
        ? "This machine lets this user have an emulated wire."
        : string.Join(Environment.NewLine, Missing);
}
