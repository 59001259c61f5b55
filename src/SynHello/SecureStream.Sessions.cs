using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <content>The sessions that a server gives out, with any bytes that it sends.</content>
public sealed partial class SecureStream
{
    /// <summary>Where they go; null where none are kept, and until the handshake is complete.</summary>
    private SessionKeeper? _sessions;

    /// <summary>Whether disposal waits on its thread until they are kept.</summary>
    private bool _waitsForSessions = true;

    /// <summary>
    /// Disposes of the stream. Waits for no peer, but for a <see cref="SessionStore"/> that blocks: the next run of
    /// a program is to find its file written.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        _waitsForSessions = false;
        await base.DisposeAsync().ConfigureAwait(false);
        if (_sessions is { } sessions)
            await sessions.WhenKeptAsync().ConfigureAwait(false);
    }

    private void WaitForSessions()
    {
        if (_waitsForSessions)
            _sessions?.WhenKeptAsync().GetAwaiter().GetResult();
    }

    /// <summary>
    /// A session of TLS 1.2 whose connection fails is not resumed again (RFC 5246 section 7.2.2): a server that has something against it may
    /// say so only behind the handshake, and would say it each time.
    /// </summary>
    private void ForgetSessions(TlsProtocolException failure)
    {
        if (_engine.Negotiated.Version == ProtocolVersion.Tls12 && failure.Cause != TlsErrorCause.TruncatedByPeer)
            _sessions?.Forget();
    }

    private void KeepSessions()
    {
        if (_sessions is not { } sessions)
            return;
        while (true)
        {
            TlsSession? session;
            lock (_lock)
            {
                if (IsDisposed || !((TlsClientEngine)_engine).TryReadSession(out session))
                    return;
            }

            sessions.Keep(session);
        }
    }
}
