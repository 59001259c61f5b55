using System.Net.Security;
using System.Security.Cryptography;

using SynHello.Fuzz.Engines;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.Fuzz.Targets;

/// <summary>
/// A session file: what was read of one and is written again reads the same. An input is whether its digest is made right first (1), and
/// the file, without its digest then.
/// </summary>
internal sealed class SessionFileTarget : FuzzTarget
{
    public override string Name => "session-file";

    public override string Grammar => "1,9,*(t(w,2,w,w(b),w,8,8,4,t(1,2,b,w,4,8,4,4,2,b,b,t(t))))";

    public override int TestExecutions => 200_000;

    public override IEnumerable<byte[]> MakeSeeds()
    {
        DateTimeOffset now = new FakeTimeProvider().GetUtcNow();
        List<TlsSession> sessions =
        [
            TestSessions.Create("a ticket", now, TimeSpan.FromHours(1)),
            .. Enumerable.Range(0, Scenario.All.Count)
                .Select(i => Stage.Of(i, EngineFlags.Binds).Recording.Session).OfType<TlsSession>(),
        ];
        var verification = new ChainVerification { VerifiedAt = now, EndsAt = now.AddDays(1), PolicyErrors = default };
        for (int count = 0; count <= sessions.Count; count++)
        {
            SessionIndex index = Index();
            for (int i = 0; i < count; i++)
                index.Add(Key(i), new StoredSession(sessions[i], verification));
            byte[] file = SessionFile.Encode(index);
            yield return [0, .. file];
            yield return [1, .. file[..^SHA256.HashSizeInBytes]];
        }
    }

    public override Outcome Run(ReadOnlySpan<byte> input, Splitter splitter)
    {
        if (input.IsEmpty)
            return Outcome.Nothing;
        ReadOnlySpan<byte> file = input[1..];
        if (input[0] != 0)
            file = (byte[])[.. file, .. SHA256.HashData(file)];
        SessionIndex first = Index(), second = Index();
        if (!SessionFile.TryDecode(file, first, out string? problem))
        {
            return first.Count == 0
                ? new Outcome(Mixer.AbsorbWords(Mixer.Start, problem), 0, problem)
                : throw new InvariantException("Sessions of a broken file are used.");
        }

        byte[] written = SessionFile.Encode(first);
        if (!SessionFile.TryDecode(written, second, out _) || !SessionFile.Encode(second).AsSpan().SequenceEqual(written))
            throw new InvariantException("A file that was written and read again is another one.");
        return new Outcome((ulong)first.Count, Mixer.Absorb(Mixer.Start, written), "read");
    }

    private static SessionIndex Index() => new(capacity: 64, sessionsPerKey: 4);

    private static SessionKey Key(int i) => new(
        $"host-{i}", 443 + i, "example.com", i % 2 == 0 ? [] : [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11], "trust");
}
