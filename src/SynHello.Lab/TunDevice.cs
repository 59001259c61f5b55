using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SynHello.Lab;

/// <summary>
/// A TUN device: a network interface of the current namespace whose packets this process reads and writes. It exists
/// until it is disposed. One thread at a time.
/// </summary>
internal sealed unsafe class TunDevice : IDisposable
{
    public const string Path = "/dev/net/tun";

    private const short Tun = 0x0001;
    private const short NoPacketInformation = 0x1000;
    private const int QueueLength = 10_000;

    private readonly SafeFileHandle _handle;

    private TunDevice(SafeFileHandle handle, string name)
    {
        _handle = handle;
        Name = name;
    }

    public string Name { get; }

    public int Descriptor => (int)_handle.DangerousGetHandle();

    public static TunDevice Create(EmulatedWireOptions options, IPAddress local, IPAddress? localV6)
    {
        int descriptor = Libc.Open(Path, Libc.ReadWrite | Libc.NonBlocking | Libc.CloseOnExec);
        if (descriptor < 0)
            throw Libc.Failure($"Could not open {Path}");
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            var request = InterfaceConfiguration.Request.For("wire%d");
            request.Flags = Tun | NoPacketInformation;
            if (Libc.Control(handle, Libc.TunSetInterface, &request) < 0)
                throw Libc.Failure("Could not create a TUN device");
            string name = Encoding.ASCII.GetString(
                MemoryMarshal.CreateReadOnlySpanFromNullTerminated(request.Name));
            Configure(name, options, local, localV6);
            return new TunDevice(handle, name);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads one packet; 0 when none is ready.</summary>
    public int Read(byte[] pinned)
    {
        while (true)
        {
            nint count = Libc.Read(_handle, PointerTo(pinned), (nuint)pinned.Length);
            if (count >= 0)
                return (int)count;
            int error = Marshal.GetLastPInvokeError();
            if (error == Libc.TryAgain)
                return 0;
            if (error != Libc.Interrupted)
                throw Libc.Failure($"Could not read from {Name}");
        }
    }

    /// <summary>Delivers one packet to this machine's network stack.</summary>
    public void Write(byte[] pinned, int length)
    {
        while (Libc.Write(_handle, PointerTo(pinned), (nuint)length) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
                throw Libc.Failure($"Could not write to {Name}");
        }
    }

    public void Dispose() => _handle.Dispose();

    private static void Configure(string name, EmulatedWireOptions options, IPAddress local, IPAddress? localV6)
    {
        // Neither router solicitations nor link-local addresses belong on this wire. A kernel without IPv6 has no such
        // file.
        if (localV6 is null)
            TryWrite($"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "1");
        TryWrite($"/proc/sys/net/ipv6/conf/{name}/addr_gen_mode", "1");
        TryWrite($"/proc/sys/net/ipv6/conf/{name}/router_solicitations", "0");
        TryWrite($"/proc/sys/net/ipv6/conf/{name}/accept_dad", "0");

        using var configuration = new InterfaceConfiguration(name);
        configuration.SetMtu(options.Mtu);
        configuration.SetQueueLength(QueueLength);
        configuration.SetAddress(local, options.Network.PrefixLength);
        configuration.BringUp();
        if (localV6 is not null)
            configuration.SetAddressV6(localV6, options.NetworkV6!.Value.PrefixLength);
    }

    private static void TryWrite(string path, string value)
    {
        try
        {
            File.WriteAllText(path, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static byte* PointerTo(byte[] pinned) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
}
