using System.Net;
using System.Text;

namespace SynHello.Interop.Tests;

/// <summary>"synhello serve --client-ca" and "synhello get --cert".</summary>
public sealed class ServeClientTests
{
    [Fact]
    public async Task Serve_TakesOnlyClientsOfItsAuthority()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await Synhello.ServeAsync(
            endPoint, Identity.For(endPoint.Address), "--client-ca", Identity.RootFile);
        string url = $"https://{endPoint}/";
        var alice = Identity.ForClient("alice");

        byte[] page = await Synhello.GetAsync(url, "--cert", alice.CertificateFile, "--key", alice.KeyFile);
        Assert.Contains("This is SynHello.", Encoding.UTF8.GetString(page), StringComparison.Ordinal);
        Assert.Contains("\nClient certificate: CN=alice\n", Encoding.UTF8.GetString(page), StringComparison.Ordinal);
        string refused = await Synhello.FailAsync("get", url, "--cacert", Identity.RootFile);
        Assert.Contains("certificate_required", refused, StringComparison.Ordinal);
        var stranger = Identity.SelfSigned(endPoint.Address);
        refused = await Synhello.FailAsync(
            "get", url, "--cacert", Identity.RootFile, "--cert", stranger.CertificateFile, "--key", stranger.KeyFile);
        Assert.Contains("certificate_required", refused, StringComparison.Ordinal); // it shows nothing that is not wanted

        await using var curl = ChildProcess.Start(
            "curl", "--silent", "--show-error", "--cacert", Identity.RootFile, "--cert", alice.CertificateFile, "--key", alice.KeyFile, url);
        Assert.True(await curl.ExitAsync() == 0, curl.Transcript);
        Assert.Contains("Client certificate: CN=alice", curl.Lines);
        await using var nobody = ChildProcess.Start("curl", "--silent", "--show-error", "--cacert", Identity.RootFile, url);
        Assert.True(await nobody.ExitAsync() != 0, nobody.Transcript);
    }

    /// <summary>Nobody shows a certificate a second time; the ticket says who it is.</summary>
    [Fact]
    public async Task Serve_KnowsClientsThatComeBack()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await Synhello.ServeAsync(
            endPoint, Identity.For(endPoint.Address), "--client-ca", Identity.RootFile, "--early-data", "4096");
        var alice = Identity.ForClient("alice");
        string sessions = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            foreach (string session in new[] { "new", "resumed" })
            {
                string page = Encoding.UTF8.GetString(await Synhello.GetAsync(
                    $"https://{endPoint}/", "--cert", alice.CertificateFile, "--key", alice.KeyFile, "--session-file", sessions, "--early-data"));
                Assert.Contains($"\nSession: {session}\n", page, StringComparison.Ordinal);
                Assert.Contains("\nClient certificate: CN=alice\n", page, StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(sessions);
        }
    }

    [Fact]
    public async Task Serve_WarnsOfARootThatIsNone()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var identity = Identity.For(endPoint.Address);
        await using ChildProcess serve = await Synhello.ServeAsync(endPoint, identity, "--client-ca", identity.CertificateFile);
        await serve.WaitForAsync("warning: CN=server is among the roots that clients' certificates are to come from, and is no root");
    }

    [Fact]
    public async Task Serve_SaysThatNobodyWasAsked()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await Synhello.ServeAsync(endPoint, Identity.For(endPoint.Address));
        string page = Encoding.UTF8.GetString(await Synhello.GetAsync($"https://{endPoint}/"));
        Assert.Contains("\nClient certificate: none\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServeAndGet_SayWhatTheyCannotUse()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var identity = Identity.For(endPoint.Address);
        string[] serve = ["serve", "--listen", $"{endPoint}", "--cert", identity.CertificateFile, "--key", identity.KeyFile];
        Assert.Contains(
            "cannot read the certificates in /nowhere", await Synhello.FailAsync([.. serve, "--client-ca", "/nowhere"]), StringComparison.Ordinal);
        Assert.Contains(
            "holds no PEM certificate", await Synhello.FailAsync([.. serve, "--client-ca", identity.KeyFile]), StringComparison.Ordinal);
        Assert.Contains("There is no directory /nowhere", await Synhello.FailAsync([.. serve, "--ocsp", "/nowhere"]), StringComparison.Ordinal);
        (int exitCode, _, string error) = await Synhello.RunAsync("get", $"https://{endPoint}/", "--revocation", "perhaps");
        Assert.Equal(2, exitCode);
        Assert.Contains("--revocation is off, staple, online or crl, not 'perhaps'.", error, StringComparison.Ordinal);
    }

    /// <summary>Who asks online insists on an answer.</summary>
    [Theory]
    [InlineData("off", false)]
    [InlineData("staple", false)]
    [InlineData("online", true)]
    [InlineData("crl", true)]
    public async Task Get_InsistsOnAnAnswerWhereItAsks(string mode, bool fails)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await Synhello.ServeAsync(endPoint, Identity.For(endPoint.Address));
        string[] get = ["get", $"https://{endPoint}/", "--cacert", Identity.RootFile, "--revocation", mode];
        if (fails)
            Assert.Contains("nobody knows whether it was revoked", await Synhello.FailAsync(get), StringComparison.Ordinal);
        else
            Assert.NotEmpty(await Synhello.GetAsync($"https://{endPoint}/", "--revocation", mode));
    }
}
