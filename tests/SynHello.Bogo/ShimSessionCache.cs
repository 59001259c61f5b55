using SynHello.Tls;

namespace SynHello.Bogo;

/// <summary>The sessions of TLS 1.2 that one run's server keeps by their IDs.</summary>
/// <param name="answersLater">Whether the engine has to ask with an event, as of a cache that is shared by many
/// servers.</param>
internal sealed class ShimSessionCache(bool answersLater) : TlsSessionCache
{
    private readonly Dictionary<string, byte[]> _sessions = new(StringComparer.Ordinal);

    public bool IsEmpty => _sessions.Count == 0;

    public override void Add(ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> session, DateTimeOffset expiresAt) =>
        _sessions[Convert.ToHexString(sessionId)] = session.ToArray();

    public override bool TryFind(ReadOnlySpan<byte> sessionId, out ReadOnlyMemory<byte> session)
    {
        session = answersLater ? default : Find(sessionId);
        return !answersLater;
    }

    public ReadOnlyMemory<byte> Find(ReadOnlySpan<byte> sessionId) =>
        _sessions.GetValueOrDefault(Convert.ToHexString(sessionId));

    public override void Remove(ReadOnlySpan<byte> sessionId) => _sessions.Remove(Convert.ToHexString(sessionId));
}
