using System.Globalization;

namespace SynHello.Capture;

/// <summary>Draws one connection: two lines, the arrows between them, and the two moments that matter.</summary>
internal sealed class LadderColumn
{
    private const double RoomForMoments = 46;
    private const double RoomAtServer = 14;
    private const double LabelSize = 10.5;
    private const double LabelDistance = 9;
    private const double MomentSize = 10;
    private const double MomentHeight = 38;

    // How far along a lost packet's arrow goes.
    private const double LostAt = 0.82;

    private readonly SvgCanvas _canvas;
    private readonly LadderScale _scale;
    private readonly double _client;
    private readonly double _server;
    private readonly List<SlantedBox> _taken = [];

    public LadderColumn(SvgCanvas canvas, LadderScale scale, double left, double width)
    {
        _canvas = canvas;
        _scale = scale;
        _client = left + RoomForMoments;
        _server = left + width - RoomAtServer;
    }

    public void Draw(
        RoundTripLedger ledger, List<LadderArrow> arrows, TimeSpan roundTrip, double endsTop, double bottom)
    {
        foreach (var (x, name, anchor) in new[] { (_client, "client", "start"), (_server, "server", "end") })
        {
            _canvas.Text(new(anchor == "start" ? x - 4 : x + 4, endsTop), name, 10, LadderColors.Faint, anchor);
            _canvas.Line(new(x, endsTop + 5), new(x, bottom), LadderColors.Line, 1.5);
        }

        var paths = arrows.ConvertAll(arrow => (Arrow: arrow, Path: PathOf(arrow, roundTrip)));
        foreach (var (arrow, path) in paths.OrderByDescending(item => item.Arrow.IsAck))
            DrawArrow(arrow, path);
        foreach (var (arrow, path) in paths)
        {
            if (!arrow.IsAck)
                _taken.Add(BoxAround(path.From, path.To, 3));
        }

        foreach (var (arrow, path) in paths)
        {
            if (!arrow.IsAck)
                DrawLabel(LadderLabel.Of(arrow, ledger.TlsVersion), LadderLabel.SuffixOf(arrow), path);
        }

        DrawMoments(ledger, arrows);
    }

    private (LadderPoint From, LadderPoint To) PathOf(LadderArrow arrow, TimeSpan roundTrip)
    {
        bool isClient = arrow.Direction == PacketDirection.ClientToServer;
        var deliveredAt = arrow.DeliveredAt ?? arrow.SentAt + (roundTrip / 2);
        var from = new LadderPoint(isClient ? _client : _server, _scale.Y(arrow.SentAt));
        var to = new LadderPoint(isClient ? _server : _client, _scale.Y(deliveredAt));
        return (from, to);
    }

    private void DrawArrow(LadderArrow arrow, (LadderPoint From, LadderPoint To) path)
    {
        string color = arrow.IsAck ? LadderColors.Ack : LadderColors.Of(arrow.Contents);
        double width = arrow.IsAck ? 0.9 : 1.8;
        var along = Direction(path.From, path.To);
        if (arrow.IsLost)
        {
            var end = path.From + ((path.To - path.From) * LostAt);
            _canvas.Line(path.From, end, color, width);
            _canvas.Line(end + new LadderPoint(-5, -5), end + new LadderPoint(5, 5), LadderColors.Lost, 2.5);
            _canvas.Line(end + new LadderPoint(-5, 5), end + new LadderPoint(5, -5), LadderColors.Lost, 2.5);
            _taken.Add(new SlantedBox(end, new(1, 0), 12, 12));
            return;
        }

        double head = arrow.IsAck ? 5 : 8;
        var tip = path.To - (along * 1);
        var neck = tip - (along * head);
        var across = new LadderPoint(-along.Y, along.X) * (head * 0.42);
        _canvas.Line(path.From, neck, color, width);
        _canvas.Polygon([tip, neck + across, neck - across], color);
    }

    private void DrawLabel(List<LadderWord> words, string suffix, (LadderPoint From, LadderPoint To) path)
    {
        // Text runs from left to right along the arrow, whichever way the arrow points.
        var (left, right) = path.From.X < path.To.X ? path : (path.To, path.From);
        var along = Direction(left, right);
        double room = Length(right - left) - 16;
        var (above, below) = Split(Phrase(words, suffix), room);
        var up = new LadderPoint(along.Y, -along.X);
        var middle = (left + right) * 0.5;

        double best = 0;
        int leastCollisions = int.MaxValue;
        double slack = Math.Max(0, (room - Math.Max(Width(above), Width(below))) / 2);
        foreach (double shift in new[] { 0, -0.25, 0.25, -0.5, 0.5, -0.75, 0.75, -1, 1 })
        {
            var center = middle + (along * (shift * slack));
            int collisions = Collisions(center, up, along, above, below);
            if (collisions < leastCollisions)
                (best, leastCollisions) = (shift * slack, collisions);
        }

        var place = middle + (along * best);
        DrawLine(above, place + (up * LabelDistance), along, up, room);
        DrawLine(below, place - (up * LabelDistance), along, up, room);
    }

