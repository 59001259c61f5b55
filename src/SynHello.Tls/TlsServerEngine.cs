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

    private protected override ConnectionContext Context => _context;

    private protected override void Handle(in HandshakeMessage message)
    {
        if (_state == ExpectNothing.Instance && message.Type == HandshakeType.KeyUpdate)
        {
            HandleKeyUpdate(message);
            return;
        }

        _state = _state.Handle(_context, message);
        EarlyDataSkip = _context.EarlyDataSkip;
        _context.EarlyDataSkip = EarlyDataSkip.No;
    }
}
