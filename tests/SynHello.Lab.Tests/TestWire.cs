using System.Net;
using System.Net.Sockets;

namespace SynHello.Lab.Tests;

/// <summary>
/// A wire with a network of its own, so that no test sees another one's cookies, and a record of its packets.
/// </summary>
internal sealed class TestWire : IAsyncDisposable
{
    private const int TcpLevel = 6;
    private const int FastOpenQueue = 23;
    private const int FastOpenConnect = 30;
    private const int NoCookie = 34;

    private static int _networks;
    private readonly Counter _counter = new();

    private TestWire(EmulatedWireOptions options)
    {
        Wire = EmulatedWire.Start(options);
        Wire.Subscribe(Recorder);
        Wire.Subscribe(_counter);
    }

    public EmulatedWire Wire { get; }

    public PacketRecorder Recorder { get; } = new();

    public IReadOnlyList<WirePacket> Packets => Recorder.Snapshot();

    public IEnumerable<WirePacket> Delivered => Packets.Where(packet => packet.DeliveredAt is not null);

    public static IPNetwork FreshNetwork() =>
        new(new IPAddress([10, 100, (byte)Interlocked.Increment(ref _networks), 0]), 24);

    public static TestWire Start(Action<EmulatedWireOptions>? configure = null)
    {
        var options = new EmulatedWireOptions
        {
            OneWayDelay = TimeSpan.FromMilliseconds(10),
            Network = FreshNetwork(),
        };
        configure?.Invoke(options);
        return new TestWire(options);
    }

    /// <summary>Completes when the fate of so many packets is known, counted from the start of the wire.</summary>
    public Task WhenSettled(int packets) => _counter.WhenReached(packets).WaitAsync(TimeSpan.FromSeconds(30));

    public Socket Listen(bool cookieless = false)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetRawSocketOption(TcpLevel, FastOpenQueue, BitConverter.GetBytes(16));
        if (cookieless)
            listener.SetRawSocketOption(TcpLevel, NoCookie, BitConverter.GetBytes(1));
        listener.Bind(new IPEndPoint(Wire.LocalAddress, 0));
        listener.Listen();
        return listener;
    }

    public async Task<Socket> DialAsync(Socket listener, bool fastOpen = false, bool cookieless = false)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (fastOpen)
            client.SetRawSocketOption(TcpLevel, FastOpenConnect, BitConverter.GetBytes(1));
        if (cookieless)
            client.SetRawSocketOption(TcpLevel, NoCookie, BitConverter.GetBytes(1));
        await client.ConnectAsync(Wire.RemoteAddress, ((IPEndPoint)listener.LocalEndPoint!).Port);
        return client;
    }

    /// <summary>
    /// Sends a request over a connection of its own and returns what comes back from an echoing server.
    /// </summary>
    public async Task<byte[]> EchoAsync(Socket listener, byte[] request, bool fastOpen = false, bool cookieless = false)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Task serving = Task.Run(async () =>
        {
            using Socket server = await listener.AcceptAsync(timeout.Token);
            byte[] buffer = new byte[64 * 1024];
            int count;
            while ((count = await server.ReceiveAsync(buffer, timeout.Token)) > 0)
            {
                for (int sent = 0; sent < count;)
                    sent += await server.SendAsync(buffer.AsMemory(sent, count - sent), timeout.Token);
            }
        });
        using Socket client = await DialAsync(listener, fastOpen, cookieless);
        Task sending = Task.Run(async () =>
        {
            for (int sent = 0; sent < request.Length;)
                sent += await client.SendAsync(request.AsMemory(sent), timeout.Token);
        });
        byte[] response = new byte[request.Length];
        for (int received = 0; received < response.Length;)
        {
            int count = await client.ReceiveAsync(response.AsMemory(received), timeout.Token);
            Assert.NotEqual(0, count);
            received += count;
        }

        await sending;
        client.Shutdown(SocketShutdown.Send);
        await serving;
        return response;
    }

    public (Socket Sender, Socket Receiver) Datagrams()
    {
        var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        receiver.ReceiveBufferSize = 1 << 20;
        receiver.ReceiveTimeout = 30_000;
        receiver.Bind(new IPEndPoint(Wire.LocalAddress, 0));
        var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        sender.Connect(Wire.RemoteAddress, ((IPEndPoint)receiver.LocalEndPoint!).Port);
        return (sender, receiver);
    }

    /// <summary>Sends numbered datagrams, from 0, and waits until the fate of each is known.</summary>
    public async Task SendNumberedAsync(Socket sender, int count)
    {
        for (int i = 0; i < count; i++)
            sender.Send(BitConverter.GetBytes(i));
        await WhenSettled(count);
    }

    public static List<int> ReceiveNumbered(Socket receiver, int count)
    {
        List<int> numbers = [];
        byte[] buffer = new byte[1500];
        while (numbers.Count < count)
        {
            receiver.Receive(buffer);
            numbers.Add(BitConverter.ToInt32(buffer));
        }

        return numbers;
    }

    public ValueTask DisposeAsync() => Wire.DisposeAsync();

    private sealed class Counter : IWireObserver
    {
        private readonly Lock _gate = new();
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;
        private int _target = int.MaxValue;

        public Task WhenReached(int target)
        {
            lock (_gate)
            {
                _target = target;
                Check();
            }

            return _reached.Task;
        }

        public void OnDelivered(in WirePacket packet) => Add();

        public void OnDropped(in WirePacket packet) => Add();

        private void Add()
        {
            lock (_gate)
            {
                _count++;
                Check();
            }
        }

        private void Check()
        {
            if (_count >= _target)
                _reached.TrySetResult();
        }
    }
}
