namespace SynHello.Lab.Tests;

public sealed class NamespaceFactsTests
{
    private static readonly NamespaceFacts Root = new()
    {
        IsRoot = true,
        UnsharePath = "/usr/bin/unshare",
        WorkingFlags = "-n",
        MaxUserNamespaces = 1000,
        MaxNetworkNamespaces = 1000,
        HasTunDriver = true,
    };

    private static readonly NamespaceFacts RefusedUser = Root with
    {
        IsRoot = false,
        WorkingFlags = null,
        TrialError = "unshare: unshare failed: Operation not permitted",
    };

    [Fact]
    public void Diagnose_FindsNothingMissingWhereAllIsThere()
    {
        Assert.True(Root.Diagnose().IsSupported);
        Assert.True((Root with { IsRoot = false, WorkingFlags = "-Urn" }).Diagnose().IsSupported);
        Assert.True((RefusedUser with { IsPrivate = true }).Diagnose().IsSupported);
    }

    [Fact]
    public void Diagnose_NamesTheSettingThatForbidsUserNamespaces()
    {
        AssertCommand(
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
            RefusedUser with { UserNamespaceClone = 0 });
        AssertCommand(
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
            RefusedUser with { UserNamespaceClone = 1, AppArmorRestriction = 1 });
        AssertCommand("sudo sysctl -w user.max_user_namespaces=15000", RefusedUser with { MaxUserNamespaces = 0 });
        AssertCommand("sudo sysctl -w user.max_net_namespaces=15000", RefusedUser with { MaxNetworkNamespaces = 0 });
    }

    [Fact]
    public void Diagnose_NamesTheSudoCommandWhereNoSettingExplainsIt()
    {
        MissingRequirement missing = Assert.Single(RefusedUser.Diagnose().Missing);

        Assert.Contains("Operation not permitted", missing.What, StringComparison.Ordinal);
        Assert.StartsWith("sudo /", missing.Command, StringComparison.Ordinal);
    }

    [Fact]
    public void Diagnose_TellsRootInAContainerHowToStartIt()
    {
        var refused = Root with { WorkingFlags = null, TrialError = "Operation not permitted" };

        MissingRequirement missing = Assert.Single(refused.Diagnose().Missing);

        Assert.Contains("--cap-add NET_ADMIN", missing.What, StringComparison.Ordinal);
        Assert.Null(missing.Command);
    }

    [Fact]
    public void Diagnose_NamesThePackageOfUnshare() => AssertCommand(
        "sudo apt-get install -y util-linux",
        RefusedUser with { UnsharePath = null });

    [Fact]
    public void Diagnose_NamesWhatTheTunDeviceNeeds()
    {
        NamespaceFacts user = Root with { IsRoot = false, WorkingFlags = "-Urn" };
        AssertCommand("sudo chmod 0666 /dev/net/tun", user with { TunError = Libc.AccessDenied });
        AssertCommand("sudo modprobe tun", user with { TunError = Libc.NoEntry, HasTunDriver = false });
        AssertCommand("modprobe tun", Root with { TunError = Libc.NoDevice });
        AssertCommand(
            "sh -c 'mkdir -p /dev/net && mknod -m 0666 /dev/net/tun c 10 200'",
            Root with { TunError = Libc.NoEntry });
        AssertCommand(null, Root with { TunError = Libc.NotPermitted });
    }

    [Fact]
    public void Diagnose_NamesEveryThingThatIsMissing()
    {
        var refused = RefusedUser with { UserNamespaceClone = 0, TunError = Libc.AccessDenied };

        NamespaceSupport support = refused.Diagnose();

        Assert.Equal(2, support.Missing.Count);
        Assert.Equal(2, support.ToString().Split(Environment.NewLine).Length);
    }

    [Fact]
    public void Diagnose_NeedsLinux() => Assert.Contains(
        "Linux",
        new NamespaceFacts { IsLinux = false }.Diagnose().ToString(),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("/usr/bin/dotnet", "/usr/bin/dotnet")]
    [InlineData("", "''")]
    [InlineData("my app", "'my app'")]
    [InlineData("it's", @"'it'\''s'")]
    public void Quote_MakesOneWordForTheShell(string word, string expected) =>
        Assert.Equal(expected, ReExecution.Quote(word));

    private static void AssertCommand(string? command, NamespaceFacts facts) =>
        Assert.Equal(command, Assert.Single(facts.Diagnose().Missing).Command);
}
