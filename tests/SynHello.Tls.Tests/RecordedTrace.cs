namespace SynHello.Tls.Tests;

/// <summary>A section of RFC 8448's octets.</summary>
internal sealed class RecordedTrace
{
    private readonly Dictionary<string, byte[]> _values;

    private RecordedTrace(Dictionary<string, byte[]> values) => _values = values;

    public byte[] this[string name] => _values[name];

    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The handshake message in a plaintext record.</summary>
    public byte[] MessageOf(string record) => _values[record][5..];

    public static RecordedTrace Load(string section)
    {
        using Stream stream = typeof(RecordedTrace).Assembly.GetManifestResourceStream("rfc8448.txt")
            ?? throw new InvalidOperationException("The vectors are not embedded.");
        using var reader = new StreamReader(stream);
        var values = new Dictionary<string, byte[]>();
        string? current = null;
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('['))
                current = line.Trim('[', ']');
            else if (current == section && line.Split(" = ") is [string name, string hex])
                values.Add(name, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        }

        return values.Count > 0
            ? new RecordedTrace(values)
            : throw new InvalidOperationException($"There is no section {section}.");
    }
}
