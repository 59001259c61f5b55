using System.Buffers.Binary;

using SynHello.Fuzz.Engines;
using SynHello.Wire;

namespace SynHello.Fuzz.Targets;

/// <summary>
/// An engine and the recorded flights of its peer, which are changed where they lie, because cryptography hides nothing
/// (<see cref="Transparent.TransparentCryptoProvider"/>). An input is the scenario's number, flags, and flights with a two-octet length.
/// </summary>
internal abstract class EngineTarget : FuzzTarget
{
    private const int HeaderLength = 2;

    private static readonly EngineFlags[] _seedFlags =
    [
        EngineFlags.None,
        EngineFlags.Binds,
        EngineFlags.Sends | EngineFlags.UpdatesKey | EngineFlags.Closes | EngineFlags.IgnoresTags,
    ];

    public sealed override string Grammar => "2,F";

    public sealed override bool TakesPieces => true;

    public sealed override int MaximumLength => 24 * 1024;

    public sealed override long AllocationAllowance => 512 * 1024;

    public sealed override int AllocationFactor => 64;

    public sealed override int TestExecutions => 200_000;

    public sealed override IEnumerable<byte[]> MakeSeeds()
    {
        for (int scenario = 0; scenario < Scenario.All.Count; scenario++)
        {
            foreach (EngineFlags flags in _seedFlags)
            {
                IEnumerable<byte[]> flights = Flights(Stage.Of(scenario, flags).Recording);
                yield return [(byte)scenario, (byte)flags, .. flights.SelectMany(flight => (byte[])[.. Length(flight), .. flight])];
            }
        }
    }

    public sealed override Outcome Run(ReadOnlySpan<byte> input, Splitter splitter)
    {
        if (input.Length < HeaderLength)
            return Outcome.Nothing;
        var flags = (EngineFlags)(input[1] & 0x7f);
        Stage stage = Stage.Of(input[0], flags);
        using EngineRun run = Start(stage, flags);
        List<byte[]> flights = ReadFlights(input);
        for (int i = 0; i < flights.Count; i++)
        {
            run.Deliver(flights[i], splitter);
            run.Act(isLast: i == flights.Count - 1);
        }

        run.End();
        Outcome outcome = run.Conclude(Agreement(stage.Recording));

        // With early data there may be a hello behind the first protected record, and a server that sent a HelloRetryRequest knows of
        // the first hello what its cookie says, not what came here.
        bool isBound = flags.HasFlag(EngineFlags.Binds) && run.Engine.IsHandshakeComplete;
        bool isPlain = stage.Scenario is { EarlyData: 0, Retries: false } && run.Engine.Negotiated.Version == ProtocolVersion.Tls13;
        if (isBound && isPlain)
            CheckProtection(stage, flights);
        return outcome;
    }

    protected abstract EngineRun Start(Stage stage, EngineFlags flags);

    /// <summary>What the engine is sent when nobody changes anything.</summary>
    protected abstract IReadOnlyList<byte[]> Flights(Recording recording);

    protected abstract ulong Agreement(Recording recording);

    /// <summary>RFC 8446 section 5.1: what was sent under a key is not taken without it, nor the other way round.</summary>
    private void CheckProtection(Stage stage, List<byte[]> flights)
    {
        byte[] sent = InTheClear(Flights(stage.Recording)), taken = InTheClear(flights);
        if (!sent.AsSpan().SequenceEqual(taken))
            throw new InvariantException("Messages were taken in the clear that were protected, or the other way round.");
    }

    /// <summary>The handshake messages in front of the first record that can be protected.</summary>
    private static byte[] InTheClear(IEnumerable<byte[]> flights)
    {
        var messages = new List<byte>();
        foreach (byte[] flight in flights)
        {
            ReadOnlySpan<byte> rest = flight;
            while (RecordHeader.TryRead(rest, out RecordHeader header) && rest.Length >= RecordHeader.Size + header.Length)
            {
                if (header.Type == ContentType.ApplicationData)
                    return [.. messages];
                if (header.Type == ContentType.Handshake)
                    messages.AddRange(rest.Slice(RecordHeader.Size, header.Length));
                rest = rest[(RecordHeader.Size + header.Length)..];
            }
        }

        return [.. messages];
    }

    private static List<byte[]> ReadFlights(ReadOnlySpan<byte> input)
    {
        var flights = new List<byte[]>();
        ReadOnlySpan<byte> rest = input[HeaderLength..];
        while (rest.Length >= 2)
        {
            int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(rest), rest.Length - 2);
            flights.Add(rest.Slice(2, length).ToArray());
            rest = rest[(2 + length)..];
        }

        return flights;
    }

    private static byte[] Length(byte[] flight) => [(byte)(flight.Length >> 8), (byte)flight.Length];
}
