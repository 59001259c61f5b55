using SynHello.Fuzz.Engines;

namespace SynHello.Fuzz.Targets;

/// <summary>The client engine, in front of a server that says anything.</summary>
internal sealed class ClientTarget : EngineTarget
{
    public override string Name => "client";

    protected override EngineRun Start(Stage stage, EngineFlags flags) => stage.StartClient(flags);

    protected override IReadOnlyList<byte[]> Flights(Recording recording) => recording.Down;

    protected override ulong Agreement(Recording recording) => recording.ClientAgreement;
}
