using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SynHello.Lab;

/// <summary>
/// The system calls of Linux that .NET does not offer. Numbers are those of the generic Linux ABI (x64, arm64).
/// </summary>
internal static unsafe partial class Libc
{
    public const int ReadWrite = 0x2;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const short PollIn = 0x1;
    public const int SetTimerSlack = 29;
    public const int ScheduleOther = 0;
    public const int ScheduleFifo = 1;
    public const int ScheduleRoundRobin = 2;
    public const int ScheduleResetOnFork = 0x40000000;

    public const int NetlinkFamily = 16;
    public const int RawSocket = 3;
    public const int RouteProtocol = 0;

    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int NoDeviceOrAddress = 6;
    public const int TryAgain = 11;
    public const int AccessDenied = 13;
    public const int NoDevice = 19;

    public const nuint TunSetInterface = 0x400454CA;
    public const nuint GetInterfaceFlags = 0x8913;
    public const nuint SetInterfaceFlags = 0x8914;
    public const nuint SetInterfaceAddress = 0x8916;
    public const nuint SetInterfaceNetmask = 0x891C;
    public const nuint SetInterfaceMtu = 0x8922;
    public const nuint GetInterfaceIndex = 0x8933;
    public const nuint GetOwningUserNamespace = 0xB701;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeFileHandle descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeFileHandle descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeHandle descriptor, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    public static partial int Poll(PollDescriptor* descriptors, nuint count, TimeSpecification* timeout, void* mask);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int ProcessControl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    public static partial int SetScheduler(int thread, int policy, int* priority);

    [LibraryImport("libc", EntryPoint = "sched_getscheduler", SetLastError = true)]
    public static partial int GetScheduler(int thread);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    public static partial int GetAffinity(int thread, nuint length, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    public static partial int SetAffinity(int thread, nuint length, ulong* mask);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    public static partial int SetPriority(int which, int who, int nice);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int OpenSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Execute(string path, string?[] arguments, string?[] environment);

    /// <summary>The error of the last call on this thread, with what was being done.</summary>
    public static IOException Failure(string what)
    {
        var cause = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{what}: {cause.Message}.", cause);
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpecification
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
