using System.Globalization;
using System.Xml;

namespace SynHello.Capture;

/// <summary>Writes the SVG elements that a picture needs; text is escaped, numbers are cut to two decimals.</summary>
internal sealed class SvgCanvas : IDisposable
{
    private const string Namespace = "http://www.w3.org/2000/svg";
    private readonly XmlWriter _xml;

    public SvgCanvas(TextWriter writer, double width, double height, string title)
    {
        _xml = XmlWriter.Create(writer, new XmlWriterSettings
        {
            OmitXmlDeclaration = true,
            CloseOutput = false,
            // Indenting would put spaces between the parts of a text; lines end after each element instead.
            Indent = false,
        });
        _xml.WriteStartElement("svg", Namespace);
        Attribute("width", width);
        Attribute("height", height);
        Attribute("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {width:0.##} {height:0.##}"));
        Attribute("font-family", "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif");
        Attribute("role", "img");
        _xml.WriteWhitespace("\n");
        _xml.WriteElementString("title", Namespace, Clean(title));
        _xml.WriteWhitespace("\n");
        Rectangle(0, 0, width, height, "#ffffff");
    }

    public void Rectangle(double x, double y, double width, double height, string fill)
    {
        _xml.WriteStartElement("rect", Namespace);
        Attribute("x", x);
        Attribute("y", y);
        Attribute("width", width);
        Attribute("height", height);
        Attribute("fill", fill);
        EndElement();
    }

    public void Line(LadderPoint from, LadderPoint to, string color, double width)
    {
        _xml.WriteStartElement("line", Namespace);
        Attribute("x1", from.X);
        Attribute("y1", from.Y);
        Attribute("x2", to.X);
        Attribute("y2", to.Y);
        Attribute("stroke", color);
        Attribute("stroke-width", width);
        Attribute("stroke-linecap", "round");
        EndElement();
    }

    public void Polygon(ReadOnlySpan<LadderPoint> points, string fill)
    {
        _xml.WriteStartElement("polygon", Namespace);
        _xml.WriteStartAttribute("points");
        foreach (var point in points)
            _xml.WriteString(string.Create(CultureInfo.InvariantCulture, $"{point.X:0.##},{point.Y:0.##} "));
        _xml.WriteEndAttribute();
        Attribute("fill", fill);
        EndElement();
    }

    public void Circle(LadderPoint center, double radius, string fill)
    {
        _xml.WriteStartElement("circle", Namespace);
        Attribute("cx", center.X);
        Attribute("cy", center.Y);
        Attribute("r", radius);
        Attribute("fill", fill);
        Attribute("stroke", "#ffffff");
        Attribute("stroke-width", 1.5);
        EndElement();
    }

    public void Text(LadderPoint at, string text, double size, string color, string anchor = "start", bool isBold = false) =>
        Text(at, [new LadderWord(text, color)], size, anchor, isBold, angle: 0, hasHalo: false);

    /// <param name="at">The middle, start or end of the base line, as <paramref name="anchor"/> says.</param>
    /// <param name="words">Written one after the other, without spaces between.</param>
    /// <param name="size">Font size in pixels.</param>
    /// <param name="anchor">start, middle or end.</param>
    /// <param name="isBold">Heavier.</param>
    /// <param name="angle">Degrees, clockwise, around <paramref name="at"/>.</param>
    /// <param name="hasHalo">A white rim, so that lines behind do not disturb.</param>
    public void Text(
        LadderPoint at, IReadOnlyList<LadderWord> words, double size, string anchor, bool isBold, double angle, bool hasHalo)
    {
        _xml.WriteStartElement("text", Namespace);
        Attribute("x", at.X);
        Attribute("y", at.Y);
        Attribute("font-size", size);
        Attribute("text-anchor", anchor);
        if (isBold)
            Attribute("font-weight", "bold");
        if (angle != 0)
            Attribute("transform", string.Create(CultureInfo.InvariantCulture, $"rotate({angle:0.##} {at.X:0.##} {at.Y:0.##})"));
        if (hasHalo)
        {
            Attribute("stroke", "#ffffff");
            Attribute("stroke-width", 3);
            Attribute("stroke-linejoin", "round");
            Attribute("paint-order", "stroke");
        }

        if (words.Count == 1)
        {
            Attribute("fill", words[0].Color);
            _xml.WriteString(Clean(words[0].Text));
        }
        else
        {
            _xml.WriteAttributeString("xml", "space", null, "preserve");
            foreach (var word in words)
            {
                _xml.WriteStartElement("tspan", Namespace);
                Attribute("fill", word.Color);
                _xml.WriteString(Clean(word.Text));
                _xml.WriteEndElement();
            }
        }

        EndElement();
    }

    public void Dispose()
    {
        EndElement();
        _xml.Dispose();
    }

    private void EndElement()
    {
        _xml.WriteEndElement();
        _xml.WriteWhitespace("\n");
    }

    private void Attribute(string name, double value) =>
        _xml.WriteAttributeString(name, value.ToString("0.##", CultureInfo.InvariantCulture));

    private void Attribute(string name, string value) => _xml.WriteAttributeString(name, value);

    // Characters that XML 1.0 cannot hold even escaped are shown as the replacement character.
    private static string Clean(string text)
    {
        var clean = new System.Text.StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
                clean.Append(text[i]).Append(text[++i]);
            else
                clean.Append(XmlConvert.IsXmlChar(text[i]) ? text[i] : '\uFFFD');
        }

        return clean.ToString();
    }
}
