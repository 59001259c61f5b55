using System.Buffers;

using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Targets;

/// <summary>
/// Records as they come, and as they are after they were opened, with the messages that they carry. An input is what protects them and
/// whether its records are to be sealed first, a size limit, and records.
/// </summary>
internal sealed class RecordTarget : FuzzTarget
{
    private const int HeaderLength = 2;
    private const int IsSealedHere = 4;

    private static readonly byte[] _secret = [.. Enumerable.Range(0, 48).Select(i => (byte)i)];

    public override string Name => "record";

    public override string Grammar => "2,R";

    public override bool TakesPieces => true;

    public override int MaximumLength => 40 * 1024;

    public override long AllocationAllowance => 256 * 1024;

    public override int TestExecutions => 150_000;

    public override IEnumerable<byte[]> MakeSeeds()
    {
        byte[] messages = [24, 0, 0, 1, 0, 24, 0, 0, 1, 1];
        byte[] large = new byte[RecordHeader.MaximumPlaintext + 1];
        large[^1] = ContentType.ApplicationData.Value;
        for (byte mode = 0; mode < 8; mode++)
        {
            for (byte limit = 0; limit < 2; limit++)
            {
                yield return
                [
                    mode, limit, .. Record(22, [.. messages, 22]), .. Record(23, [1, 2, 3, 23, 0, 0]), .. Record(21, [1, 0, 21]),
                    .. Record(20, [1]),
                ];
                yield return [mode, limit, .. Record(22, [.. messages[..3], 22]), .. Record(23, [.. messages[3..], 22])];
            }

            yield return [mode, 0, .. Record(23, large)];
            yield return [mode, 0, .. Record(23, new byte[40])];
        }
    }

    public override Outcome Run(ReadOnlySpan<byte> input, Splitter splitter)
    {
        if (input.Length < HeaderLength)
            return Outcome.Nothing;
        int mode = input[0];
        using var records = new RecordLayer(DefaultCryptoProvider.Instance, padding: 1);
        if (Protection(mode) is { } protection)
            records.ProtectReads(protection);
        if (input[1] != 0)
            records.ReadSizeLimit = RecordLayer.MinimumSizeLimit + input[1];
        byte[] stream = (mode & IsSealedHere) != 0 ? Seal(input[HeaderLength..], mode) : input[HeaderLength..].ToArray();
        using var messages = new HandshakeBuffer();
        var plaintext = new byte[RecordHeader.MaximumProtected];
        ulong digest = Mixer.Start, types = 0;
        uint count = 0;
        int consumed = 0, available = 0;
        try
        {
            while (available < stream.Length)
            {
                available += splitter.Next(stream.Length - available);
                while (TryTake(
                    stream.AsSpan(consumed, available - consumed), records, plaintext, out int taken, out var type, out int length))
                {
                    consumed += taken;
                    types |= type.Value is >= 20 and <= 23 ? 1ul << (type.Value - 20) : 16;
                    count++;
                    digest = Mixer.Absorb(Mixer.Absorb(digest, type.Value), plaintext.AsSpan(0, length));
                    if (type != ContentType.Handshake)
                        continue;
                    messages.Append(plaintext.AsSpan(0, length));
                    while (messages.TryRead(out ReadOnlySpan<byte> message))
                        digest = Mixer.Absorb(digest, message);
                }
            }
        }
        catch (TlsProtocolException failure)
        {
            return new Outcome(
                Mixer.AbsorbWords(Mixer.Absorb(Mixer.Start, (ulong)mode & 7), failure.Message), digest, failure.Cause.ToString());
        }

        return new Outcome(
            Mixer.Absorb(Mixer.Absorb(Mixer.Start, types), ((uint)mode & 7) | (Math.Min(count, 8) << 8)),
            Mixer.Absorb(digest, (ulong)(available - consumed)),
            messages.IsEmpty ? "read" : "read in part");
    }

    private static bool TryTake(
        ReadOnlySpan<byte> bytes, RecordLayer records, byte[] plaintext, out int taken, out ContentType type, out int length)
    {
        (taken, type, length) = (0, default, 0);
        if (!RecordHeader.TryRead(bytes, out RecordHeader header))
            return false;
        records.CheckHeader(header, maySkip: false);
        taken = RecordHeader.Size + header.Length;
        if (bytes.Length < taken)
            return false;
        ReadOnlySpan<byte> body = bytes[RecordHeader.Size..taken];
        if (!records.IsProtected(header.Type))
        {
            body.CopyTo(plaintext);
            (type, length) = (header.Type, body.Length);
            return true;
        }

        int inner = records.InnerLength(body.Length);
        if (inner < 0 || !records.TryOpen(bytes[..RecordHeader.Size], body, plaintext.AsSpan(0, inner), out type, out length))
            throw new TlsProtocolException(TlsErrorCause.BadRecordMac);
        if (length > inner)
            throw new InvariantException("A record holds more than there is in it.");
        return true;
    }

    private static RecordProtection? Protection(int mode)
    {
        TlsCryptoProvider provider = DefaultCryptoProvider.Instance;
        return (mode & 3) switch
        {
            0 => null,
            1 => new Tls13RecordProtection(provider, new KeySchedule(provider, CipherSuite.TlsAes128GcmSha256), _secret.AsSpan(0, 32)),
            2 => new Tls12RecordProtection(
                provider, CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256, _secret.AsSpan(0, 16), _secret.AsSpan(16, 4)),
            _ => new Tls12RecordProtection(
                provider, CipherSuite.TlsEcdheEcdsaWithChaCha20Poly1305Sha256, _secret.AsSpan(0, 32), _secret.AsSpan(32, 12)),
        };
    }

    /// <summary>Seals what is in the records, whatever it is.</summary>
    private static byte[] Seal(ReadOnlySpan<byte> records, int mode)
    {
        using RecordProtection? protection = Protection(mode);
        if (protection is null)
            return records.ToArray();
        var output = new ArrayBufferWriter<byte>(records.Length + 256);
        while (RecordHeader.TryRead(records, out RecordHeader header))
        {
            ReadOnlySpan<byte> body = records[RecordHeader.Size..];
            body = body[..Math.Min(body.Length, Math.Min(header.Length, RecordHeader.MaximumProtected))];
            records = records[(RecordHeader.Size + body.Length)..];
            if (protection is not Tls13RecordProtection sealing)
            {
                protection.Write(header.Type, body, RecordLayer.MaximumInnerPlaintext, padding: 1, output);
                continue;
            }

            int length = RecordHeader.Size + body.Length + Aead.TagLength;
            Span<byte> record = output.GetSpan(length)[..length];
            new RecordHeader(ContentType.ApplicationData, ProtocolVersion.Tls12, body.Length + Aead.TagLength).Write(record);
            sealing.Seal(record[..RecordHeader.Size], body, 0, record[RecordHeader.Size..]);
            output.Advance(record.Length);
        }

        return [.. output.WrittenSpan, .. records];
    }

    private static byte[] Record(byte type, byte[] body) => [type, 3, 3, (byte)(body.Length >> 8), (byte)body.Length, .. body];
}
