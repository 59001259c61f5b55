using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SynHello.Lab;

/// <summary>What was found out about this machine's namespaces and its TUN device, and what follows from it.</summary>
internal sealed record NamespaceFacts
{
    private static readonly TimeSpan TrialTimeout = TimeSpan.FromSeconds(10);

    public bool IsLinux { get; init; } = true;

    public bool IsRoot { get; init; }

    /// <summary>Whether this process is in a private namespace already, so that none has to be made.</summary>
    public bool IsPrivate { get; init; }

    public string? UnsharePath { get; init; }

    /// <summary>The flags with which unshare worked; null when it did not.</summary>
    public string? WorkingFlags { get; init; }

    /// <summary>What unshare said when it did not work.</summary>
    public string TrialError { get; init; } = "";

    /// <summary>kernel.unprivileged_userns_clone of Debian's kernels; null where there is none.</summary>
    public long? UserNamespaceClone { get; init; }

    public long? MaxUserNamespaces { get; init; }

    public long? MaxNetworkNamespaces { get; init; }

    /// <summary>kernel.apparmor_restrict_unprivileged_userns of Ubuntu's kernels; null where there is none.</summary>
    public long? AppArmorRestriction { get; init; }

    /// <summary>The errno of opening the TUN device for reading and writing; 0 when that works.</summary>
    public int TunError { get; init; }

    /// <summary>Whether the kernel has the TUN driver, whatever the device node says.</summary>
    public bool HasTunDriver { get; init; }

