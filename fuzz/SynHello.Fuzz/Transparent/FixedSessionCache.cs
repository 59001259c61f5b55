using SynHello.Tls;

namespace SynHello.Fuzz.Transparent;

/// <summary>A cache that keeps what came first, and forgets nothing, so that every connection finds the same.</summary>
internal sealed class FixedSessionCache(bool answersLater) : TlsSessionCache
{
    private byte[] _id = [];
    private byte[] _session = [];

    public override void Add(ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> session, DateTimeOffset expiresAt)
    {
        if (_session.Length > 0)
            return;
        _id = sessionId.ToArray();
        _session = session.ToArray();
    }

    public override bool TryFind(ReadOnlySpan<byte> sessionId, out ReadOnlyMemory<byte> session)
    {
        session = answersLater ? default : Find(sessionId);
        return !answersLater;
    }

    public ReadOnlyMemory<byte> Find(ReadOnlySpan<byte> sessionId) => sessionId.SequenceEqual(_id) ? _session : default;

    public override void Remove(ReadOnlySpan<byte> sessionId)
    {
    }
}
