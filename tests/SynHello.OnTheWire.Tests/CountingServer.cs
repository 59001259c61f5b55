using SynHello.Sockets;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// A listener with early data, and an application that runs a request as soon as it has it, early or not. Counts how often
/// it ran, and what of each ClientHello the listener has answered.
/// </summary>
internal sealed class CountingServer : IAsyncDisposable
{
    public static readonly byte[] Response = new byte[4000];

    private static readonly TimeSpan _hung = TimeSpan.FromMinutes(2);

    private readonly byte[] _request;
    private readonly SecureListener _listener;
    private readonly Task _accepting;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _keyLog = [];
    private readonly List<SecureStream> _open = [];
    private readonly List<Deed> _deeds = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _runs;
    private int _earlyRuns;
    private int _unproven;
    private long _furtherBytes;

    /// <summary>Listens on a wire.</summary>
    /// <param name="wire">The wire.</param>
    /// <param name="request">What is counted; other requests of the same length are answered too.</param>
    /// <param name="keys">The ticket keys.</param>
    /// <param name="register">The register.</param>
    /// <param name="port">The port.</param>
    /// <param name="mode">How data in SYNs is taken.</param>
    /// <param name="configure">Sets what is to be different.</param>
    public CountingServer(
        LongWire wire,
        byte[] request,
        CountedKeys keys,
        ReplayRegister register,
        int port = LongWire.Port,
        FastOpenMode mode = FastOpenMode.Cookieless,
        Action<SecureListenerOptions>? configure = null)
    {
        _request = request;
        Keys = keys;
        _listener = wire.Listen(
            mode,
            options =>
            {
                options.TicketKeys = keys;
                options.ReplayRegister = register;
                options.MaximumEarlyData = 16_384;

                // Nothing is to be refused for its age, and nobody for want of room: the register alone decides.
                options.EarlyDataWindow = Window;
                options.MaximumPendingConnections = 8192;
                options.Backlog = 4096;
                options.FastOpenQueueLength = 4096;
                options.KeyLog = Note;
                configure?.Invoke(options);
            },
            port);
        _accepting = AcceptAllAsync();
    }

    /// <summary>How long a ClientHello is fresh: longer than any test.</summary>
    public static TimeSpan Window => TimeSpan.FromHours(1);

    public CountedKeys Keys { get; }

    public SecureListener Listener => _listener;

    /// <summary>How often the request ran.</summary>
    public int Runs => Volatile.Read(ref _runs);

    /// <summary>How often it ran before its client's handshake was complete.</summary>
    public int EarlyRuns => Volatile.Read(ref _earlyRuns);

    /// <summary>How many bytes came behind requests: what was delivered twice within a connection.</summary>
    public long FurtherBytes => Interlocked.Read(ref _furtherBytes);

    /// <summary>All that the application did, also for requests that are not counted.</summary>
    public IReadOnlyList<Deed> Deeds
    {
        get
        {
            lock (_lock)
                return [.. _deeds];
        }
    }

    /// <summary>How many connections the application was given before their handshake was complete.</summary>
    public int Unproven => Volatile.Read(ref _unproven);

    /// <summary>How often a ClientHello was answered with a server's whole flight.</summary>
    public int Answered(string clientRandom) => Logged("EXPORTER_SECRET", clientRandom);

    /// <summary>How often its early data was taken.</summary>
    public int Accepted(string clientRandom) => Logged("CLIENT_EARLY_TRAFFIC_SECRET", clientRandom);

    /// <summary>Waits until a ClientHello was answered so often.</summary>
    public Task AnsweredAsync(string clientRandom, int count) => UntilAsync(() => Answered(clientRandom) >= count);

    /// <summary>Waits until the request ran so often.</summary>
    public Task RanAsync(int count) => UntilAsync(() => Runs >= count);

    /// <summary>Waits until the application did something so often.</summary>
    public Task DoneAsync(int count) => UntilAsync(() => Deeds.Count >= count);

    /// <summary>Ends the connections that the application has, as one that has nothing more to say.</summary>
    public async Task CloseConnectionsAsync()
    {
        foreach (SecureStream stream in TakeConnections())
            await stream.DisposeAsync();
    }

    /// <summary>Ends the connections that the application has, with a reset, so that nobody remembers them.</summary>
    public void AbortConnections()
    {
        foreach (SecureStream stream in TakeConnections())
            stream.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        AbortConnections();
        await _accepting.WaitAsync(_hung);
    }

    private List<SecureStream> TakeConnections()
    {
        lock (_lock)
        {
            List<SecureStream> taken = [.. _open];
            _open.Clear();
            return taken;
        }
    }

    private async Task AcceptAllAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                SecureStream stream = await _listener.AcceptAsync();
                if (!stream.IsHandshakeComplete)
                    Interlocked.Increment(ref _unproven);
                lock (_lock)
                    _open.Add(stream);
                serving.Add(Task.Run(() => ServeAsync(stream)));
            }
        }
        catch (ObjectDisposedException)
        {
            AbortConnections();
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(SecureStream stream)
    {
        await using (stream)
        {
            try
            {
                byte[] request = new byte[_request.Length];
                int length = 0;
                while (length < request.Length && await stream.ReadEarlyDataAsync(request.AsMemory(length)) is int read and > 0)
                    length += read;
                bool isEarly = length == request.Length;
                await stream.ReadExactlyAsync(request.AsMemory(length));
                Run(request, isEarly, stream.Report);
                await stream.WriteAsync(Response);
                for (int read; (read = await stream.ReadAsync(request)) > 0;)
                    Interlocked.Add(ref _furtherBytes, read);
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // A replay ends when the server does, because nobody completes its handshake.
            }
        }
    }

    private void Run(byte[] request, bool isEarly, HandshakeReport report)
    {
        lock (_lock)
            _deeds.Add(new Deed(Convert.ToHexString(request), isEarly, report));
        Change();
        if (!request.AsSpan().SequenceEqual(_request))
            return;
        if (isEarly)
            Interlocked.Increment(ref _earlyRuns);
        Interlocked.Increment(ref _runs);
        Change();
    }

    private void Note(string line)
    {
        string key = line[..line.LastIndexOf(' ')];
        lock (_lock)
            _keyLog[key] = _keyLog.GetValueOrDefault(key) + 1;
        Change();
    }

    private int Logged(string label, string clientRandom)
    {
        lock (_lock)
            return _keyLog.GetValueOrDefault($"{label} {clientRandom}");
    }

    private void Change()
    {
        lock (_lock)
        {
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
                changed = _changed.Task;
            if (condition())
                return;
            await changed.WaitAsync(_hung);
        }
    }

    /// <summary>One request that ran.</summary>
    /// <param name="Request">Its bytes, in hexadecimal.</param>
    /// <param name="IsEarly">Whether it ran before the handshake was complete.</param>
    /// <param name="Report">What the connection says of itself.</param>
    internal sealed record Deed(string Request, bool IsEarly, HandshakeReport Report);
}
