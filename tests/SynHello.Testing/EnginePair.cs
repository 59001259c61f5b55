using SynHello.Tls;

namespace SynHello.Testing;

/// <summary>
/// A client and a server engine in memory. Bytes go from one to the other whole, or cut and changed as the test says.
/// </summary>
public sealed class EnginePair : IDisposable
{
    /// <summary>Makes the two engines; nothing is sent yet.</summary>
    public EnginePair(TlsClientConfiguration client, TlsServerConfiguration server, string? serverName = "example.com")
    {
        Client = new EngineEnd(new TlsClientEngine(client, serverName));
        Server = new EngineEnd(new TlsServerEngine(server));
    }

    public EngineEnd Client { get; }

    public EngineEnd Server { get; }

    public TlsClientEngine ClientEngine => (TlsClientEngine)Client.Engine;

    public TlsServerEngine ServerEngine => (TlsServerEngine)Server.Engine;

    /// <summary>Cuts what is delivered into pieces; each is handed in by a call of its own.</summary>
    public Func<byte[], IEnumerable<byte[]>> Split { get; set; } = bytes => [bytes];

    /// <summary>Changes what the client sent before the server sees it.</summary>
    public Func<byte[], byte[]>? TamperClient { get; set; }

    /// <summary>Changes what the server sent before the client sees it.</summary>
    public Func<byte[], byte[]>? TamperServer { get; set; }

    /// <summary>How often bytes went from the client to the server and back until nobody had more to say.</summary>
    public int RoundTrips { get; private set; }

    /// <summary>Starts the client and carries bytes until both are silent.</summary>
    public EnginePair Handshake() => Handshake(default);

    /// <summary>Starts the client with a session or early data and carries bytes until both are silent.</summary>
    public EnginePair Handshake(in TlsClientStart start)
    {
        ClientEngine.Start(start, Client.Output);
        Pump();
        return this;
    }

    /// <summary>All the sessions that the client was given and did not read yet.</summary>
    public IReadOnlyList<TlsSession> ReadSessions()
    {
        var sessions = new List<TlsSession>();
        while (ClientEngine.TryReadSession(out TlsSession? session))
            sessions.Add(session);
        return sessions;
    }

    /// <summary>Carries bytes until both are silent.</summary>
    public void Pump()
    {
        bool moved = true;
        while (moved)
        {
            moved = Carry(Client, Server, TamperClient);
            if (moved)
                RoundTrips++;
            moved |= Carry(Server, Client, TamperServer);
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    private bool Carry(EngineEnd from, EngineEnd to, Func<byte[], byte[]>? tamper)
    {
        byte[] bytes = from.TakeOutput();
        if (bytes.Length == 0)
            return false;
        if (tamper is not null)
            bytes = tamper(bytes);
        foreach (byte[] piece in Split(bytes))
            to.Deliver(piece);
        return true;
    }
}
