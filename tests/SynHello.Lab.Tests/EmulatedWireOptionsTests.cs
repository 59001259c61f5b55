using System.Net;

namespace SynHello.Lab.Tests;

public sealed class EmulatedWireOptionsTests
{
    public static TheoryData<string, Action<EmulatedWireOptions>> Refused => new()
    {
        { "OneWayDelay", o => o.OneWayDelay = TimeSpan.FromTicks(-1) },
        { "OneWayDelay", o => o.OneWayDelay = TimeSpan.FromSeconds(11) },
        { "ReorderDelay", o => o.ReorderDelay = TimeSpan.FromTicks(-1) },
        { "DuplicateSynAfter", o => o.DuplicateSynAfter = TimeSpan.FromTicks(-1) },
        { "DuplicateSynAfter", o => o.DuplicateSynAfter = TimeSpan.FromSeconds(11) },
        { "Loss", o => o.Loss = -0.1 },
        { "Loss", o => o.Loss = 1.1 },
        { "Loss", o => o.Loss = double.NaN },
        { "ReorderProbability", o => o.ReorderProbability = 2 },
        { "Mtu", o => o.Mtu = 575 },
        { "Mtu", o => o.Mtu = 65536 },
        { "Mtu", o => (o.Mtu, o.NetworkV6) = (1279, IPNetwork.Parse("fd00::/64")) },
        { "MaxInFlight", o => o.MaxInFlight = 0 },
        { "Network", o => o.Network = IPNetwork.Parse("10.0.0.0/31") },
        { "Network", o => o.Network = IPNetwork.Parse("fd00::/64") },
        { "NetworkV6", o => o.NetworkV6 = IPNetwork.Parse("10.0.0.0/24") },
        { "NetworkV6", o => o.NetworkV6 = IPNetwork.Parse("fd00::/127") },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void Options_RefuseWhatIsOutOfRange(string name, Action<EmulatedWireOptions> set)
    {
        var options = new EmulatedWireOptions();
        set(options);

        ArgumentException e = Assert.ThrowsAny<ArgumentException>(() => EmulatedWire.Start(options));

        Assert.Equal(name, e.ParamName);
    }

    [Fact]
    public void Options_DefaultToAnUnimpairedWireOf56Ms()
    {
        EmulatedWireOptions options = new EmulatedWireOptions().CloneValidated();

        Assert.Equal(TimeSpan.FromMilliseconds(28), options.OneWayDelay);
        Assert.Equal(1500, options.Mtu);
        Assert.Equal((0, 0), (options.Loss, options.ReorderProbability));
        Assert.False(options.DropSynData || options.StripFastOpenOption);
        Assert.Null(options.DuplicateSynAfter);
    }

    [Fact]
    public void Verdict_RefusesWhatIsNoPacketAndNoDelay()
    {
        Assert.Throws<ArgumentException>(() => PacketVerdict.Replace(new byte[10]));
        Assert.Throws<ArgumentOutOfRangeException>(() => PacketVerdict.Delay(TimeSpan.FromSeconds(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => PacketVerdict.Duplicate(TimeSpan.FromMinutes(1)));
        Assert.Equal(default, PacketVerdict.Pass);
        Assert.NotEqual(PacketVerdict.Drop, PacketVerdict.Pass);
    }
}
