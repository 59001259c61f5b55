using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SynHello.Sockets;

/// <summary>epoll(7), of which .NET's own instance tells nothing but that something can be read or written.</summary>
internal static partial class Epoll
{
    public const uint Out = 0x004;
    public const uint EdgeTriggered = 1u << 31;

    public const int Add = 1;
    public const int Delete = 2;

    private const int CloseOnExec = 0x80000;

    /// <summary>The size of struct epoll_event, which is packed on x86-64 alone.</summary>
    public static int EventSize { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    /// <summary>Where its data begins.</summary>
    public static int DataOffset => EventSize - sizeof(ulong);

    /// <summary>Makes an instance; an invalid handle when there are no descriptors left.</summary>
    public static SafeFileHandle Create() => new(CreateInstance(CloseOnExec), ownsHandle: true);

    /// <summary>Adds or removes a descriptor; false when the system refuses.</summary>
    public static bool TryControl(SafeFileHandle instance, int operation, SafeHandle descriptor, uint events, ulong data)
    {
        Span<byte> one = stackalloc byte[16];
        MemoryMarshal.Write(one, in events);
        MemoryMarshal.Write(one[DataOffset..], in data);
        return Control(instance, operation, descriptor, one) == 0;
    }

    /// <summary>Waits for events, for as long as it takes.</summary>
    /// <returns>How many there are; 0 when the wait was interrupted.</returns>
    public static int Wait(SafeFileHandle instance, Span<byte> events)
    {
        int count = WaitForEvents(instance, events, events.Length / EventSize, -1);
        return Math.Max(count, 0);
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int CreateInstance(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle instance, int operation, SafeHandle descriptor, Span<byte> one);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int WaitForEvents(SafeFileHandle instance, Span<byte> events, int most, int timeout);
}
