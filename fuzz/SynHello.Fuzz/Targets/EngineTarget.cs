using System.Buffers.Binary;

using SynHello.Fuzz.Engines;

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
        ReadOnlySpan<byte> rest = input[HeaderLength..];
        while (rest.Length >= 2)
        {
            int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(rest), rest.Length - 2);
            run.Deliver(rest.Slice(2, length), splitter);
            rest = rest[(2 + length)..];
            run.Act(isLast: rest.Length < 2);
        }

        run.End();
        return run.Conclude(Agreement(stage.Recording));
    }

    protected abstract EngineRun Start(Stage stage, EngineFlags flags);

    /// <summary>What the engine is sent when nobody changes anything.</summary>
    protected abstract IReadOnlyList<byte[]> Flights(Recording recording);

    protected abstract ulong Agreement(Recording recording);

    private static byte[] Length(byte[] flight) => [(byte)(flight.Length >> 8), (byte)flight.Length];
}
