using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace SynHello;

/// <summary>
/// Files that nobody but this user may read or write. On Windows, which has no modes, that is left to the folder.
/// </summary>
internal static partial class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Options for a file that is private from the moment it exists.</summary>
    public static FileStreamOptions Options(FileMode mode)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return options;
    }

    /// <summary>Opens a file to be read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="refusal">Why it is not trusted.</param>
    /// <returns>The file; null when it does not exist, or is refused.</returns>
    public static SafeFileHandle? TryOpen(string path, out string? refusal)
    {
        // Asked first, because opening a pipe would wait for somebody to write to it.
        refusal = null;
        if (!File.Exists(path))
        {
            refusal = Directory.Exists(path) ? "it is a folder" : null;
            return null;
        }

        if (OperatingSystem.IsLinux())
            refusal = Judge(Stat(null, path));
        if (refusal is not null)
            return null;

        SafeFileHandle handle = File.OpenHandle(
            path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            if (OperatingSystem.IsLinux())
                refusal = Judge(Stat(handle, ""));
            else if (!OperatingSystem.IsWindows())
                refusal = JudgeMode(File.GetUnixFileMode(handle));
        }
        catch
        {
            handle.Dispose();
            throw;
        }

        if (refusal is null)
            return handle;
        handle.Dispose();
        return null;
    }

    private static string? Judge(FileStatus? status)
    {
        const int TypeMask = 0xF000, RegularFile = 0x8000, Permissions = 0xFFF;
        if (status is not { } known)
            return "its owner cannot be told";
        if ((known.Mode & TypeMask) != RegularFile)
            return "it is no regular file";
        return known.UserId != EffectiveUserId()
            ? "it belongs to another user"
            : JudgeMode((UnixFileMode)(known.Mode & Permissions));
    }

    private static string? JudgeMode(UnixFileMode mode) =>
        (mode & Others) != UnixFileMode.None ? "others can read or write it (its mode has to be 0600)" : null;

    private static FileStatus? Stat(SafeFileHandle? handle, string path)
    {
        const int WorkingDirectory = -100, EmptyPath = 0x1000;
        const uint BasicStatus = 0x7FF;
        if (handle is null)
        {
            return StatExtended(WorkingDirectory, path, 0, BasicStatus, out FileStatus byPath) == 0 ? byPath : null;
        }

        return StatExtended(handle, path, EmptyPath, BasicStatus, out FileStatus byHandle) == 0 ? byHandle : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatExtended(
        int directory, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatExtended(
        SafeFileHandle directory, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUserId();

    /// <summary>The beginning of Linux's struct statx, which is the same on each architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private readonly struct FileStatus
    {
        [FieldOffset(20)]
        public readonly uint UserId;

        [FieldOffset(28)]
        public readonly ushort Mode;
    }
}
