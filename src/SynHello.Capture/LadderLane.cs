namespace SynHello.Capture;

/// <summary>One column of a <see cref="LadderDiagram"/>.</summary>
/// <param name="Title">What was run, in a few words.</param>
/// <param name="Subtitle">What came of it, such as "request sent after 1 round trip, first byte after 2".</param>
/// <param name="Ledger">The packets.</param>
public sealed record LadderLane(string Title, string Subtitle, RoundTripLedger Ledger);
