using SynHello.Lab;
using SynHello.OnTheWire.Tests;

// The tests share one network namespace, and some change its settings: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(PrivateNamespace))]

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// The private network namespace that the tests run in. They fail outside of one, with the command that makes it:
/// skipping would hide that nothing was tested.
/// </summary>
public sealed class PrivateNamespace
{
    public const int FastOpenForBoth = 3;

    public PrivateNamespace()
    {
        if (!NetworkNamespace.IsPrivate)
        {
            string program = Path.Combine(AppContext.BaseDirectory, "SynHello.OnTheWire.Tests.dll");
            throw new InvalidOperationException(
                $"These tests need a network namespace of their own. Run: unshare -n -- dotnet exec {program}");
        }

        NamespaceSupport support = NetworkNamespace.Probe();
        if (!support.IsSupported)
            throw new InvalidOperationException(support.ToString());
        NetworkNamespace.BringLoopbackUp();
        NetworkNamespace.SetFastOpen(FastOpenForBoth);
    }
}
