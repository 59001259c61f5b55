using System.Globalization;

namespace SynHello.Capture;

/// <summary>
/// Draws connections side by side as ladders: time runs down, the client's line is on the left, the server's on the
/// right, and
/// each packet is a slanted arrow between them.
/// </summary>
public static class LadderDiagram
{
    private const double AxisWidth = 70;
    private const double LaneWidth = 242;
    private const double Margin = 12;
    private const double TitleSize = 18;
    private const double ExplanationSize = 12;
    private const double LaneTitleSize = 13;
    private const double SubtitleSize = 11;
    private const double RoundTripHeight = 160;
    private const double MostTimeHeight = 1400;
    private const double MergeDistance = 15;
    private const int MostTimeLines = 50;

    /// <summary>
    /// Writes an SVG document (no script, no external fonts) whose width grows with the number of lanes.
    /// </summary>
    /// <param name="writer">Takes the document; left open.</param>
    /// <param name="lanes">The columns from left to right; each ends with the first byte of its response.</param>
    /// <param name="roundTrip">The wire's round trip, for the time scale; greater than zero.</param>
    /// <param name="title">The heading. Texts may hold any character.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="roundTrip"/> is not positive.</exception>
    public static void WriteSvg(TextWriter writer, IReadOnlyList<LadderLane> lanes, TimeSpan roundTrip, string title)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(lanes);
        ArgumentNullException.ThrowIfNull(title);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(roundTrip, TimeSpan.Zero);

        double width = AxisWidth + Margin + (LaneWidth * Math.Max(lanes.Count, 1));
        var titleLines = TextWidth.Wrap(title, TitleSize, isBold: true, width - (2 * Margin), mostLines: 3);
        var headings = lanes.Select(LaneHeading.Of).ToList();
        int mostTitles = headings.Select(h => h.Title.Count).DefaultIfEmpty().Max();
        int mostSubtitles = headings.Select(h => h.Subtitle.Count).DefaultIfEmpty().Max();

        string explanation = string.Create(
            CultureInfo.InvariantCulture,
            $"Time runs down. An arrow is a packet, or a few at once, on a wire of {roundTrip.TotalMilliseconds:0.##} ms round trip.");
        var explanationLines =
            TextWidth.Wrap(explanation, ExplanationSize, isBold: false, width - (2 * Margin), mostLines: 3);

        double titleBottom = Margin + 8 + (titleLines.Count * (TitleSize + 4));
        double laneTop = titleBottom + 18 + (explanationLines.Count * (ExplanationSize + 4));
        double subtitleTop = laneTop + (mostTitles * (LaneTitleSize + 3));
        double endsTop = subtitleTop + (mostSubtitles * (SubtitleSize + 3)) + 12;
        double top = endsTop + 14;

        var latest = lanes.Select(lane => LaneEnd(lane.Ledger)).Append(roundTrip).Max();
        double pixelsPerTick = Math.Min(RoundTripHeight / roundTrip.Ticks, MostTimeHeight / latest.Ticks);
        var scale = new LadderScale(top, pixelsPerTick);
        double bottom = scale.Y(latest) + 30;

        using var canvas = new SvgCanvas(writer, width, bottom + Margin, title);
        for (int i = 0; i < titleLines.Count; i++)
            canvas.Text(new(Margin, Margin + 14 + (i * (TitleSize + 4))), titleLines[i], TitleSize, LadderColors.Ink, isBold: true);
        for (int i = 0; i < explanationLines.Count; i++)
        {
            canvas.Text(
                new(Margin, titleBottom + 4 + (i * (ExplanationSize + 4))),
                explanationLines[i],
                ExplanationSize,
                LadderColors.Faint);
        }

        DrawTimeLines(canvas, scale, roundTrip, bottom, width);
        for (int i = 0; i < lanes.Count; i++)
        {
            double left = AxisWidth + (i * LaneWidth);
            headings[i].Draw(canvas, left, laneTop, subtitleTop);
            var arrows = LadderArrow.From(lanes[i].Ledger, new TimeSpan((long)(MergeDistance / pixelsPerTick)));
            new LadderColumn(canvas, scale, left, LaneWidth).Draw(
                lanes[i].Ledger, arrows, roundTrip, endsTop, scale.Y(LaneEnd(lanes[i].Ledger)) + 24);
        }
    }

    // When the last packet that the lane shows has crossed the wire.
    private static TimeSpan LaneEnd(RoundTripLedger ledger)
    {
        var end = ledger.FirstByteAt;
        return ledger.Entries
            .Where(entry => end is null || (entry.SentAt < end && entry.Contents != PacketContents.Ack))
            .Select(entry => (entry.DeliveredAt ?? entry.SentAt) - ledger.StartedAt)
            .DefaultIfEmpty()
            .Max();
    }

    private static void DrawTimeLines(SvgCanvas canvas, LadderScale scale, TimeSpan roundTrip, double bottom, double width)
    {
        long halves = Math.Max(1, (long)((bottom - scale.Top) / scale.PixelsPerTick / (roundTrip.Ticks / 2.0)));
        long step = 1;
        while (halves / step > MostTimeLines)
            step *= 2;

        for (long half = 0; half <= halves; half += step)
        {
            var time = new TimeSpan((long)(roundTrip.Ticks / 2.0 * half));
            double y = scale.Y(time);
            if (y > bottom)
                break;
            bool isWhole = half % 2 == 0;
            canvas.Line(
                new(AxisWidth - 14, y), new(width - Margin, y), isWhole ? LadderColors.RoundTrip : LadderColors.HalfRoundTrip, 1);
            string ms = string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.#} ms");
            if (isWhole && half > 0)
            {
                canvas.Text(new(AxisWidth - 18, y + 1), $"{half / 2} RTT", 12, LadderColors.Ink, "end", isBold: true);
                canvas.Text(new(AxisWidth - 18, y + 13), ms, 10, LadderColors.Faint, "end");
            }
            else
            {
                canvas.Text(new(AxisWidth - 18, y + 4), ms, 10, LadderColors.Faint, "end");
            }
        }
    }

    private sealed record LaneHeading(List<string> Title, List<string> Subtitle)
    {
        public static LaneHeading Of(LadderLane lane) => new(
            TextWidth.Wrap(lane.Title, LaneTitleSize, isBold: true, LaneWidth - 14, mostLines: 3),
            TextWidth.Wrap(lane.Subtitle, SubtitleSize, isBold: false, LaneWidth - 14, mostLines: 4));

        public void Draw(SvgCanvas canvas, double left, double top, double subtitleTop)
        {
            for (int i = 0; i < Title.Count; i++)
                canvas.Text(new(left + 4, top + (i * (LaneTitleSize + 3))), Title[i], LaneTitleSize, LadderColors.Ink, isBold: true);
            for (int i = 0; i < Subtitle.Count; i++)
                canvas.Text(new(left + 4, subtitleTop + (i * (SubtitleSize + 3))), Subtitle[i], SubtitleSize, LadderColors.Faint);
        }
    }
}
