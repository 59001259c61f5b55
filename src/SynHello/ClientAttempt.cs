using System.Net.Security;

using SynHello.Tls;

namespace SynHello;

/// <summary>
/// One connection's first flight: the engine, the session that it offers, and the bytes that the caller wants to be
/// sent first. Makes another flight when the first one's connection comes to nothing; what has left with one is not sent
/// early a second time.
/// Not thread-safe.
/// </summary>
internal sealed class ClientAttempt : IDisposable
{
    private readonly TlsClientConfiguration _configuration;
    private readonly string _serverName;
    private readonly PooledBuffer _flight = new();
    private StoredSession? _session;
    private bool _isStarted;
    private bool _earlyDataLeft;
    private bool _isEngineOwned = true;

    /// <summary>Begins.</summary>
    /// <param name="configuration">What the engine offers.</param>
    /// <param name="serverName">The host to ask for.</param>
    /// <param name="sessions">Where sessions come from; null resumes nothing.</param>
    /// <param name="request">The bytes to be sent first.</param>
    /// <param name="isReplaySafe">Whether they may be early data.</param>
    public ClientAttempt(
        TlsClientConfiguration configuration,
        string serverName,
        SessionKeeper? sessions,
        ReadOnlyMemory<byte> request,
        bool isReplaySafe)
    {
        _configuration = configuration;
        _serverName = serverName;
        Sessions = sessions;
        Request = request;
        IsReplaySafe = isReplaySafe;
        Engine = new TlsClientEngine(configuration, serverName);
    }

    /// <summary>The engine whose flight was made last.</summary>
    public TlsClientEngine Engine { get; private set; }

    /// <summary>Where sessions come from and go to.</summary>
    public SessionKeeper? Sessions { get; }

    /// <summary>The bytes to be sent first.</summary>
    public ReadOnlyMemory<byte> Request { get; }

    /// <summary>Whether the caller declared them safe to replay.</summary>
    public bool IsReplaySafe { get; }

    /// <summary>How long a first flight that rides in a SYN is made at least, in bytes.</summary>
    public int PaddedLength { get; init; }

    /// <summary>
    /// Whether the bytes mean something in their protocol alone: a server that chooses none by ALPN is not sent them either.
    /// </summary>
    public bool DemandsProtocol { get; init; }

    /// <summary>Why the bytes did not go as early data.</summary>
    public EarlyDataReason Reason { get; private set; }

    /// <summary>When the connection was established that is used, in ticks of the clock.</summary>
    public long ConnectedAt { get; set; }

    /// <summary>The session that was offered; null when none was.</summary>
    public StoredSession? OfferedSession => Engine.IsSessionOffered ? _session : null;

    /// <summary>Whether a session was at hand and left out, because the SYN had no room for it for instance.</summary>
    public bool IsSessionDropped => _session is not null && !Engine.IsSessionOffered;

    /// <summary>The protocol that the bytes are in: the first that is offered.</summary>
    private SslApplicationProtocol RequestProtocol =>
        _configuration.ApplicationProtocols is [var first, ..] ? first : default;

    /// <summary>
    /// Whether the bytes are to be sent once the handshake is complete: exactly when the server has not got them.
    /// </summary>
    public bool IsRequestDue
    {
        get
        {
            TlsNegotiation negotiated = Engine.Negotiated;
            if (Request.IsEmpty || negotiated.EarlyData == EarlyDataStatus.Accepted)
                return false;
            return !IsReplaySafe || IsRequestProtocol(negotiated.ApplicationProtocol);
        }
    }

    /// <summary>
    /// Gets a session for the first flight, before there is a connection that would have to wait for it.
    /// </summary>
    public async ValueTask PrepareAsync()
    {
        if (Sessions is not null)
            _session = await Sessions.TakeAsync().ConfigureAwait(false);
    }

    /// <summary>Makes the flight for a connection; what came of an earlier one is given up.</summary>
    /// <param name="synRoom">How many bytes the SYN has room for; null when the flight does not ride in one.</param>
    /// <returns>The flight. It is valid until the next call, or until this is disposed of.</returns>
    public ReadOnlyMemory<byte> MakeFirstFlight(int? synRoom)
    {
        if (_isStarted)
            StartOver();
        _isStarted = true;
        Reason = PlanEarlyData();
        bool goesEarly = IsReplaySafe && !Request.IsEmpty && Reason == EarlyDataReason.None;
        var start = new TlsClientStart
        {
            Session = _session?.Session,
            EarlyData = goesEarly ? Request : default,
            SynRoom = synRoom,
            PaddedLength = synRoom is null ? 0 : PaddedLength,
        };
        Engine.Start(start, _flight);
        if (goesEarly && Engine.Negotiated.EarlyData == EarlyDataStatus.None)
            Reason = EarlyDataReason.SessionNotOffered;
        else
            _earlyDataLeft |= goesEarly;
        return _flight.Memory;
    }

    /// <summary>Says why early data that was sent was not accepted, if it was not.</summary>
    public void Conclude()
    {
        if (Engine.Negotiated.EarlyData == EarlyDataStatus.Rejected)
        {
            Reason = Engine.Negotiated.HelloRetryRequested
                ? EarlyDataReason.HelloRetryRequested
                : EarlyDataReason.RejectedByServer;
        }
    }

    /// <summary>Leaves the engine to somebody else to dispose of.</summary>
    public TlsClientEngine HandOverEngine()
    {
        _isEngineOwned = false;
        return Engine;
    }

    /// <summary>Gives the flight's buffer back; the flight is with the kernel.</summary>
    public void ReleaseFlight() => _flight.Release();

    /// <summary>Disposes of the engine, unless it was handed over, and of the flight.</summary>
    public void Dispose()
    {
        _flight.Release();
        if (_isEngineOwned)
            Engine.Dispose();
    }

    /// <summary>A session is used once, and so is an engine.</summary>
    private void StartOver()
    {
        _flight.Release();
        Engine.Dispose();
        Engine = new TlsClientEngine(_configuration, _serverName);
        _session = Sessions?.Take();
    }

    private EarlyDataReason PlanEarlyData()
    {
        if (Request.IsEmpty || !IsReplaySafe)
            return EarlyDataReason.None;
        if (_earlyDataLeft)
            return EarlyDataReason.AnotherAddressDialed;
        if (_session?.Session is not { } session)
            return EarlyDataReason.NoSession;
        if (session.MaximumEarlyData == 0)
            return EarlyDataReason.NotAllowedBySession;
        if (session.MaximumEarlyData < (uint)Request.Length)
            return EarlyDataReason.LongerThanSessionAllows;

        // A server that chose no protocol then speaks only one, and takes early data only if it chooses none again.
        return IsRequestProtocol(session.ApplicationProtocol) ? EarlyDataReason.None : EarlyDataReason.ApplicationProtocolDiffers;
    }

    private bool IsRequestProtocol(SslApplicationProtocol chosen) =>
        chosen == RequestProtocol || (chosen == default && !DemandsProtocol);
}
