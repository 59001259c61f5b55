namespace SynHello.Tls.Tests;

/// <summary>A hello of either side, written octet by octet, right or wrong, without the code under test.</summary>
internal sealed class HelloParts
{
    public byte Type { get; set; } = 1;

    public byte[] LegacyVersion { get; set; } = [3, 3];

    public byte[] Random { get; set; } = Engines.Pattern(32, 13);

    public byte[] SessionId { get; set; } = [];

    /// <summary>A client's list, or the one suite of a server.</summary>
    public byte[] CipherSuites { get; set; } = [0x13, 0x01];

    /// <summary>A client's list, or the one method of a server.</summary>
    public byte[] Compression { get; set; } = [0];

    public List<(int Type, byte[] Data)> Extensions { get; } = [];

    /// <summary>Behind everything else.</summary>
    public byte[] Trailing { get; set; } = [];

    public bool IsServers => Type == 2;

    public HelloParts With(int type, params byte[] data)
    {
        int index = Extensions.FindIndex(extension => extension.Type == type);
        if (index < 0)
            Extensions.Add((type, data));
        else
            Extensions[index] = (type, data);
        return this;
    }

    /// <summary>Adds the extension whether it is there already or not.</summary>
    public HelloParts Also(int type, params byte[] data)
    {
        Extensions.Add((type, data));
        return this;
    }

    public HelloParts Without(int type)
    {
        Extensions.RemoveAll(extension => extension.Type == type);
        return this;
    }

    public byte[] ToMessage()
    {
        byte[] body =
        [
            .. LegacyVersion, .. Random,
            .. Octets.Vector8(SessionId),
            .. IsServers ? CipherSuites : Octets.Vector16(CipherSuites),
            .. IsServers ? Compression : Octets.Vector8(Compression),
            .. Octets.Extensions([.. Extensions]),
            .. Trailing,
        ];
        return Octets.Message(Type, body);
    }
}
