using System.Buffers;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The server's side of one connection: bytes go to <see cref="TlsEngine.Receive"/> until
/// <see cref="TlsEvent.HandshakeCompleted"/> has come. Not thread-safe.
/// </summary>
public sealed class TlsServerEngine : TlsEngine
{
    private readonly ServerContext _context;
    private HandshakeState<ServerContext> _state = ExpectClientHello.Instance;

    /// <summary>Makes a server for one connection.</summary>
    /// <param name="configuration">What is offered and taken.</param>
    public TlsServerEngine(TlsServerConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        _context = new ServerContext(configuration);
    }

    /// <summary>
    /// The early data that <see cref="TlsEvent.NeedEarlyDataVerdict"/> asks about; null when nothing is asked.
    /// </summary>
    public EarlyDataAttempt? EarlyDataAttempt => _context.EarlyDataAttempt;

    /// <summary>
    /// How many bytes of all that was received as plaintext, counted from the first, were early data: whoever has seen
    /// them on the wire may have sent them, a second time, until <see cref="TlsEngine.IsHandshakeComplete"/>.
    /// </summary>
    public long EarlyDataLength => _context.EarlyDataLength;

    /// <summary>
    /// Answers <see cref="TlsEvent.NeedEarlyDataVerdict"/>: this ClientHello was never seen before, and is remembered
    /// now. Call <see cref="TlsEngine.Receive"/> next, with whatever was not consumed, to go on.
    /// </summary>
    /// <param name="output">The server's flight is appended here.</param>
    /// <exception cref="InvalidOperationException">No verdict is waited for.</exception>
    public void AcceptEarlyData(IBufferWriter<byte> output) => Answer(accepts: true, output);

    /// <summary>
    /// Answers <see cref="TlsEvent.NeedEarlyDataVerdict"/>: it may have been seen before. The handshake goes on without
    /// the early data, which is skipped. Call <see cref="TlsEngine.Receive"/> next to go on.
    /// </summary>
    /// <param name="output">The server's flight is appended here.</param>
    /// <exception cref="InvalidOperationException">No verdict is waited for.</exception>
    public void RejectEarlyData(IBufferWriter<byte> output) => Answer(accepts: false, output);

    /// <summary>The ID of the session that <see cref="TlsEvent.NeedSession"/> asks for; empty when nothing is asked.</summary>
    public ReadOnlyMemory<byte> SessionLookup => _context.SessionLookup;

    /// <summary>
    /// Answers <see cref="TlsEvent.NeedSession"/>. Call <see cref="TlsEngine.Receive"/> next, with whatever was not consumed, to go on.
    /// </summary>
    /// <param name="session">What was kept under the ID (<see cref="TlsSessionCache.Add"/>); empty when there is nothing.</param>
    /// <param name="output">The server's flight is appended here.</param>
    /// <exception cref="InvalidOperationException">No session is waited for.</exception>
    /// <exception cref="TlsProtocolException">The connection is over.</exception>
    public void UseSession(ReadOnlySpan<byte> session, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ThrowIfUnusable();
        if (_context.SessionLookup is null)
            throw new InvalidOperationException("No session is waited for.");
        _context.Output = output;
        try
        {
            _state = Tls12ServerFlight.ContinueWithSession(_context, session);
        }
        catch (Exception exception)
        {
            throw Failed(exception);
        }
        finally
        {
            _context.Output = null;
        }
    }

    private protected override ConnectionContext Context => _context;

    /// <summary>
    /// RFC 5246 section 7.2.2: a session whose connection has failed is not resumed again. The peer has to have shown that it knows the
    /// session's secret: its ID alone, which everybody on the path has seen, must not end it.
    /// </summary>
    private protected override void OnFailed(TlsProtocolException failure)
    {
        if (_context.IsSessionCached && IsHandshakeComplete)
            Tls12ServerSessions.Remove(_context.Configuration.Resumption?.SessionCache, _context.SessionId);
    }

    private protected override void Handle(in HandshakeMessage message)
    {
        if (_state == ExpectNothing.Instance && message.Type == HandshakeType.KeyUpdate)
        {
            HandleKeyUpdate(message);
            return;
        }

        _state = _state.Handle(_context, message);
        TakeEarlyDataSkip();
    }

    private protected override void HandleChangeCipherSpec() => _state = _state.HandleChangeCipherSpec(_context);

    private protected override void Answer(IReadOnlyList<TlsCredential> credentials) => _state = _context.IsTls12
        ? Tls12ServerFlight.Continue(_context, credentials)
        : ServerFlight.Continue(_context, credentials);

    private protected override void Answer(ReadOnlySpan<byte> signature) => _state = _context.IsTls12
        ? Tls12ServerFlight.Continue(_context, signature)
        : ServerFlight.Continue(_context, signature);

    private protected override void OnCertificateAccepted(DateTimeOffset? until) =>
        _context.ClientVerifiedUntil = (until ?? DateTimeOffset.MaxValue).ToUnixTimeMilliseconds();

    private void Answer(bool accepts, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ThrowIfUnusable();
        if (_context.EarlyDataAttempt is null)
            throw new InvalidOperationException("No verdict is waited for.");
        _context.Output = output;
        try
        {
            _state = ExpectEarlyDataVerdict.Continue(_context, accepts);
            TakeEarlyDataSkip();
        }
        catch (Exception exception)
        {
            throw Failed(exception);
        }
        finally
        {
            _context.Output = null;
        }
    }

    private void TakeEarlyDataSkip()
    {
        EarlyDataSkip = _context.EarlyDataSkip;
        EarlyDataSkipLimit = TlsLimits.SkippedEarlyData + _context.SkippableEarlyData;
        _context.EarlyDataSkip = EarlyDataSkip.No;
    }
}
