using System.Globalization;
using System.Xml.Linq;

namespace SynHello.Capture.Tests;

public sealed class LadderDiagramTests
{
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(56);

    private static XElement Draw(string title, params LadderLane[] lanes)
    {
        using var writer = new StringWriter();
        LadderDiagram.WriteSvg(writer, lanes, RoundTrip, title);
        return XDocument.Parse(writer.ToString()).Root!;
    }

    private static List<string> Texts(XElement svg) =>
        [.. svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];

    [Fact]
    public void WriteSvg_ShowsEveryLaneAndItsMoments()
    {
        var lanes = Exchange.Schemes.Keys.Take(6)
            .Select(scheme => new LadderLane(scheme, "subtitle", Exchange.Run(scheme, inSyn: true).Ledger()))
            .ToArray();

        var texts = Texts(Draw("The race", lanes));

        Assert.Contains("The race", texts);
        // A long title is broken between words.
        string all = string.Join(' ', texts);
        foreach (var lane in lanes)
            Assert.All(lane.Title.Split(' '), word => Assert.Contains(word, all, StringComparison.Ordinal));
        Assert.Equal(6, texts.Count(text => text == "subtitle"));
        Assert.Equal(6, texts.Count(text => text == "client"));
        Assert.Equal(6, texts.Count(text => text == "server"));
        Assert.Equal(6, texts.Count(text => text == "request"));
        Assert.Equal(6, texts.Count(text => text == "first"));
        Assert.Contains("1 RTT", texts);
        Assert.Contains("28 ms", texts);
    }

    [Fact]
    public void WriteSvg_LabelsTheArrows()
    {
        var texts = Texts(Draw("t", new LadderLane("l", "s", Exchange.Run("TLS 1.3", inSyn: true).Ledger())));

        Assert.Contains("SYN + ClientHello 517 B", texts);
        Assert.Contains("SYN-ACK", texts);
        Assert.Contains("ServerHello … Finished 1,181 B", texts);
        Assert.Contains("Finished + request 269 B", texts);
        Assert.Contains("response 1,284 B", texts);
    }

    [Fact]
    public void WriteSvg_LeavesOutAnAcknowledgementUnderWayAtTheEnd()
    {
        var wire = new WireBuilder()
            .Syn(0, [.. Tls.ClientHello(), .. Tls.Request()])
            .SynAck(28).Server(28.2, Tls.ServerHello13(), Tls.Data(63))
            .ClientAck(56.3);
        var answered = wire.Server(28.5, Tls.Response()).Ledger();

        Assert.Equal(EarlyDataUse.Accepted, answered.EarlyData);
        Assert.Equal((0, 1), (answered.RequestSentRoundTrips, answered.FirstByteRoundTrips));
        Assert.Equal(2, Arrows(answered));

        static int Arrows(RoundTripLedger ledger) => Draw("t", new LadderLane("l", "s", ledger))
            .Descendants().Count(e => e.Name.LocalName == "polygon");
    }

    [Fact]
    public void WriteSvg_MarksALostPacketWithARedCross()
    {
        byte[] hello = Tls.ClientHello();
        var wire = new WireBuilder();
        uint number = wire.ClientNext;
        var ledger = wire.Syn(0, hello, lost: true, taken: 0).SynAgain(200, number).SynAck(228).Ledger();

        var svg = Draw("t", new LadderLane("l", "s", ledger));

        Assert.Equal(2, svg.Descendants().Count(e => (string?)e.Attribute("stroke") == "#dc2626"));
        Assert.Contains("SYN sent again", Texts(svg));
    }

    [Fact]
    public void WriteSvg_EscapesTexts()
    {
        string title = "<script>&\"'\u0001\uD800 \U0001F680";

        var texts = Texts(Draw(title, new LadderLane("<b>", "a & b", Exchange.Run("TLS 1.3", inSyn: true).Ledger())));

        Assert.Contains("<b>", texts);
        Assert.Contains("a & b", texts);
        Assert.Contains("<script>&\"'\uFFFD\uFFFD \U0001F680", texts);
    }

    [Fact]
    public void WriteSvg_GrowsWithItsLanes()
    {
        var lane = new LadderLane("l", "s", Exchange.Run("TLS 1.3", inSyn: true).Ledger());

        double one = Width(Draw("t", lane));
        double six = Width(Draw("t", lane, lane, lane, lane, lane, lane));

        Assert.InRange(one, 250, 400);
        Assert.InRange(six, 1400, 1600);
        Assert.InRange(Width(Draw("no lane")), 250, 400);

        static double Width(XElement svg) => double.Parse(svg.Attribute("width")!.Value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void WriteSvg_KeepsALongConnectionOnThePage()
    {
        var ledger = new WireBuilder().Syn(0).SynAck(28).Client(600_000, Tls.ClientHello()).Ledger();

        var svg = Draw("t", new LadderLane("l", "s", ledger));

        Assert.InRange(double.Parse(svg.Attribute("height")!.Value, CultureInfo.InvariantCulture), 1000, 1700);
        Assert.InRange(svg.Descendants().Count(), 10, 400);
    }

    [Fact]
    public void WriteSvg_NeedsARoundTrip() => Assert.Throws<ArgumentOutOfRangeException>(
        () => LadderDiagram.WriteSvg(TextWriter.Null, [], TimeSpan.Zero, "t"));
}
