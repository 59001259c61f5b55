using System.Globalization;

using SynHello.Capture;

namespace SynHello.Cli.Race;

/// <summary>
/// The picture: typical connections as ladders, first visits and then returning ones, each row of them from what .NET
/// offers down to the fewest round trips.
/// </summary>
internal static class RacePicture
{
    public static void Write(Stream stream, RaceResult result)
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        LadderDiagram.WriteSvg(
            writer,
            [.. result.Rows
                .Where(row => row.Scheme.PlaceInPicture > 0)
                .OrderBy(row => row.Scheme.PlaceInPicture)
                .Select(row => new LadderLane(row.Scheme.Name, Subtitle(row), row.Typical.Ledger))],
            result.Options.RoundTrip,
            RaceGain.Headline(result));
    }

    private static string Subtitle(RaceRow row)
    {
        RoundTripLedger ledger = row.Typical.Ledger;
        int sent = ledger.RequestSentRoundTrips.GetValueOrDefault();
        string visit = row.Scheme.IsReturningVisit ? "returning visit" : "first visit";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{visit}: request after {Count(sent)}, first byte after {ledger.FirstByteRoundTrips}");
    }

    private static string Count(int roundTrips) => roundTrips == 1 ? "1 round trip" : $"{roundTrips} round trips";
}