    public static NamespaceFacts Gather(bool isPrivate)
    {
        if (!OperatingSystem.IsLinux())
            return new NamespaceFacts { IsLinux = false };
        bool isRoot = Libc.GetEffectiveUser() == 0;
        string? unshare = FindUnshare();
        string? flags = null;
        string error = "";
        if (!isPrivate && unshare is not null)
        {
            // Only a trial tells: security modules and container runtimes refuse in ways that no setting shows.
            foreach (string candidate in isRoot ? (string[])["-n", "-Urn"] : ["-Urn"])
            {
                (bool works, string said) = Try(unshare, candidate);
                if (works)
                {
                    flags = candidate;
                    break;
                }

                error = error.Length == 0 ? said : error;
            }
        }

        return new NamespaceFacts
        {
            IsRoot = isRoot,
            IsPrivate = isPrivate,
            UnsharePath = unshare,
            WorkingFlags = flags,
            TrialError = error,
            UserNamespaceClone = ReadNumber("/proc/sys/kernel/unprivileged_userns_clone"),
            MaxUserNamespaces = ReadNumber("/proc/sys/user/max_user_namespaces"),
            MaxNetworkNamespaces = ReadNumber("/proc/sys/user/max_net_namespaces"),
            AppArmorRestriction = ReadNumber("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            TunError = TryTun(),
            HasTunDriver = Directory.Exists("/sys/class/misc/tun"),
        };
    }

    /// <summary>What is missing, each with the command that allows it.</summary>
    public NamespaceSupport Diagnose()
    {
        if (!IsLinux)
            return new NamespaceSupport([new("The emulated wire needs Linux", null)]);
        List<MissingRequirement> missing = [];
        if (!IsPrivate)
            DiagnoseNamespace(missing);
        DiagnoseTun(missing);
        return new NamespaceSupport(missing);
    }

    private void DiagnoseNamespace(List<MissingRequirement> missing)
    {
        if (UnsharePath is null)
        {
            missing.Add(new("The program unshare is not installed", AsRoot("apt-get install -y util-linux")));
            return;
        }

        if (WorkingFlags is not null)
            return;

        int before = missing.Count;
        if (!IsRoot && UserNamespaceClone == 0)
            missing.Add(Setting("User namespaces are for root only", "kernel.unprivileged_userns_clone=1"));
        if (!IsRoot && AppArmorRestriction == 1)
        {
            missing.Add(Setting(
                "AppArmor gives no rights in a user namespace",
                "kernel.apparmor_restrict_unprivileged_userns=0"));
        }

        if (!IsRoot && MaxUserNamespaces == 0)
            missing.Add(Setting("No user namespaces may be created", "user.max_user_namespaces=15000"));
        if (MaxNetworkNamespaces == 0)
            missing.Add(Setting("No network namespaces may be created", "user.max_net_namespaces=15000"));
        if (missing.Count > before)
            return;

        string said = TrialError.Length == 0 ? "" : $" ({TrialError})";
        missing.Add(IsRoot
            ? new($"Network namespaces are refused to root{said}; in a container, start it with "
                + "--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt apparmor=unconfined "
                + $"--device {TunDevice.Path}", null)
            : new($"User namespaces are refused to this user{said}; as root none is needed", RerunAsRoot()));
    }

    private void DiagnoseTun(List<MissingRequirement> missing)
    {
        const string Path = TunDevice.Path;
        switch (TunError)
        {
            case 0:
                break;
            case Libc.NoEntry when HasTunDriver:
                missing.Add(new(
                    $"{Path} does not exist",
                    AsRoot($"sh -c 'mkdir -p /dev/net && mknod -m 0666 {Path} c 10 200'")));
                break;
            case Libc.NoEntry or Libc.NoDevice or Libc.NoDeviceOrAddress:
                missing.Add(new("The kernel's TUN driver is not loaded", AsRoot("modprobe tun")));
                break;
            case Libc.AccessDenied:
                missing.Add(new($"{Path} may not be read and written by this user", AsRoot($"chmod 0666 {Path}")));
                break;
            case Libc.NotPermitted:
                missing.Add(new(
                    $"{Path} is kept from this container; start it with --device {Path} --cap-add NET_ADMIN", null));
                break;
            default:
                missing.Add(new($"{Path} cannot be opened: {new Win32Exception(TunError).Message}", null));
                break;
        }
    }

    private MissingRequirement Setting(string what, string assignment) =>
        new($"{what} ({assignment[..assignment.IndexOf('=')]})", AsRoot($"sysctl -w {assignment}"));

    private string AsRoot(string command) => IsRoot ? command : $"sudo {command}";

    private static string RerunAsRoot() =>
        $"sudo {string.Join(' ', ReExecution.CommandLine().Select(ReExecution.Quote))}";

    private static string? FindUnshare()
    {
        // sbin is not on everybody's path.
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/bin", "/bin", "/usr/sbin", "/sbin"])
            .Select(directory => Path.Combine(directory, "unshare"))
            .FirstOrDefault(File.Exists);
    }

    private static (bool Works, string Said) Try(string unshare, string flags)
    {
        try
        {
            using Process trial = Process.Start(new ProcessStartInfo(unshare, [flags, "--", "/bin/sh", "-c", ":"])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            })!;
            Task<string> said = trial.StandardError.ReadToEndAsync();
            if (!trial.WaitForExit(TrialTimeout))
            {
                trial.Kill(entireProcessTree: true);
                return (false, "unshare did not end");
            }

            return (trial.ExitCode == 0, said.Wait(TrialTimeout) ? said.Result.Trim().ReplaceLineEndings("; ") : "");
        }
        catch (Win32Exception e)
        {
            return (false, e.Message);
        }
    }

    private static long? ReadNumber(string path)
    {
        try
        {
            return long.TryParse(File.ReadAllText(path).AsSpan().Trim(), CultureInfo.InvariantCulture, out long number)
                ? number
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Opening the device does nothing yet, and fails for each reason for which the wire would.
    private static int TryTun()
    {
        int descriptor = Libc.Open(TunDevice.Path, Libc.ReadWrite | Libc.CloseOnExec);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError();
        new SafeFileHandle(descriptor, ownsHandle: true).Dispose();
        return 0;
    }
}
