using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace SynHello.Lab;

/// <summary>
/// The network namespace of this process. An <see cref="EmulatedWire"/> lives in a private one, so that neither its
/// device nor its settings touch the machine's own network.
/// </summary>
/// <remarks>
/// A process with several threads cannot enter a namespace as a whole, and every .NET process has several, so a program
/// starts itself again in a new namespace: <see cref="ReExecute"/>.
/// </remarks>
public static class NetworkNamespace
{
    // Holds the namespace that the program was re-executed from, so that it says nothing false when it leaks elsewhere.
    private const string ParentVariable = "SYNHELLO_PARENT_NETNS";
    private const string Own = "/proc/self/ns/net";
    private const int MaxAncestors = 64;
    private const string FastOpenSetting = "/proc/sys/net/ipv4/tcp_fastopen";

    /// <summary>
    /// Whether this process is in another network namespace than the machine's first process; where that is kept from
    /// this user, than the process or user namespace that it came from.
    /// </summary>
    public static bool IsPrivate
    {
        get
        {
            if (!OperatingSystem.IsLinux() || ReadLink(Own) is not { } own)
                return false;
            if (Environment.GetEnvironmentVariable(ParentVariable) is { Length: > 0 } parent && parent != own)
                return true;

            // The first process's link is readable for root alone, and not even for root everywhere.
            return ReadLink("/proc/1/ns/net") is { } first
                ? first != own
                : IsOwnedByOwnUserNamespace() || HasAncestorElsewhere(own);
        }
    }

    /// <summary>
    /// Finds out whether this user may have a private network namespace and a TUN device in it. It tries both out,
    /// without leaving a trace.
    /// </summary>
    /// <returns>What is missing, each with the exact command that allows it.</returns>
    public static NamespaceSupport Probe() => NamespaceFacts.Gather(IsPrivate).Diagnose();

    /// <summary>
    /// Starts the current program again in a new network namespace, in place of this process: process number, standard
    /// streams, working directory and environment stay, signals reach the new program, and its exit status is this
    /// process's. Call it first thing in Main when <see cref="IsPrivate"/> is false; it does not return.
    /// </summary>
    /// <param name="arguments">The arguments for the program, without its name.</param>
    /// <exception cref="InvalidOperationException">
    /// The process is in a private namespace already, or the machine does not allow one; the message names each thing
    /// that is missing and the command that allows it.
    /// </exception>
    /// <exception cref="IOException">The system could not execute the program.</exception>
    [DoesNotReturn]
    public static void ReExecute(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (IsPrivate)
            throw new InvalidOperationException("This process is in a private network namespace already.");
        var facts = NamespaceFacts.Gather(isPrivate: false);
        NamespaceSupport support = facts.Diagnose();
        if (!support.IsSupported)
            throw new InvalidOperationException(support.ToString());
        EnterNew(facts, arguments);
    }

    /// <summary>Brings the loopback interface of this namespace up; in a new namespace it is down.</summary>
    /// <exception cref="InvalidOperationException">The namespace is not a private one.</exception>
    /// <exception cref="IOException">The interface could not be brought up.</exception>
    public static void BringLoopbackUp()
    {
        ThrowIfNotPrivate();
        using var configuration = new InterfaceConfiguration("lo");
        configuration.BringUp();
    }

    /// <summary>Reads this namespace's net.ipv4.tcp_fastopen: bit 0x1 allows it to clients, 0x2 to servers.</summary>
    /// <exception cref="IOException">The kernel has no such setting.</exception>
    public static int GetFastOpen() =>
        int.Parse(File.ReadAllText(FastOpenSetting).AsSpan().Trim(), CultureInfo.InvariantCulture);

    /// <summary>Writes this namespace's net.ipv4.tcp_fastopen.</summary>
    /// <param name="flags">0x1 allows it to clients, 0x2 to servers, 0x3 to both.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    /// <exception cref="InvalidOperationException">The namespace is not a private one.</exception>
    /// <exception cref="IOException">The kernel refuses the value.</exception>
    public static void SetFastOpen(int flags)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(flags);
        ThrowIfNotPrivate();
        File.WriteAllText(FastOpenSetting, flags.ToString(CultureInfo.InvariantCulture));
    }

    internal static void ThrowIfNotPrivate()
    {
        if (!IsPrivate)
        {
            string flags = Libc.GetEffectiveUser() == 0 ? "-n" : "-Urn";
            IEnumerable<string> words = ReExecution.CommandLine().Select(ReExecution.Quote);
            throw new InvalidOperationException(
                "The emulated wire works in a private network namespace only, and this process is in the machine's "
                + $"own. Run: unshare {flags} -- {string.Join(' ', words)}");
        }
    }

    // Apart from ReExecute so that a test, itself in a private namespace, can go one deeper.
    [DoesNotReturn]
    internal static void EnterNew(NamespaceFacts facts, IReadOnlyList<string> arguments) => ReExecution.Execute(
        facts.UnsharePath!,
        [facts.WorkingFlags!, "--", .. ReExecution.CommandLine(), .. arguments],
        ParentVariable,
        ReadLink(Own)!);

    private static bool IsOwnedByOwnUserNamespace()
    {
        const string InitialMap = "0 0 4294967295";
        string map = string.Join(' ', File.ReadAllText("/proc/self/uid_map").Split(
            (char[]?)null,
            StringSplitOptions.RemoveEmptyEntries));
        return map != InitialMap && ReadLink("/proc/self/ns/user") is { } user && OwnerOfNetwork() == user;
    }

    // Whoever called unshare -n is still where it was.
    private static bool HasAncestorElsewhere(string own)
    {
        int? process = ParentOf("self");
        for (int depth = 0; process > 1 && depth < MaxAncestors; depth++)
        {
            string id = process.Value.ToString(CultureInfo.InvariantCulture);
            if (ReadLink($"/proc/{id}/ns/net") is { } other && other != own)
                return true;
            process = ParentOf(id);
        }

        return false;
    }

    private static int? ParentOf(string process)
    {
        const string Field = "PPid:";
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status")
                .FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal));
            return line is null ? null : int.Parse(line.AsSpan(Field.Length).Trim(), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    // The link text of the user namespace that owns our network namespace (ioctl_ns(2)); null when we may not know.
    private static unsafe string? OwnerOfNetwork()
    {
        int network = Libc.Open(Own, Libc.CloseOnExec);
        if (network < 0)
            return null;
        using var networkHandle = new SafeFileHandle(network, ownsHandle: true);
        int owner = Libc.Control(networkHandle, Libc.GetOwningUserNamespace, null);
        if (owner < 0)
            return null;
        using var ownerHandle = new SafeFileHandle(owner, ownsHandle: true);
        return ReadLink($"/proc/self/fd/{owner}");
    }

    private static string? ReadLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
