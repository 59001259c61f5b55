using SynHello.Fuzz.Engines;

namespace SynHello.Fuzz.Targets;

/// <summary>The server engine, in front of a client that says anything.</summary>
internal sealed class ServerTarget : EngineTarget
{
    public override string Name => "server";

    protected override EngineRun Start(Stage stage, EngineFlags flags) => stage.StartServer(flags);

    protected override IReadOnlyList<byte[]> Flights(Recording recording) => recording.Up;

    protected override ulong Agreement(Recording recording) => recording.ServerAgreement;
}
