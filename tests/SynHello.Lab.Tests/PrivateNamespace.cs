namespace SynHello.Lab.Tests;

/// <summary>
/// The private network namespace that the tests of the wire run in. They fail outside of one, with the command that
/// makes it: skipping would hide that nothing was tested.
/// </summary>
public sealed class PrivateNamespace
{
    public PrivateNamespace()
    {
        NetworkNamespace.ThrowIfNotPrivate();
        NamespaceSupport support = NetworkNamespace.Probe();
        if (!support.IsSupported)
            throw new InvalidOperationException(support.ToString());
        NetworkNamespace.BringLoopbackUp();
        NetworkNamespace.SetFastOpen(3);
    }
}

/// <summary>Tests that share the namespace run one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OnTheWire : ICollectionFixture<PrivateNamespace>
{
    public const string Name = "on the wire";
}
