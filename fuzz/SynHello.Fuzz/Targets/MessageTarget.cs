using SynHello.Wire;

namespace SynHello.Fuzz.Targets;

/// <summary>
/// A message: what was read of it and is written again reads the same. An input is which extensions were offered, and the body.
/// </summary>
internal sealed class MessageTarget(string name, string grammar, MessageTarget.Decoder decode, Func<IEnumerable<byte[]>> bodies)
    : FuzzTarget
{
    /// <summary>Reads a message to its end.</summary>
    /// <param name="body">Without its header.</param>
    /// <param name="offered">What may be answered.</param>
    /// <param name="writer">The message is written here again, header included, if this project writes such messages.</param>
    /// <returns>What was in it, roughly.</returns>
    public delegate ulong Decoder(ReadOnlySpan<byte> body, ExtensionSet offered, TlsWriter writer);

    private const int MessageHeader = 4;

    public override string Name => "message-" + name;

    public override string Grammar => "1," + grammar;

    public override int TestExecutions => 400_000;

    public override IEnumerable<byte[]> MakeSeeds()
    {
        foreach (byte[] body in bodies())
            yield return [0, .. body];
    }

    public override Outcome Run(ReadOnlySpan<byte> input, Splitter splitter)
    {
        if (input.IsEmpty)
            return Outcome.Nothing;
        ExtensionSet offered = Offered(input[0]);
        using TlsWriter first = new(), second = new();
        ulong shape;
        try
        {
            shape = decode(input[1..], offered, first);
        }
        catch (TlsProtocolException failure)
        {
            ulong feature = Mixer.AbsorbWords(Mixer.Absorb(Mixer.Start, (ulong)failure.Cause), failure.Message);
            return new Outcome(feature, feature, failure.Cause.ToString());
        }

        if (first.Length > 0)
            CheckAgain(first.Written, offered, second);
        return new Outcome(shape, Mixer.Absorb(Mixer.Start, first.Written), "decoded");
    }

    private static ExtensionSet Offered(byte selector) => selector switch
    {
        < 0x80 => new ExtensionSet(ulong.MaxValue),
        < 0xc0 => default,
        _ => new ExtensionSet(new FuzzRandom(selector).Next()),
    };

    private void CheckAgain(ReadOnlySpan<byte> written, ExtensionSet offered, TlsWriter writer)
    {
        try
        {
            decode(written[MessageHeader..], offered, writer);
        }
        catch (TlsProtocolException failure)
        {
            throw new InvariantException("What was written of a message that was read cannot be read.", failure);
        }

        if (!written.SequenceEqual(writer.Written))
            throw new InvariantException("A message that was written and read again is another one.");
    }
}
