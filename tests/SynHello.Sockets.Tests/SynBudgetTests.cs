using System.Net.Sockets;

namespace SynHello.Sockets.Tests;

public sealed class SynBudgetTests
{
    [Theory]
    [InlineData(1500, AddressFamily.InterNetwork, 1420)]
    [InlineData(1500, AddressFamily.InterNetworkV6, 1400)]
    [InlineData(1280, AddressFamily.InterNetworkV6, 1180)]
    [InlineData(9000, AddressFamily.InterNetwork, 8920)]
    [InlineData(68, AddressFamily.InterNetwork, 8)]
    public void Budget_IsTheMssLessTheOptionSpace(int mtu, AddressFamily family, int expected) =>
        Assert.Equal(expected, SynBudget.FromMtu(mtu, family));

    [Fact]
    public void Budget_OfAnEthernet_IsAConstantToo()
    {
        Assert.Equal(SynBudget.IPv4, SynBudget.FromMtu(1500, AddressFamily.InterNetwork));
        Assert.Equal(SynBudget.IPv6, SynBudget.FromMtu(1500, AddressFamily.InterNetworkV6));
        Assert.Equal(SynBudget.IPv4, SynBudget.FromMss(1460));
    }

    [Fact]
    public void Budget_RefusesWhatIsNoMtu()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SynBudget.FromMtu(0, AddressFamily.InterNetwork));
        Assert.Throws<ArgumentOutOfRangeException>(() => SynBudget.FromMtu(1500, AddressFamily.Unix));
        Assert.Throws<ArgumentOutOfRangeException>(() => SynBudget.FromMss(-1));
    }
}