    private int Collisions(
        LadderPoint center, LadderPoint up, LadderPoint along, List<LadderWord> above, List<LadderWord> below)
    {
        var upper = new SlantedBox(center + (up * LabelDistance), along, Width(above), LabelSize);
        var lower = new SlantedBox(center - (up * LabelDistance), along, Width(below), LabelSize);
        return _taken.Count(box => box.Overlaps(upper)) + (below.Count > 0 ? _taken.Count(box => box.Overlaps(lower)) : 0);
    }

    private void DrawLine(List<LadderWord> line, LadderPoint center, LadderPoint along, LadderPoint up, double room)
    {
        if (line.Count == 0)
            return;
        double width = Width(line);
        double size = width > room ? LabelSize * room / width : LabelSize;
        _taken.Add(new SlantedBox(center, along, Math.Min(width, room), LabelSize));
        var baseLine = center - (up * (size * 0.36));
        _canvas.Text(
            baseLine, line, size, "middle", isBold: false, Math.Atan2(along.Y, along.X) * 180 / Math.PI, hasHalo: true);
    }

    // The words with what stands between them.
    private static List<LadderWord> Phrase(List<LadderWord> words, string suffix)
    {
        var phrase = new List<LadderWord>();
        for (int i = 0; i < words.Count; i++)
            phrase.Add(i == 0 ? words[i] : words[i] with { Text = $" + {words[i].Text}" });
        if (suffix.Length > 0)
            phrase.Add(new LadderWord($" {suffix}", LadderColors.Faint));
        return phrase;
    }

    // One line above the arrow if it fits, else a second one below, so that the longer of the two is as short as can
    // be.
    private static (List<LadderWord> Above, List<LadderWord> Below) Split(List<LadderWord> phrase, double room)
    {
        if (Width(phrase) <= room || phrase.Count < 2)
            return (phrase, []);
        int best = Enumerable.Range(1, phrase.Count - 1)
            .MinBy(i => Math.Max(Width(phrase[..i]), Width(phrase[i..])));
        var below = phrase[best..];
        below[0] = below[0] with { Text = below[0].Text.TrimStart(' ', '+') };
        return (phrase[..best], below);
    }

    private void DrawMoments(RoundTripLedger ledger, List<LadderArrow> arrows)
    {
        double free = double.MinValue;
        if (ledger.RequestSentAt - ledger.StartedAt is { } sentAt)
        {
            var arrow = arrows.Find(a => a.Contents.HasFlag(PacketContents.Request)
                && a.Direction == PacketDirection.ClientToServer
                && !a.IsRetransmission);
            double y = _scale.Y(arrow is not null && arrow.SentAt <= sentAt ? arrow.SentAt : sentAt);
            free = DrawMoment(y, ["request", "sent", Milliseconds(sentAt)], LadderColors.Request, free);
        }

        if (ledger.FirstByteAt - ledger.StartedAt is { } firstByteAt)
            DrawMoment(_scale.Y(firstByteAt), ["first", "byte", Milliseconds(firstByteAt)], LadderColors.Response, free);
    }

    private double DrawMoment(double y, ReadOnlySpan<string> lines, string color, double free)
    {
        _canvas.Circle(new(_client, y), 5, color);
        double top = Math.Max(y - 5, free);
        for (int i = 0; i < lines.Length; i++)
            _canvas.Text(new(_client - 8, top + 8 + (i * 11.5)), lines[i], MomentSize, color, "end", isBold: i < 2);
        return top + MomentHeight;
    }

    private static string Milliseconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms");

    private static double Width(List<LadderWord> words) => words.Sum(word => TextWidth.Of(word.Text, LabelSize));

    private static SlantedBox BoxAround(LadderPoint from, LadderPoint to, double height) =>
        new((from + to) * 0.5, Direction(from, to), Length(to - from), height);

    private static LadderPoint Direction(LadderPoint from, LadderPoint to) => (to - from) * (1 / Length(to - from));

    private static double Length(LadderPoint vector) => Math.Sqrt(vector.Dot(vector));
}
