namespace SynHello.Tls.Tests;

/// <summary>Keeps sessions where a test can look at them and change them; says that it has to ask elsewhere, if told so.</summary>
internal sealed class TestSessionCache : TlsSessionCache
{
    public Dictionary<string, byte[]> Sessions { get; } = [];

    public List<DateTimeOffset> Expirations { get; } = [];

    /// <summary>Whether sessions are not found here, but elsewhere.</summary>
    public bool IsElsewhere { get; set; }

    public int Lookups { get; private set; }

    public override void Add(ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> session, DateTimeOffset expiresAt)
    {
        Sessions.Add(Convert.ToHexString(sessionId), session.ToArray());
        Expirations.Add(expiresAt);
    }

    public override bool TryFind(ReadOnlySpan<byte> sessionId, out ReadOnlyMemory<byte> session)
    {
        Lookups++;
        session = IsElsewhere ? default : Find(sessionId);
        return !IsElsewhere;
    }

    public override void Remove(ReadOnlySpan<byte> sessionId) => Sessions.Remove(Convert.ToHexString(sessionId));

    public ReadOnlyMemory<byte> Find(ReadOnlySpan<byte> sessionId) =>
        Sessions.GetValueOrDefault(Convert.ToHexString(sessionId));
}
