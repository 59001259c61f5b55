using System.Net.Security;

using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Targets;

/// <summary>
/// Tickets, opened by the ring that sealed them, by one that was given its keys, and by one that has changed its key since; and what is
/// in them. An input is whether it is a ticket (0) or the content of one, and that.
/// </summary>
internal sealed class TicketTarget : FuzzTarget
{
    private readonly SessionTicketKeyRing _ring;
    private readonly SessionTicketKeyRing[] _rings;
    private readonly HashSet<ulong> _contents;

    public TicketTarget()
    {
        var clock = new FakeTimeProvider();
        _ring = Ring(1, clock);
        SessionTicketKeyRing given = Ring(2, clock), changed = Ring(3, clock);
        foreach (SessionTicketKey key in _ring.Export())
        {
            given.Import(key, makeCurrent: false);
            changed.Import(key, makeCurrent: true);
            key.Dispose();
        }

        changed.Rotate();
        changed.Rotate();
        _rings = [_ring, given, changed];
        _contents = [.. Contents().Select(content => Mixer.Absorb(Mixer.Start, content))];
    }

    public override string Name => "ticket";

    /// <summary>That of TLS 1.3's content.</summary>
    public override string Grammar => "1,1,2,b,8,4,4,16,4,b,b,b,w,8";

    public override IEnumerable<byte[]> MakeSeeds()
    {
        foreach (byte[] content in Contents())
        {
            byte[] ticket = new byte[content.Length + _ring.MaximumOverhead];
            yield return [0, .. ticket.AsSpan(0, _ring.Seal(content, ticket))];
            yield return [1, .. content];
        }
    }

    public override Outcome Run(ReadOnlySpan<byte> input, Splitter splitter)
    {
        if (input.IsEmpty)
            return Outcome.Nothing;
        bool isContent = input[0] != 0;
        ReadOnlySpan<byte> ticket = input[1..];
        Span<byte> @sealed = new byte[ticket.Length + _ring.MaximumOverhead];
        if (isContent)
            ticket = @sealed[.._ring.Seal(ticket, @sealed)];
        byte[] content = new byte[ticket.Length];
        int opened = 0, length = 0;
        foreach (SessionTicketKeyRing ring in _rings)
            opened += ring.TryOpen(ticket, content, out length) ? 1 : 0;
        if (opened is not 0 && opened != _rings.Length)
            throw new InvariantException($"{opened} of {_rings.Length} rings with the same key open a ticket.");
        if (opened == 0)
            return isContent ? throw new InvariantException("A ticket that was just sealed does not open.") : new Outcome(0, 0, "refused");

        ReadOnlySpan<byte> inside = content.AsSpan(0, length);
        if (isContent ? !inside.SequenceEqual(input[1..]) : !_contents.Contains(Mixer.Absorb(Mixer.Start, inside)))
            throw new InvariantException("A ticket opens that nobody sealed.");
        return Read(inside, isContent);
    }

    private static Outcome Read(ReadOnlySpan<byte> content, bool isContent)
    {
        using var writer = new TlsWriter();
        string name = isContent ? "sealed, no content" : "no content";
        if (SessionTicketContent.TryRead(content, out SessionTicketContent ticket))
        {
            ticket.Write(writer);
            name = "content of 1.3";
        }

        if (Tls12SessionContent.TryRead(content, out Tls12SessionContent session))
        {
            if (writer.Length > 0)
                throw new InvariantException("A ticket is one of both versions.");
            session.Write(writer);
            name = "content of 1.2";
        }

        if (writer.Length > 0 && !writer.Written.SequenceEqual(content))
            throw new InvariantException("What is in a ticket is written again as something else.");
        return new Outcome(Mixer.AbsorbWords(Mixer.Start, name), 0, name);
    }

    private static SessionTicketKeyRing Ring(ulong seed, TimeProvider clock) => new(new SessionTicketKeyRingOptions
    {
        CryptoProvider = new FixedRandomCryptoProvider(seed),
        TimeProvider = clock,
        RotationInterval = Timeout.InfiniteTimeSpan,
    });

    private static IEnumerable<byte[]> Contents()
    {
        for (int i = 0; i < 8; i++)
        {
            using var writer = new TlsWriter();
            byte[] name = i % 2 == 0 ? [] : [.. "example.com"u8];
            byte[] certificate = i % 4 < 2 ? [] : [0x30, 1, 2, 3];
            new SessionTicketContent
            {
                CipherSuite = i < 4 ? CipherSuite.TlsAes128GcmSha256 : CipherSuite.TlsAes256GcmSha384,
                Secret = new byte[i < 4 ? 32 : 48],
                IssuedAt = 1_900_000_000_000 + i,
                AgeAdd = 77,
                MaximumEarlyData = (uint)(i * 1000),
                EarlyDataWindow = 10_000,
                ServerName = name,
                ApplicationProtocol = SslApplicationProtocol.Http2.Protocol.Span,
                TrustContext = name,
                ClientCertificate = certificate,
                ClientVerifiedUntil = long.MaxValue,
            }.Write(writer);
            yield return writer.Written.ToArray();
            writer.Clear();
            new Tls12SessionContent
            {
                CipherSuite = CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256,
                MasterSecret = new byte[48],
                SessionId = new byte[i < 4 ? 0 : 32],
                IssuedAt = 1_900_000_000_000 + i,
                ServerName = name,
                TrustContext = name,
                ClientCertificate = certificate,
            }.Write(writer);
            yield return writer.Written.ToArray();
        }
    }
}
